import type { FuzzRequest } from './request.ts';

export interface FuzzResponse {
  readonly status: number;
  readonly contentType: string | null;
  readonly body: string;
}

/**
 * Returns the fault of a response, if it has one. No client can cause a 5xx. Every response is JSON or multipart JSON,
 * in the shape of a GraphQL response, except that to OPTIONS. Every refusal states its reason. No response reveals the server's code.
 */
export function faultOf({ method }: FuzzRequest, { status, contentType, body }: FuzzResponse): string | undefined {
  if (status < 200 || status > 499) return `status ${status}`;
  // Hosts leave out the body of a response to HEAD. The handler does not.
  if (method === 'HEAD' && body === '') return undefined;
  if (method === 'OPTIONS') return status === 204 && body === '' ? undefined : `status ${status} for OPTIONS`;
  if (/node_modules|stacktrace|file:\/\//.test(body)) return 'a stack trace';
  const type = /^[^;]*/.exec(contentType ?? '')?.[0];
  try {
    switch (type) {
      case 'application/json':
      case 'application/graphql-response+json':
        return faultOfResult(status, JSON.parse(body));
      case 'multipart/mixed':
        return faultOfMultipart(status, body);
      default:
        return `content-type ${contentType}`;
    }
  } catch (error) {
    return String(error);
  }
}

function faultOfResult(status: number, result: unknown): string | undefined {
  if (Array.isArray(result)) {
    // The status of a batch may come from any operation in it.
    const isRefusal = status >= 400 && result.every(({ errors }) => errors === undefined);
    if (result.length === 0 || isRefusal) return 'a batch without errors';
    return result.map((item) => faultOfResult(200, item)).find((fault) => fault !== undefined);
  }
  const { data, errors } = Object(result);
  if (errors === undefined) return data === undefined || status >= 400 ? 'no errors' : undefined;
  if (!Array.isArray(errors) || errors.length === 0) return 'errors that are no list';
  return errors.every(({ message }) => typeof message === 'string' && message !== '') ? undefined : 'no message';
}

function faultOfMultipart(status: number, body: string): string | undefined {
  const match = /^\r\n---\r\n([\s\S]*)\r\n-----\r\n$/.exec(body);
  if (status !== 200 || match === null) return 'no multipart';
  for (const part of (match[1] ?? '').split('\r\n---\r\n')) {
    const [head, json = ''] = part.split('\r\n\r\n');
    if (head !== 'content-type: application/json; charset=utf-8') return `a part of ${head}`;
    if (typeof JSON.parse(json).hasNext !== 'boolean') return 'a part without hasNext';
  }
  return undefined;
}
