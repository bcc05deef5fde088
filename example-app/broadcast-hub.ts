import { type Hub, sourceOf } from './hub.ts';
import type { Book } from './store.ts';

/**
 * A hub for one process and its threads, on Node, Deno and Bun. A channel does not hear what is said on itself, so the one
 * that publishes is another than those that listen.
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
