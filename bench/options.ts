/** Measures what Apollo's own options change, and prints the samples as JSON. */
import { ApolloServer, type ApolloServerOptions, type BaseContext } from '@apollo/server';
import { ApolloServerPluginCacheControlDisabled } from '@apollo/server/plugin/disabled';
import type { GraphQLSchema } from 'graphql';
import { compileQuery, isCompiledQuery } from 'graphql-jit';
import { createSchema } from 'graphql-yoga';
import { createFetchHandler } from '../src/index.ts';
import { assertAnswer, hello, list, resolvers, typeDefs } from './app.ts';
import { compare } from './compare.ts';
import { fetchTarget, type Target } from './targets.ts';

const cacheControlOff = ApolloServerPluginCacheControlDisabled();

const subjects = {
  'as it comes': target({ typeDefs, resolvers }),
  'cacheControl off': target({ typeDefs, resolvers, plugins: [cacheControlOff] }),
  'graphql-jit, cacheControl off': target({ gateway: jitGateway(), plugins: [cacheControlOff] }),
};
const cases = [hello, list(50), list(1000)].map((operation) => ({ ...operation, headers: 6 }));
await compare(cases, subjects, assertAnswer);

function target(options: ApolloServerOptions<BaseContext>): Target {
  return fetchTarget(async () => {
    const server = new ApolloServer(options);
    await server.start();
    return createFetchHandler(server);
  });
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
