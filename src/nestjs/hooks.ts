import type { ApolloServerPlugin, BaseContext } from '@apollo/server';
import type { ResolverDecoratorHost } from '@nestjs/graphql';

/** Calls the request hooks of `ResolverDecoratorHost`, which may be set at any time. */
export function requestHooks(host: ResolverDecoratorHost): ApolloServerPlugin<BaseContext> {
  return {
    async requestDidStart({ request, contextValue }) {
      if (!host.hasRequestHooks()) return undefined;
      const { query, operationName, variables } = request;
      const start = { query, operationName, variables, context: contextValue } as Parameters<
        ResolverDecoratorHost['onRequestStart']
      >[0];
      const state = host.onRequestStart(start);
      return {
        async willSendResponse(context) {
          host.onRequestEnd({
            ...start,
            ...(context.operationName && { operationName: context.operationName }),
            ...(context.errors && { errors: context.errors }),
            state,
          });
        },
      };
    },
  };
}
