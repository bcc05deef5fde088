import { ApolloServer } from '@apollo/server';
import { createFetchHandler } from 'apollo-server-integration-fetch';
import { cors } from 'apollo-server-integration-fetch/cors';
import { deadline } from 'apollo-server-integration-fetch/deadline';
import { drain } from 'apollo-server-integration-fetch/drain';
import { httpCache } from 'apollo-server-integration-fetch/http-cache';
import { GraphQLUpload, multipart } from 'apollo-server-integration-fetch/uploads';

interface Context {
  from: string | undefined;
}
const typeDefs = 'type Query { hello: String }';

const handler = createFetchHandler(new ApolloServer<Context>({ typeDefs }), {
  context: async ({ request }, server: Bun.Server<undefined>) => ({ from: server.requestIP(request)?.address }),
});
Bun.serve({ fetch: handler });
Bun.serve({ fetch: createFetchHandler(new ApolloServer({ typeDefs })) });
Bun.serve({ routes: { '/graphql': handler } });

const forWorkers = createFetchHandler(new ApolloServer<Context>({ typeDefs }), {
  context: async (_argument, env: { NAME: string }) => ({ from: env.NAME }),
});
// @ts-expect-error
Bun.serve({ fetch: forWorkers });

const server = new ApolloServer<Context>({ typeDefs });
const drained = drain(handler, { server, close: (): Promise<void> => listener.stop() });
const listener = Bun.serve({ fetch: httpCache(cors(deadline(drained), { origin: 'https://example.com' })) });

export const uploads = createFetchHandler(new ApolloServer({ typeDefs, resolvers: { Upload: GraphQLUpload } }), {
  multipart: multipart({ maxFileBytes: 1_000_000, maxFiles: 1, maxTotalBytes: 2_000_000, requestHeaders: ['x-a'] }),
});
export const upload: File = GraphQLUpload.parseValue(new File([], 'a.txt'));
