import { type Hub, sourceOf } from '../../example-app/hub.ts';
import type { Book } from '../../example-app/store.ts';

/** A Durable Object, which all isolates can reach. It passes on every line of JSON that is posted to it. */
export class BookHub {
  protected readonly listeners: Set<ReadableStreamDefaultController<Uint8Array>> = new Set();

  async fetch(request: Request): Promise<Response> {
    const { listeners } = this;
    if (request.method === 'POST') {
      const line = new Uint8Array(await request.arrayBuffer());
      for (const listener of listeners) listener.enqueue(line);
      return new Response();
    }
    let listener: ReadableStreamDefaultController<Uint8Array>;
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        listener = controller;
        listeners.add(listener);
      },
      cancel: () => void listeners.delete(listener),
    });
    return new Response(body);
  }
}

export function durableObjectHub(hubs: DurableObjectNamespace): Hub {
  const hub = () => hubs.get(hubs.idFromName('books'));
  return {
    async publish(book) {
      await hub().fetch('http://hub/', { method: 'POST', body: `${JSON.stringify(book)}\n` });
    },
    async subscribe() {
      // Workers require that the request that opens this body also reads it.
      const { body } = await hub().fetch('http://hub/');
      if (body === null) throw new Error('The hub has no body.');
      return sourceOf<Book>(({ push, fail }) => {
        const stop = new AbortController();
        const lines = body.pipeThrough(new TextDecoderStream()).pipeTo(
          toLines((line) => push(JSON.parse(line))),
          stop,
        );
        lines.then(() => fail(new Error('The hub has ended.')), fail);
        return () => stop.abort();
      });
    },
  };
}

function toLines(onLine: (line: string) => void): WritableStream<string> {
  let rest = '';
  return new WritableStream({
    write(text) {
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      lines.forEach(onLine);
    },
  });
}
