import { readParts } from './multipart.ts';

/** One payload of an answer, and how long after the question it was here. */
export interface Payload {
  readonly text: string;
  readonly ms: number;
}

/** Sends a query over HTTP and notes when each payload of the answer arrives: one, or several with `@defer`. */
export async function ask(url: string, query: string): Promise<Payload[]> {
  const asked = performance.now();
  const payloads: Payload[] = [];
  for await (const text of payloadsOf(await send(url, query))) {
    payloads.push({ text: text.trim(), ms: Math.round(performance.now() - asked) });
  }
  return payloads;
}

async function send(url: string, query: string): Promise<Response> {
  return await fetch(url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      // `application/json` as well, or an error could not be answered.
      accept: 'multipart/mixed; deferSpec=20220824, application/json',
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
