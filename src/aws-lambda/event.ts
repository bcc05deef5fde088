import { isHost } from '../shared/host.ts';
import { replaceSignal } from '../shared/signal.ts';
import { decodeBase64 } from './base64.ts';

/** Each kind of event leaves out, or sets to `null`, what a request does not have. */
type Values<TValue> = { readonly [name: string]: TValue | undefined } | null | undefined;

interface LambdaBody {
  readonly body?: string | null | undefined;
  readonly isBase64Encoded?: boolean | undefined;
}

/** An event of API Gateway in the payload format 1.0, which REST APIs have, or of an Application Load Balancer. */
export interface LambdaEventV1 extends LambdaBody {
  readonly httpMethod: string;
  readonly path: string;
  readonly headers?: Values<string>;
  readonly multiValueHeaders?: Values<readonly string[]>;
  readonly queryStringParameters?: Values<string>;
  readonly multiValueQueryStringParameters?: Values<readonly string[]>;
  /** Only the context of a load balancer has `elb`. */
  readonly requestContext?: { readonly elb?: unknown; readonly domainName?: string | undefined };
}

/** An event of a Function URL, or of API Gateway in the payload format 2.0, which HTTP APIs have. */
export interface LambdaEventV2 extends LambdaBody {
  readonly rawPath: string;
  readonly rawQueryString: string;
  readonly cookies?: readonly string[] | undefined;
  readonly headers?: Values<string>;
  readonly requestContext: {
    readonly http: { readonly method: string };
    readonly domainName?: string | undefined;
  };
}

/** The events that are HTTP requests. The types of `@types/aws-lambda` fit. */
export type LambdaEvent = LambdaEventV1 | LambdaEventV2;

export function isV2(event: LambdaEvent): event is LambdaEventV2 {
  return 'rawPath' in event;
}

/**
 * Makes the request that an event describes. Returns `undefined` if that is not a valid request.
 *
 * @throws TypeError for an event that is not an HTTP request. Only the owner of the function can send one.
 */
export function toRequest(event: LambdaEvent, signal: AbortSignal): Request | undefined {
  if (!isV2(event) && !('httpMethod' in event)) {
    throw new TypeError(
      `Not an event of API Gateway, a load balancer or a Function URL. Its keys are: ${Object.keys(event).join(', ')}`,
    );
  }
  const method = isV2(event) ? event.requestContext.http.method : event.httpMethod;
  try {
    const headers = headersOf(event);
    const body = /^(GET|HEAD)$/.test(method) ? null : bodyOf(event);
    const request = new Request(urlOf(event, headers), { method, headers, body, signal, ...{ duplex: 'half' } });
    // On Node.js, the signal of a request no longer aborts once the request was garbage collected.
    replaceSignal(request, () => signal);
    return request;
  } catch {
    // A broken encoding, or a method or header that no request can have.
    return undefined;
  }
}

function headersOf(event: LambdaEvent): Headers {
  const headers = new Headers();
  const multiple = isV2(event) ? [] : Object.entries(event.multiValueHeaders ?? {});
  // API Gateway sends both maps. Then `headers` has only the last value of each header.
  const known = new Set(multiple.map(([name]) => name.toLowerCase()));
  const single = Object.entries(event.headers ?? {}).filter(([name]) => !known.has(name.toLowerCase()));
  for (const [name, values = []] of [...single, ...multiple]) {
    const lines = [values].flat().map(toByteString);
    // RFC 9113 §8.2.3: several lines of `cookie` are one list.
    if (name.toLowerCase() === 'cookie') headers.set(name, [headers.get(name) ?? [], lines].flat().join('; '));
    else for (const line of lines) headers.append(name, line);
  }
  if (isV2(event) && event.cookies) headers.set('cookie', toByteString(event.cookies.join('; ')));
  return headers;
}

/** Encodes a header value as UTF-8, because Lambda has decoded it. Servers of HTTP make a character of each byte. */
function toByteString(value: string): string {
  if (!/[^ -~]/.test(value)) return value;
  return Array.from(new TextEncoder().encode(value), (byte) => String.fromCharCode(byte)).join('');
}

/** Returns bytes, because `Request` would give a string a media type of its own. */
function bodyOf({ body, isBase64Encoded }: LambdaBody): Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array> | null {
  if (!body) return null;
  return isBase64Encoded ? decodeBase64(body) : new TextEncoder().encode(body);
}

/** The path is not always encoded. So `?` and `#` are encoded here, or they would begin a query or a fragment. */
function urlOf(event: LambdaEvent, headers: Headers): string {
  const host = [headers.get('host'), event.requestContext?.domainName].find(isHost) ?? 'localhost';
  // Only a load balancer speaks HTTP.
  const protocol = headers.get('x-forwarded-proto') === 'http' ? 'http' : 'https';
  const path = (isV2(event) ? event.rawPath : event.path).replaceAll('?', '%3F');
  const query = isV2(event) ? event.rawQueryString : queryOf(event);
  const target = `${path.startsWith('/') ? '' : '/'}${path}${query ? `?${query}` : ''}`;
  return `${protocol}://${host}${target.replaceAll('#', '%23')}`;
}

/** API Gateway decodes names and values. A load balancer leaves them as the client has sent them. */
function queryOf(event: LambdaEventV1): string {
  const { queryStringParameters, multiValueQueryStringParameters, requestContext } = event;
  const all: Values<string | readonly string[]> = { ...queryStringParameters, ...multiValueQueryStringParameters };
  const encode = requestContext?.elb ? (text: string) => text : encodeURIComponent;
  return Object.entries(all)
    .flatMap(([name, values = []]) => [values].flat().map((value) => `${encode(name)}=${encode(value)}`))
    .join('&');
}
