import { readParts } from './multipart.ts';

/** A payload of a response, and how many milliseconds after the query it arrived. */
export interface Payload {
  readonly text: string;
  readonly ms: number;
}

/** Sends a query over HTTP and records when each payload of the response arrives. `@defer` causes several payloads. */
export async function ask(url: string, query: string): Promise<Payload[]> {
  const asked = performance.now();
  const payloads: Payload[] = [];
  for await (const text of payloadsOf(await send(url, query))) {
    payloads.push({ text: text.trim(), ms: Math.round(performance.now() - asked) });
  }
  return payloads;
}

/** Subscribes, sends a mutation after the first payload, and records when the event of the mutation arrives. */
export async function hear(
  url: string,
  subscription: string,
  mutation: string,
  mutationURL: string = url,
): Promise<Payload[]> {
  const client = new AbortController();
  const response = await send(url, subscription, client.signal);
  let asked = 0;
  for await (const text of payloadsOf(response)) {
    if (asked > 0 && text !== heartbeat) {
      client.abort();
      return [{ text: text.trim(), ms: Math.round(performance.now() - asked) }];
    }
    if (asked > 0) continue;
    asked = performance.now();
    await ask(mutationURL, mutation);
  }
  return [];
}

const heartbeat = '{}';

async function send(url: string, query: string, signal: AbortSignal | null = null): Promise<Response> {
  return await fetch(url, {
    method: 'POST',
    signal,
    headers: {
      'content-type': 'application/json',
      // An error response is `application/json`, so the request must accept it too.
      accept: 'multipart/mixed; deferSpec=20220824, multipart/mixed; subscriptionSpec=1.0, application/json',
      'x-user': 'Ada',
    },
    body: JSON.stringify({ query }),
  });
}

async function* payloadsOf(response: Response): AsyncGenerator<string, void> {
  const isMultipart = response.headers.get('content-type')?.startsWith('multipart/mixed');
  if (isMultipart) yield* readParts(response);
  else yield await response.text();
}
