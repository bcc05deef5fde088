import {
  ApolloServer,
  type ApolloServerOptions,
  type ApolloServerPlugin,
  type BaseContext,
  type GraphQLRequestContext,
  HeaderMap,
} from '@apollo/server';
import { GraphQLError, type ValidationRule } from 'graphql';
import { serverAudits } from 'graphql-http';
import { expect, test } from 'vitest';
import { createFetchHandler } from '../../src/index.ts';
import { statuses } from '../../src/statuses.ts';

const refusal = (extensions: GraphQLError['extensions'], originalError?: Error) =>
  new GraphQLError('Refused', { extensions, ...(originalError && { originalError }) });

function create(options: Partial<ApolloServerOptions<BaseContext>> = {}, plugins: ApolloServerPlugin[] = []) {
  const server = new ApolloServer({
    typeDefs: 'type Query { hello: String, fail: Int }',
    resolvers: {
      Query: {
        hello: () => 'world',
        // Codes of a resolver are those of a field, not of the request.
        fail: () => {
          throw refusal({ code: 'BAD_USER_INPUT' });
        },
      },
    },
    plugins: [...plugins, statuses()],
    includeStacktraceInErrorResponses: false,
    csrfPrevention: false,
    ...options,
  } as ApolloServerOptions<BaseContext>);
  return { server, handler: createFetchHandler(server) };
}

async function statusOf(
  { handler }: ReturnType<typeof create>,
  query: string,
  accept = 'application/graphql-response+json',
) {
  const headers = { 'content-type': 'application/json', accept };
  return (await handler(new Request('http://a.test/', { method: 'POST', headers, body: JSON.stringify({ query }) })))
    .status;
}

test('a resolver’s error is one of a field, whatever its code', async () => {
  expect(await statusOf(create(), '{ hello fail }')).toBe(294);
});

test('the media type that the client prefers decides', async () => {
  expect(await statusOf(create(), '{ nope }', 'application/json;q=0.5, application/graphql-response+json')).toBe(422);
  expect(await statusOf(create(), '{ nope }', 'application/graphql-response+json;q=0.5, application/json')).toBe(400);
  expect(await statusOf(create(), '{ nope }', '*/*')).toBe(400);
});

test('formatError may hide the code', async () => {
  expect(await statusOf(create({ formatError: () => ({ message: 'No.' }) }), '{ nope }')).toBe(422);
});

test.each<[string, number, ValidationRule]>([
  ['its own status', 403, refuseBy({ http: { status: 403 } })],
  ['the status that Apollo would choose', 400, refuseBy({ http: { status: 400 } })],
  ['no status', 422, refuseBy({ code: 'TOO_DEEP' })],
  ['no status, for another error', 422, refuseBy({}, new Error('cause'))],
])('a validation rule may have %s', async (_name, status, rule) => {
  expect(await statusOf(create({ validationRules: [rule] }), '{ hello }')).toBe(status);
});

function refuseBy(extensions: GraphQLError['extensions'], cause?: Error): ValidationRule {
  return (context) => ({ Document: () => context.reportError(refusal(extensions, cause)) });
}

test.each<[string, number, string, ApolloServerPlugin]>([
  [
    'throws an error with a code of Apollo',
    400,
    '{ hello }',
    hook({
      didResolveOperation: async () => {
        throw refusal({ code: 'GRAPHQL_VALIDATION_FAILED', http: { status: 400 } });
      },
    }),
  ],
  [
    'throws an error without a status',
    500,
    '{ hello }',
    hook({
      didResolveOperation: async () => {
        throw refusal({ code: 'BAD_USER_INPUT' });
      },
    }),
  ],
  [
    'sets the status before there are errors',
    200,
    '{ fail }',
    { requestDidStart: async ({ response }) => void Object.assign(response.http, { status: 200 }) },
  ],
  [
    'sets the status with the errors',
    400,
    '{ fail }',
    hook({ didEncounterErrors: async ({ response }: Context) => void Object.assign(response.http, { status: 400 }) }),
  ],
  [
    'sets what Apollo has set, in the end',
    400,
    '{ nope }',
    hook({ willSendResponse: async ({ response }: Context) => void Object.assign(response.http, { status: 400 }) }),
  ],
  [
    'removes the errors',
    200,
    '{ fail }',
    hook({
      willSendResponse: async ({ response: { body } }: Context) => {
        if (body?.kind === 'single') delete body.singleResult.errors;
      },
    }),
  ],
  [
    'responds itself',
    200,
    '{ hello }',
    hook({
      responseForOperation: async () => ({
        http: { headers: new HeaderMap() },
        body: { kind: 'single', singleResult: { data: null, errors: [{ message: 'Mine' }] } },
      }),
    }),
  ],
])('a plugin decides that %s', async (_name, status, query, plugin) => {
  expect(await statusOf(create({}, [plugin]), query)).toBe(status);
});

type Context = GraphQLRequestContext<BaseContext>;

function hook(hooks: object): ApolloServerPlugin {
  return { requestDidStart: async () => hooks };
}

test('without the plugin, and outside of the handler, nothing changes', async () => {
  expect(await statusOf(create({ plugins: [] }), '{ nope }')).toBe(400);
  const { server } = create();
  const { http } = await server.executeOperation({ query: '{ nope }' });
  expect(http.status).toBe(400);
});

test('servers that share a cache do not mix up their requests', async () => {
  const { server, handler } = create();
  const other = create({ cache: server.cache });
  for (const created of [{ server, handler }, other]) {
    expect(await statusOf(created, '{ nope }')).toBe(422);
    expect(await statusOf(created, '{')).toBe(400);
  }
});

test('two more audits of graphql-http fail, which contradict the newest draft: it has 422 in place of 400', async () => {
  const failed = await failedAudits(create());
  const older = await failedAudits(create({ plugins: [] }));
  expect(failed.filter((id) => !older.includes(id))).toEqual(['423L', '86EE']);
});

async function failedAudits({ handler }: ReturnType<typeof create>): Promise<string[]> {
  const fetchFn = (url: string, init?: RequestInit) => handler(new Request(url, init));
  const results = await Promise.all(serverAudits({ url: 'http://a.test/', fetchFn }).map(({ fn }) => fn()));
  return results.filter(({ status }) => status !== 'ok').map(({ id }) => id);
}
