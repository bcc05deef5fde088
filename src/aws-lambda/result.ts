import { isV2, type LambdaEvent } from './event.ts';

/**
 * What a function returns to API Gateway, a load balancer or a Function URL. It fits the types of `@types/aws-lambda`.
 */
export interface LambdaResult extends LambdaHead {
  body: string;
  isBase64Encoded: boolean;
}

/** The head of a response, in the form that fits the event. */
export interface LambdaHead {
  statusCode: number;
  headers: Record<string, string>;
  multiValueHeaders?: Record<string, string[]>;
  cookies?: string[];
}

export async function toResult(response: Response, event: LambdaEvent): Promise<LambdaResult> {
  const bytes = new Uint8Array(await response.arrayBuffer());
  return { ...toHead(response, event), ...toBody(bytes) };
}

/** Each kind of event has a place of its own for several cookies. */
export function toHead({ status: statusCode, headers: all }: Response, event: LambdaEvent): LambdaHead {
  const headers: Record<string, string> = {};
  const cookies = all.getSetCookie();
  all.forEach((value, name) => {
    if (name !== 'set-cookie') headers[name] = value;
  });
  if (isV2(event)) return { statusCode, headers, cookies };

  const [cookie] = cookies.slice(-1);
  if (event.requestContext?.elb) {
    // A load balancer reads only the kind of map that it has sent.
    if (!event.multiValueHeaders)
      return { statusCode, headers: { ...headers, ...(cookie && { 'set-cookie': cookie }) } };
    const multiValueHeaders = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value]]));
    return {
      statusCode,
      headers,
      multiValueHeaders: { ...multiValueHeaders, ...(cookie && { 'set-cookie': cookies }) },
    };
  }
  return { statusCode, headers, ...(cookie && { multiValueHeaders: { 'set-cookie': cookies } }) };
}

/**
 * Returns text if the body is UTF-8, because a REST API decodes base64 only for media types that were declared binary.
 */
function toBody(bytes: Uint8Array): Pick<LambdaResult, 'body' | 'isBase64Encoded'> {
  try {
    const body = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    return { body, isBase64Encoded: false };
  } catch {
    const characters = Array.from(bytes, (byte) => String.fromCharCode(byte));
    return { body: btoa(characters.join('')), isBase64Encoded: true };
  }
}
