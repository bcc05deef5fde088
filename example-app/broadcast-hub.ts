import { type Hub, sourceOf } from './hub.ts';
import type { Book } from './store.ts';

/**
 * Creates a hub for one process and its threads, on Node, Deno and Bun. A channel does not receive its own messages, so
 * `publish` opens a channel of its own.
 */
export function broadcastHub(): Hub {
  return {
    async publish(book) {
      const channel = new BroadcastChannel('books');
      channel.postMessage(book);
      channel.close();
    },
    subscribe: () =>
      sourceOf<Book>(({ push }) => {
        const channel = new BroadcastChannel('books');
        channel.onmessage = ({ data }: MessageEvent<Book>) => push(data);
        return () => channel.close();
      }),
  };
}
