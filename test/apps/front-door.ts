import { ApolloServer, type ApolloServerPlugin } from '@apollo/server';
import { ApolloServerPluginLandingPageDisabled } from '@apollo/server/plugin/disabled';
import { execute } from '@graphql-tools/executor';
import { createFetchHandler, type FetchContextFunctionArgument, type FetchHandler } from '../../src/index.ts';
import { trustedDocuments } from '../../src/trusted-documents.ts';
import { GraphQLUpload, multipart } from '../../src/uploads.ts';

/** The largest body that the application accepts. */
export const maxBodyBytes = 100_000;

/** The documents that are executed at `/trusted`, by their ids. */
export const documents = {
  hello: '{hello}',
  'sha256:echo': 'query Q($v:JSON){echo(value:$v)}',
  change: 'mutation{upload}',
} as const;

/** Fails if any other text gets as far as Apollo Server. */
const executesDocumentsAlone: ApolloServerPlugin = {
  requestDidStart: async () => ({
    async didResolveSource({ source }) {
      if (!Object.values<string>(documents).includes(source)) throw new Error(`Not a document: ${source}`);
    },
  }),
};

/** Fails if a mutation that came by QUERY gets as far as execution. */
const executesNoMutationByQuery: ApolloServerPlugin<Counts> = {
  requestDidStart: async () => ({
    // Despite its type, `operation` is `undefined` if the `operationName` is unknown.
    async executionDidStart({ operation, contextValue }) {
      if (contextValue.method === 'QUERY' && operation?.operation === 'mutation')
        throw new Error('A mutation by QUERY');
    },
  }),
};

interface Counts {
  /** The method of the request. */
  readonly method?: string;
  /** How many contexts were created, including the one for this query. */
  readonly contexts: number;
  /** How many requests were refused. */
  readonly refusals: number;
}

const typeDefs = /* GraphQL */ `
  directive @defer(if: Boolean, label: String) on FRAGMENT_SPREAD | INLINE_FRAGMENT
  scalar JSON
  scalar Upload

  type Mutation {
    "Responds with the names of the files."
    upload(files: [Upload]): [String]
  }

  type Query {
    hello: String
    self: Query
    echo(value: JSON): JSON
    contexts: Int!
    refusals: Int!
  }
`;

const resolvers = {
  Upload: GraphQLUpload,
  Mutation: {
    upload: (_parent: unknown, { files }: { files: (File | null)[] | null }) => files?.map((file) => file?.name),
  },
  Query: {
    hello: () => 'world',
    self: () => ({}),
    echo: (_parent: unknown, { value }: { value: unknown }) => value,
    contexts: (_parent: unknown, _args: unknown, { contexts }: Counts) => contexts,
    refusals: (_parent: unknown, _args: unknown, { refusals }: Counts) => refusals,
  },
};

/**
 * Creates the application that the suites about limits, CORS and hostile requests test. The server at `/failing` fails
 * to start twice. The handler at `/default-limits` has the default limits, and the one at `/trusted` executes
 * {@link documents} alone.
 */
export function createApp(): FetchHandler<unknown[]> {
  const counts = { contexts: 0, refusals: 0 };
  const createServer = (...plugins: ApolloServerPlugin[]) =>
    new ApolloServer<Counts>({
      typeDefs,
      resolvers,
      legacyExperimentalExecuteIncrementally: (args) => execute(args),
      plugins: [
        ApolloServerPluginLandingPageDisabled(),
        {
          async invalidRequestWasReceived() {
            counts.refusals++;
          },
        },
        executesNoMutationByQuery,
        ...plugins,
      ],
      includeStacktraceInErrorResponses: false,
      allowBatchedHttpRequests: true,
      // Without this limit, validation may exceed the stack: see "What is not promised" in SECURITY.md.
      parseOptions: { maxTokens: 1000 },
    });
  const server = createServer();
  const limited = {
    context: async ({ request: { method } }: FetchContextFunctionArgument, ..._platform: unknown[]) => {
      counts.contexts++;
      return { ...counts, method };
    },
    queryMethod: true,
    maxBodyBytes,
    multipart: multipart({ maxFileBytes: 1000, maxFiles: 3, maxTotalBytes: maxBodyBytes }),
  };
  const graphql = createFetchHandler(server, limited);

  let failures = 2;
  const failing = createFetchHandler(
    () =>
      new ApolloServer({
        typeDefs: 'type Query { hello: String }',
        resolvers: { Query: { hello: () => 'at last' } },
        includeStacktraceInErrorResponses: false,
        plugins: [
          {
            async serverWillStart() {
              if (failures-- > 0) throw new Error('a secret');
            },
          },
        ],
      }),
  );

  const handlers: Readonly<Record<string, FetchHandler<unknown[]>>> = {
    '/failing': failing,
    '/default-limits': createFetchHandler(server, { context: async () => counts }),
    '/trusted': createFetchHandler(createServer(executesDocumentsAlone), {
      ...limited,
      documents: trustedDocuments({ documents }),
    }),
  };
  return async (request, ...platform) =>
    await (handlers[new URL(request.url).pathname] ?? graphql)(request, ...platform);
}
