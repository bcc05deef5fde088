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
import type { Subject } from './subject.ts';

/** An operation, and the number of request headers that it is sent with. */
export interface Case extends Operation {
  readonly headers: number;
}

/** A subject that responds to a GraphQL request in process. A run resolves to the text of the response. */
export type Target = Subject<Case, string>;

type FetchHandler = (request: Request) => Response | Promise<Response>;

const url = 'http://localhost:4000/graphql';

export const targets: Readonly<Record<string, Target>> = {
  [direct]: directTarget,
  [irreducible]: irreducibleTarget,
  [ours]: fetchTarget(async () => createFetchHandler(await startApollo(), { maxBodyBytes: 16 * 2 ** 20 })),
  // These two start the server themselves.
  '@as-integrations/next': fetchTarget(() => startServerAndCreateNextHandler<Request>(commonJS(createApollo()))),
  '@as-integrations/cloudflare-workers': fetchTarget(cloudflareWorkersHandler),
  'graphql-yoga': fetchTarget(yogaHandler),
  'graphql-http': fetchTarget(() => createHandler({ schema: createSchema({ typeDefs, resolvers }) })),
  '@hono/graphql-server': fetchTarget(honoHandler),
};

/** Runs the work that no integration can avoid: Apollo's own work, from the text of a request to a response's text. */
async function directTarget(): ReturnType<Target> {
  const server = await startApollo();
  return (of) => {
    const execute = executor(server, headersOf(of, of.headers));
    return () => execute(of.body);
  };
}

/** Adds only the work that no Fetch integration can avoid: it reads a Request's body and creates a Response. */
async function irreducibleTarget(): ReturnType<Target> {
  const server = await startApollo();
  return (of) => {
    const headers = headersOf(of, of.headers);
    const execute = executor(server, headers);
    const responseHeaders = { 'content-type': 'application/json; charset=utf-8' };
    return async () => {
      const request = new Request(url, { method: 'POST', headers, body: of.body });
      const response = new Response(await execute(await request.text()), { status: 200, headers: responseHeaders });
      return await response.text();
    };
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
    const response = await server.executeHTTPGraphQLRequest({ httpGraphQLRequest, context });
    if (response.body.kind !== 'complete') throw new Error('Expected a complete response.');
    return response.body.string;
  };
}

export function fetchTarget(createHandler: () => FetchHandler | Promise<FetchHandler>): Target {
  return async () => {
    const handler = await createHandler();
    return (of) => {
      const init = { method: 'POST', headers: headersOf(of, of.headers), body: of.body };
      return async () => (await handler(new Request(url, init))).text();
    };
  };
}

function cloudflareWorkersHandler(): FetchHandler {
  const handler = startServerAndCreateCloudflareWorkersHandler(commonJS(createApollo()));
  const executionContext = { waitUntil() {}, passThroughOnException() {} };
  return (request) => handler(request, {}, executionContext as never);
}

/** Casts a server. Apollo declares its class for `import` and for `require`, so TypeScript sees two classes. */
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
