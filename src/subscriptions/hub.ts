import type { Protocol } from '../shared/protocols.ts';
import type { Chunk, Feed, Listener } from './feed.ts';
import type { SourceReader } from './reader.ts';

/** How many events wait for one client at most. */
export const CAPACITY = 256;

/** How long one client may hold the others back because its queue is full, in milliseconds, all times together. */
const PATIENCE = 100;

/** One source for many clients. */
export interface Hub {
  /** Gives a client the events from now on. */
  join(listener: Listener): Feed;
  /** The source could not be opened. Whoever comes from now on needs another hub. */
  exhaust(): void;
}

/** A client of a hub. */
interface Member {
  readonly listener: Listener;
  readonly queue: Chunk[];
  isAsking: boolean;
  patience: number;
  /** The hub's time at the last heartbeat of this client. */
  seen: number;
}

/**
 * Serves one source to many clients. It is asked for an event as soon as one client waits for it, so the fastest client
 * sets the pace. A client whose queue is full holds the others back for a moment, and then loses its place.
 *
 * @param onEnd Called once, when nobody should join any more.
 * @param abort Called when the last client has left before the source has ended.
 */
export function createHub(
  reader: SourceReader,
  heartbeatIntervalMillis: number,
  onEnd: () => void,
  abort: () => void,
): Hub {
  const members = new Set<Member>();
  const full = new Set<Member>();
  let asking = 0;
  let hasEnded = false;
  /** Whether the source has ended, failed or refused to open by itself. */
  let isExhausted = false;
  let onAsk = () => {};
  let onRoom = () => {};
  // Workers ends all that the first client's request has begun once that client has left, and this timer with it. The
  // others notice that by themselves, because nothing else tells them.
  let time = 0;
  const clock = setInterval(() => time++, heartbeatIntervalMillis / 2);

  function end(): void {
    if (hasEnded) return;
    hasEnded = true;
    clearInterval(clock);
    onEnd();
    onAsk();
    onRoom();
  }

  /** Nothing is left to a client that leaves. The last one closes the source. */
  async function leave(member: Member): Promise<void> {
    if (!members.delete(member)) return;
    member.queue.length = 0;
    if (member.isAsking) asking--;
    if (full.delete(member) && full.size === 0) onRoom();
    if (members.size > 0) return;
    end();
    if (!isExhausted) abort();
    await reader.close();
  }

  function exhaust(): void {
    isExhausted = true;
    end();
  }

  /** Writes a chunk once for each protocol, and passes it to all clients. */
  function send(write: (protocol: Protocol) => Chunk): void {
    const chunks = new Map<Protocol, Chunk>();
    for (const member of members) {
      const { protocol } = member.listener;
      let chunk = chunks.get(protocol);
      if (chunk === undefined) {
        chunk = write(protocol);
        chunks.set(protocol, chunk);
      }
      if (member.isAsking) {
        member.isAsking = false;
        asking--;
        member.listener.receive(chunk);
      } else if (member.queue.push(chunk) >= CAPACITY) full.add(member);
    }
  }

  const receiver = {
    onEvent(json: string) {
      send((protocol) => ({ done: false, value: protocol.event(json) }));
    },
    onEnd(errors?: string) {
      exhaust();
      if (errors !== undefined) for (const member of members) member.listener.onFailure();
      send(({ ending, failure }) => ({ done: true, value: errors === undefined ? ending : failure(errors) }));
    },
  };

  /** Waits until no queue is full, at most as long as the most patient of their clients may hold the others back. */
  async function makeRoom(): Promise<void> {
    const slow = [...full];
    const begin = performance.now();
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, Math.max(...slow.map(({ patience }) => patience)));
      onRoom = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    for (const member of slow) {
      // The clock of Workers stands still between two events.
      member.patience -= Math.max(performance.now() - begin, 1);
      if (!full.has(member) || member.patience >= 1) continue;
      leave(member).catch(() => {});
      member.listener.lose();
    }
  }

  /** This function continues in the AsyncLocalStorage of the first client, whoever asks for an event. */
  async function run(): Promise<void> {
    while (!hasEnded) {
      if (asking === 0) {
        await new Promise<void>((resolve) => {
          onAsk = resolve;
        });
      } else if (full.size > 0) await makeRoom();
      else await reader.read(receiver);
    }
  }
  void run();

  function join(listener: Listener): Feed {
    const member: Member = { listener, queue: [], isAsking: false, patience: PATIENCE, seen: -1 };
    members.add(member);
    return {
      ask() {
        const chunk = member.queue.shift();
        if (chunk === undefined) {
          if (!members.has(member)) return;
          member.isAsking = true;
          asking++;
          onAsk();
          return;
        }
        if (member.queue.length <= CAPACITY / 2 && full.delete(member) && full.size === 0) onRoom();
        member.listener.receive(chunk);
      },
      isStale() {
        if (member.seen === time) end();
        const isStale = member.seen === time;
        member.seen = time;
        return isStale;
      },
      close: () => leave(member),
    };
  }

  return { join, exhaust };
}
