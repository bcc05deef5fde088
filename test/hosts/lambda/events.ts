/**
 * The services in front of a Lambda function. They turn requests into events and results into responses, as the
 * documentation of AWS describes.
 *
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
 * @see https://docs.aws.amazon.com/elasticloadbalancing/latest/application/lambda-functions.html
 * @see https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html
 */
export interface Incoming {
  readonly method: string;
  /** The request target as the client has sent it. */
  readonly target: string;
  /** Each header line. The services decode values as UTF-8. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Uint8Array;
}

export interface Outgoing {
  readonly status: number;
  readonly headers: readonly (readonly [name: string, value: string])[];
}

/** The result that a function returns, or the head that it sends before a stream. */
export interface Result {
  readonly statusCode?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly multiValueHeaders?: Readonly<Record<string, readonly string[]>>;
  readonly cookies?: readonly string[];
  readonly body?: string;
  readonly isBase64Encoded?: boolean;
}

export interface Front {
  toEvent(request: Incoming): object;
  toHead(result: Result): Outgoing;
}

/** The media types of bodies that a load balancer passes on as text. The others document none, so they do the same. */
const textType = /^(?:text\/.*|application\/(?:json|javascript|xml))\s*(?:;|$)/i;

function bodyOf({ headers, body }: Incoming): { body: string; isBase64Encoded: boolean } {
  const { 'content-type': type = 'text/plain', 'content-encoding': encoding } = joined(headers);
  const isText = textType.test(type) && encoding === undefined;
  return { body: Buffer.from(body).toString(isText ? 'utf8' : 'base64'), isBase64Encoded: !isText && body.length > 0 };
}

function split(target: string): { path: string; query: string } {
  const [, path = '', query = ''] = /^([^?]*)\??(.*)$/.exec(target) ?? [];
  return { path, query };
}

/** Groups all values by their name. */
function grouped(pairs: Iterable<readonly [string, string]>): Record<string, string[]> {
  const groups: Record<string, string[]> = {};
  for (const [name, value] of pairs) groups[name] = [...(groups[name] ?? []), value];
  return groups;
}

/** Returns the last value of each name. */
function last(groups: Record<string, string[]>): Record<string, string> {
  return mapValues(groups, (values) => values.at(-1) ?? '');
}

function mapValues<From, To>(record: Record<string, From>, map: (value: From) => To): Record<string, To> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, map(value)]));
}

function lowerCase(headers: Incoming['headers']): (readonly [string, string])[] {
  return headers.map(([name, value]) => [name.toLowerCase(), value] as const);
}

function joined(headers: Incoming['headers']): Record<string, string> {
  return mapValues(grouped(lowerCase(headers)), (values) => values.join(','));
}

function orNull<Value extends object>(value: Value): Value | null {
  return Object.keys(value).length > 0 ? value : null;
}

function flatten(map: Readonly<Record<string, string | readonly string[]>> = {}): [string, string][] {
  return Object.entries(map).flatMap(([name, values]) =>
    [values].flat().map((value): [string, string] => [name, value]),
  );
}

function statusOf({ statusCode }: Result): number {
  if (!Number.isInteger(statusCode)) throw new Error('There is no status in the result.');
  return Number(statusCode);
}

const domainName = 'abcdef1234.execute-api.eu-central-1.amazonaws.com';

/** The payload format 2.0. */
function version2(): Front {
  return {
    toEvent(request) {
      const { path, query } = split(request.target);
      const { cookie, ...headers } = joined(request.headers);
      return {
        version: '2.0',
        routeKey: '$default',
        rawPath: path,
        rawQueryString: query,
        ...(cookie && { cookies: cookie.split(/;\s*/) }),
        headers: { ...headers, 'x-forwarded-proto': 'https' },
        ...(query && {
          queryStringParameters: mapValues(grouped(new URLSearchParams(query)), (values) => values.join(',')),
        }),
        requestContext: {
          accountId: '123456789012',
          apiId: 'abcdef1234',
          domainName,
          domainPrefix: 'abcdef1234',
          http: { method: request.method, path, protocol: 'HTTP/1.1', sourceIp: '192.0.2.1', userAgent: 'agent' },
          requestId: crypto.randomUUID(),
          routeKey: '$default',
          stage: '$default',
          time: '12/Mar/2020:19:03:58 +0000',
          timeEpoch: 1_583_348_638_390,
        },
        ...(request.body.length > 0 ? bodyOf(request) : { isBase64Encoded: false }),
      };
    },
    toHead: (result) => ({
      status: statusOf(result),
      headers: [...flatten(result.headers), ...flatten({ 'set-cookie': result.cookies ?? [] })],
    }),
  };
}

/** The payload format 1.0. */
function version1(): Front {
  return {
    toEvent(request) {
      const { path, query } = split(request.target);
      const headers = grouped([...request.headers, ['X-Forwarded-Proto', 'https']]);
      // The parameters are decoded.
      const parameters = grouped(new URLSearchParams(query));
      return {
        resource: '/{proxy+}',
        path,
        httpMethod: request.method,
        headers: last(headers),
        multiValueHeaders: headers,
        queryStringParameters: orNull(last(parameters)),
        multiValueQueryStringParameters: orNull(parameters),
        pathParameters: { proxy: path.slice(1) },
        stageVariables: null,
        requestContext: {
          accountId: '123456789012',
          apiId: 'abcdef1234',
          domainName,
          domainPrefix: 'abcdef1234',
          httpMethod: request.method,
          identity: { sourceIp: '192.0.2.1', userAgent: 'agent' },
          path: `/prod${path}`,
          protocol: 'HTTP/1.1',
          requestId: crypto.randomUUID(),
          resourcePath: '/{proxy+}',
          stage: 'prod',
        },
        ...(request.body.length > 0 ? bodyOf(request) : { body: null, isBase64Encoded: false }),
      };
    },
    toHead(result) {
      const several = result.multiValueHeaders ?? {};
      const single = Object.entries(result.headers ?? {}).filter(([name]) => !(name in several));
      return {
        status: statusOf(result),
        headers: [...single, ...flatten(several), ...flatten({ 'set-cookie': result.cookies ?? [] })],
      };
    },
  };
}

/** Returns the names and values of the parameters as the client has sent them, without decoding. */
function rawParameters(query: string): Record<string, string[]> {
  const pairs = query.split('&').filter((pair) => pair !== '');
  return grouped(
    pairs.map((pair) => {
      const [, name = '', value = ''] = /^([^=]*)=?(.*)$/.exec(pair) ?? [];
      return [name, value];
    }),
  );
}

function loadBalancer({ isMultiValue }: { isMultiValue: boolean }): Front {
  return {
    toEvent(request) {
      const { path, query } = split(request.target);
      const headers = grouped([...lowerCase(request.headers), ['x-forwarded-proto', 'http']]);
      const parameters = rawParameters(query);
      return {
        requestContext: {
          elb: {
            targetGroupArn:
              'arn:aws:elasticloadbalancing:eu-central-1:123456789012:targetgroup/graphql/6d0ecf831eec9f09',
          },
        },
        httpMethod: request.method,
        path,
        ...(isMultiValue
          ? { multiValueQueryStringParameters: parameters, multiValueHeaders: headers }
          : { queryStringParameters: last(parameters), headers: last(headers) }),
        ...bodyOf(request),
      };
    },
    toHead(result) {
      const headers = isMultiValue ? result.multiValueHeaders : result.headers;
      if (headers === undefined) throw new Error('The result has no headers where this load balancer looks for them.');
      return { status: statusOf(result), headers: flatten(headers) };
    },
  };
}

export const fronts: Readonly<Record<string, Front>> = {
  'api-gateway-v1': version1(),
  'api-gateway-v2': version2(),
  'function-url': version2(),
  alb: loadBalancer({ isMultiValue: false }),
  'alb-multi-value': loadBalancer({ isMultiValue: true }),
};
