import type { HTTPGraphQLResponse } from '@apollo/server';
import type { ApolloRequest } from '../core/request.ts';

/**
 * Returns the status of the draft for a request that Apollo has refused before it was processed, or `undefined` if the
 * response keeps its own.
 */
export function statusOfRefusal(request: ApolloRequest, { status }: HTTPGraphQLResponse): number | undefined {
  // CSRF prevention, a body that cannot be read and the context function refuse a request that has no `body`.
  if (status !== 400 || !Object.hasOwn(request, 'body') || Array.isArray(request.body)) return undefined;
  const { method, headers, search, body } = request;
  if (method === 'GET') return isParsable(search) ? 422 : undefined;
  if (body !== undefined) return 422;
  const type = headers.get('content-type');
  // An empty body of JSON does not parse. Without a type, none is unsupported.
  return type === undefined || /^\s*application\/json\s*(;|$)/i.test(type) ? undefined : 415;
}

/** Whether the JSON in the parameters of a URL parses. */
function isParsable(search: string): boolean {
  const parameters = new URLSearchParams(search);
  try {
    for (const name of ['variables', 'extensions']) JSON.parse(parameters.get(name) ?? 'null');
    return true;
  } catch {
    return false;
  }
}
