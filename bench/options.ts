/** Measures what Apollo's own options change, and prints the samples as JSON. */
import process from 'node:process';
import { ApolloServer, type ApolloServerOptions, type BaseContext } from '@apollo/server';
import { ApolloServerPluginCacheControlDisabled } from '@apollo/server/plugin/disabled';
import type { GraphQLSchema } from 'graphql';
import { compileQuery, isCompiledQuery } from 'graphql-jit';
import { createSchema } from 'graphql-yoga';
import { createFetchHandler } from '../src/index.ts';
import { assertAnswer, headersOf, hello, list, type Operation, resolvers, typeDefs } from './app.ts';
import { type Comparison, effort, measure } from './measure.ts';

const options: Record<string, ApolloServerOptions<BaseContext>> = {
  'as it comes': { typeDefs, resolvers },
  'cacheControl off': { typeDefs, resolvers, plugins: [ApolloServerPluginCacheControlDisabled()] },
  'graphql-jit, cacheControl off': { gateway: jitGateway(), plugins: [ApolloServerPluginCacheControlDisabled()] },
};

const comparisons: Comparison[] = [];
for (const operation of [hello, list(50), list(1000)]) {
  const subjects = [];
  for (const [name, apolloOptions] of Object.entries(options)) {
    const run = await prepare(apolloOptions, operation);
    assertAnswer(name, operation, await run());
    subjects.push({ name, run });
  }
  comparisons.push({ name: operation.name, results: await measure(subjects, effort()) });
}
console.log(JSON.stringify(comparisons));
process.exit(0);

async function prepare(
  options: ApolloServerOptions<BaseContext>,
  operation: Operation,
): Promise<() => Promise<string>> {
  const server = new ApolloServer(options);
  await server.start();
  const handler = createFetchHandler(server);
  const init = { method: 'POST', headers: headersOf(operation, 6), body: operation.body };
  return async () => (await handler(new Request('http://localhost:4000/', init))).text();
}

type Gateway = NonNullable<ApolloServerOptions<BaseContext>['gateway']>;
type Data = Record<string, unknown>;

/** A gateway of one schema, whose queries are compiled to JavaScript once. */
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
