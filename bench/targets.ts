import { type ApolloServer, type BaseContext, HeaderMap } from '@apollo/server';
import { startServerAndCreateCloudflareWorkersHandler } from '@as-integrations/cloudflare-workers';
import { startServerAndCreateNextHandler } from '@as-integrations/next';
import { graphqlServer } from '@hono/graphql-server';
import { createHandler } from 'graphql-http/lib/use/fetch';
import { createSchema, createYoga } from 'graphql-yoga';
import { Hono } from 'hono';
import { createFetchHandler } from '../src/index.ts';
import { createApollo, headersOf, type Operation, resolvers, startApollo, typeDefs } from './app.ts';
import { direct, irreducible, ours } from './names.ts';

/** Something that answers a GraphQL request in process, and returns the text of its answer. */
export interface Target {
  readonly name: string;
  prepare(operation: Operation, headerCount: number): () => Promise<string>;
}

type FetchHandler = (request: Request) => Response | Promise<Response>;

const url = 'http://localhost:4000/graphql';

export async function createTargets(): Promise<Target[]> {
  const targets = [
    directTarget(await startApollo()),
    irreducibleTarget(await startApollo()),
    fetchTarget(ours, createFetchHandler(await startApollo(), { maxBodyBytes: 16 * 2 ** 20 })),
    // These two start the server themselves.
    fetchTarget('@as-integrations/next', startServerAndCreateNextHandler<Request>(commonJS(createApollo()))),
    fetchTarget('@as-integrations/cloudflare-workers', cloudflareWorkersHandler()),
    fetchTarget('graphql-yoga', yogaHandler()),
    fetchTarget('graphql-http', createHandler({ schema: createSchema({ typeDefs, resolvers }) })),
    fetchTarget('@hono/graphql-server', honoHandler()),
  ];
  return targets;
}

/** What no integration can avoid: Apollo's own work, from the text of a body to the text of an answer. */
function directTarget(server: ApolloServer<BaseContext>): Target {
  return {
    name: direct,
    prepare(operation, headerCount) {
      const headers = headersOf(operation, headerCount);
      const execute = executor(server, headers);
      return () => execute(operation.body);
    },
  };
}

/** What no Fetch integration can avoid: a Request whose body is read, and a Response. Nothing else is looked at. */
function irreducibleTarget(server: ApolloServer<BaseContext>): Target {
  return {
    name: irreducible,
    prepare(operation, headerCount) {
      const headers = headersOf(operation, headerCount);
      const execute = executor(server, headers);
      const responseHeaders = { 'content-type': 'application/json; charset=utf-8' };
      return async () => {
        const request = new Request(url, { method: 'POST', headers, body: operation.body });
        const response = new Response(await execute(await request.text()), { status: 200, headers: responseHeaders });
        return await response.text();
      };
    },
  };
}

function executor(
  server: ApolloServer<BaseContext>,
  headers: Record<string, string>,
): (body: string) => Promise<string> {
  const headerMap = new HeaderMap(Object.entries(headers));
  const context = async () => ({});
  return async (body) => {
    const httpGraphQLRequest = { method: 'POST', headers: headerMap, search: '', body: JSON.parse(body) };
    const answer = await server.executeHTTPGraphQLRequest({ httpGraphQLRequest, context });
    if (answer.body.kind !== 'complete') throw new Error('Expected a complete answer.');
    return answer.body.string;
  };
}

function fetchTarget(name: string, handler: FetchHandler): Target {
  return {
    name,
    prepare(operation, headerCount) {
      const init = { method: 'POST', headers: headersOf(operation, headerCount), body: operation.body };
      return async () => (await handler(new Request(url, init))).text();
    },
  };
}

function cloudflareWorkersHandler(): FetchHandler {
  const handler = startServerAndCreateCloudflareWorkersHandler(commonJS(createApollo()));
  const executionContext = { waitUntil() {}, passThroughOnException() {} };
  return (request) => handler(request, {}, executionContext as never);
}

/** The same class, but TypeScript sees another one: Apollo declares it for `import` and for `require`. */
function commonJS(server: ApolloServer<BaseContext>): never {
  return server as never;
}

function yogaHandler(): FetchHandler {
  const yoga = createYoga({ schema: createSchema({ typeDefs, resolvers }), logging: false });
  return (request) => yoga.fetch(request);
}

function honoHandler(): FetchHandler {
  const app = new Hono();
  app.use('/graphql', graphqlServer({ schema: createSchema({ typeDefs, resolvers }) }));
  return (request) => app.fetch(request);
}
