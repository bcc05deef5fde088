/**
 * Measures the effect of Apollo's own options, and prints the samples as JSON. It measures CPU time by default. The
 * argument `heap` measures how much of Node's heap the documents of many distinct queries use. It needs `--expose-gc`.
 */
import process from 'node:process';
import { ApolloServer, type ApolloServerOptions, type BaseContext } from '@apollo/server';
import { ApolloServerPluginCacheControlDisabled } from '@apollo/server/plugin/disabled';
import { InMemoryLRUCache } from '@apollo/utils.keyvaluecache';
import type { DocumentNode, GraphQLSchema } from 'graphql';
import { compileQuery, isCompiledQuery } from 'graphql-jit';
import { createSchema } from 'graphql-yoga';
import { createFetchHandler } from '../src/index.ts';
import { assertResponse, hello, list, resolvers, typeDefs } from './app.ts';
import { compare } from './compare.ts';
import type { Comparison } from './measure.ts';
import { fetchTarget, type Target } from './targets.ts';

const cacheControlOff = ApolloServerPluginCacheControlDisabled();

const subjects = {
  'as it comes': target({ typeDefs, resolvers }),
  'cacheControl off': target({ typeDefs, resolvers, plugins: [cacheControlOff] }),
  'graphql-jit, cacheControl off': target({ gateway: jitGateway(), plugins: [cacheControlOff] }),
};
const cases = [hello, list(50), list(1000)].map((operation) => ({ ...operation, headers: 6 }));
if (process.argv[2] === 'heap') console.log(JSON.stringify([await measureDocumentStores()]));
else await compare(cases, subjects, assertResponse);

function target(options: ApolloServerOptions<BaseContext>): Target {
  return fetchTarget(async () => {
    const server = new ApolloServer(options);
    await server.start();
    return createFetchHandler(server);
  });
}

type Gateway = NonNullable<ApolloServerOptions<BaseContext>['gateway']>;
type Data = Record<string, unknown>;

/** Creates a gateway of one schema. It compiles each query to JavaScript once. */
function jitGateway(): Gateway {
  const schema = createSchema({ typeDefs, resolvers });
  let onSchema: ((schema: GraphQLSchema) => void) | undefined;
  const compiled = new Map<string, ReturnType<typeof compileQuery<Data, Data>>>();
  return {
    onSchemaLoadOrUpdate(callback) {
      onSchema = (apiSchema) => callback({ apiSchema, coreSupergraphSdl: '' });
      return () => {};
    },
    async load() {
      onSchema?.(schema);
      return {
        async executor({ document, queryHash, operationName, request, context }) {
          const key = `${queryHash} ${operationName}`;
          const query = compiled.get(key) ?? compileQuery<Data, Data>(schema, document, operationName ?? undefined);
          compiled.set(key, query);
          if (!isCompiledQuery(query)) return query;
          return await query.query(undefined, context, request.variables);
        },
      };
    },
    async stop() {},
  };
}

/** Measures how much the heap grows with many distinct queries, in MB. */
async function measureDocumentStores(): Promise<Comparison> {
  const documentStore = new InMemoryLRUCache<DocumentNode>({
    maxSize: 4 * 2 ** 20,
    // Apollo measures the size of a document in the same way.
    sizeCalculation: (document) => JSON.stringify(document).length,
  });
  return {
    name: 'MB after 30,000 distinct queries',
    results: [
      { name: 'as it comes', samples: [await heapAfterQueries({ typeDefs, resolvers })] },
      { name: 'documentStore of 4 MB', samples: [await heapAfterQueries({ typeDefs, resolvers, documentStore })] },
    ],
  };
}

async function heapAfterQueries(options: ApolloServerOptions<BaseContext>): Promise<number> {
  const run = await target(options)();
  const before = heapUsed();
  for (let index = 0; index < 30_000; index++) {
    const query = `query Q${index} { items(count: 1) { id name price stock tags } }`;
    await run({ ...hello, body: JSON.stringify({ query }), headers: 2 })();
  }
  return heapUsed() - before;
}

function heapUsed(): number {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed / 1e6;
}
