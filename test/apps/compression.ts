import { ApolloServer } from '@apollo/server';
import { ApolloServerPluginCacheControl } from '@apollo/server/plugin/cacheControl';
import { ApolloServerPluginLandingPageDisabled } from '@apollo/server/plugin/disabled';
import { execute } from '@graphql-tools/executor';
import { compression, decompression } from '../../src/compression.ts';
import { cors } from '../../src/cors.ts';
import { drain } from '../../src/drain.ts';
import { httpCache } from '../../src/http-cache.ts';
import { createFetchHandler, type FetchHandler } from '../../src/index.ts';
import { GraphQLUpload, multipart } from '../../src/uploads.ts';
import type { AppOptions } from './index.ts';

const typeDefs = /* GraphQL */ `
  directive @defer(if: Boolean, label: String) on FRAGMENT_SPREAD | INLINE_FRAGMENT
  scalar Upload

  type Query {
    "A text that shrinks."
    text(length: Int!): String
    length(of: String!): Int
    "How many contexts were created, including the one for this query."
    contexts: Int!
    "How many requests were refused."
    refusals: Int!
  }

  type Mutation {
    size(file: Upload!): Int
  }
`;

/** Creates the application that the suites about compression test: every wrapper, in the order that the docs name. */
export function createApp({ close = async () => {} }: AppOptions = {}): FetchHandler<unknown[]> {
  const counts = { contexts: 0, refusals: 0 };
  const server = new ApolloServer({
    typeDefs,
    resolvers: {
      Upload: GraphQLUpload,
      Query: {
        text: (_parent: unknown, { length }: { length: number }) => 'Ä1'.repeat(length / 2),
        length: (_parent: unknown, { of }: { of: string }) => of.length,
        contexts: () => counts.contexts,
        refusals: () => counts.refusals,
      },
      Mutation: { size: (_parent: unknown, { file }: { file: File }) => file.size },
    },
    plugins: [
      ApolloServerPluginCacheControl({ defaultMaxAge: 60 }),
      ApolloServerPluginLandingPageDisabled(),
      {
        async invalidRequestWasReceived() {
          counts.refusals++;
        },
      },
    ],
    includeStacktraceInErrorResponses: false,
    legacyExperimentalExecuteIncrementally: (args) => execute(args),
  });
  const graphql = createFetchHandler(server, {
    context: async ({ request, responseHeaders }, ..._platform: unknown[]) => {
      counts.contexts++;
      if (request.headers.has('x-cookies')) {
        responseHeaders.append('set-cookie', 'a=1');
        responseHeaders.append('set-cookie', 'b=2');
      }
      return {};
    },
    multipart: multipart({ maxFileBytes: 200_000, maxFiles: 1, maxTotalBytes: 300_000 }),
  });
  return drain(cors(compression(httpCache(decompression(graphql))), { origin: 'https://a.test' }), { server, close });
}
