import type { BaseContext, GraphQLRequestContext, HTTPGraphQLRequest } from '@apollo/server';

/**
 * Lets a subscription by GET pass, which CSRF prevention has allowed. Apollo has no hook for it: right after it has set
 * `operation`, it looks at the method and refuses everything but queries. Only this look sees a POST.
 */
export function allowSubscription(context: GraphQLRequestContext<BaseContext>, http: HTTPGraphQLRequest): void {
  const { request } = context;
  const set = (value: unknown) => void Object.defineProperty(request, 'http', { value, writable: true });
  Object.defineProperty(request, 'http', {
    configurable: true,
    enumerable: true,
    get() {
      if (context.operation === undefined) return http;
      set(http);
      return context.operation.operation === 'subscription' ? { ...http, method: 'POST' } : http;
    },
    // Another plugin may replace it.
    set,
  });
}
