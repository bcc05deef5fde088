/**
 * Measures what many open subscriptions cost a server on Node.js, in a process of its own: the memory of an idle one, the
 * CPU time to open one, and to send one event to one subscriber.
 *
 *     npx node bench/scale.ts [--streams 3000] [--chart]
 *
 * `--chart` also writes the table and the chart of docs/subscriptions.md. 10,000 streams need `ulimit -n 12000`.
 */
import { writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { WebSocket } from 'ws';
import { launchCommand } from '../scripts/launch.ts';
import { writeSection } from '../scripts/sections.ts';
import { barChart } from './chart.ts';
import { wireRequest } from './load.ts';

const { values } = parseArgs({ options: { streams: { type: 'string', default: '3000' }, chart: { type: 'boolean' } } });
const streams = Math.min(Number(values.streams), 10_000);
const events = 20;
const query = 'subscription { items { id name price stock tags } }';

/** A client that counts the events which it has received. */
interface Client {
  received: number;
  close(): void;
}

function overHTTP(port: number, onEvent: () => void): Promise<Client> {
  const body = JSON.stringify({ query });
  const headers = { host: 'a', 'content-type': 'application/json', accept: 'text/event-stream' };
  const socket: Socket = connect(port, '127.0.0.1');
  const client: Client = { received: 0, close: () => void socket.destroy() };
  return new Promise((resolve, reject) => {
    socket.on('error', reject).on('data', (data) => {
      const text = data.toString('latin1');
      resolve(client);
      for (let at = text.indexOf('event: next'); at >= 0; at = text.indexOf('event: next', at + 1)) {
        client.received++;
        onEvent();
      }
    });
    socket.write(wireRequest({ ...headers, 'content-length': String(body.length) }, body));
  });
}

function overWebSocket(port: number, onEvent: () => void): Promise<Client> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}`, 'graphql-transport-ws');
  const client: Client = { received: 0, close: () => socket.terminate() };
  return new Promise((resolve, reject) => {
    socket.on('error', reject);
    socket.on('open', () => socket.send('{"type":"connection_init"}'));
    socket.on('message', (data) => {
      const { type } = JSON.parse(String(data));
      if (type === 'connection_ack') {
        socket.send(JSON.stringify({ id: '1', type: 'subscribe', payload: { query } }));
        resolve(client);
      } else if (type === 'next') {
        client.received++;
        onEvent();
      }
    });
  });
}

interface Stats {
  readonly cpu: number;
  readonly memory: number;
  readonly clients: number;
}

async function measure(subject: string) {
  const flags = ['--expose-gc', '--max-old-space-size=2048'];
  const server = await launchCommand([process.execPath, ...flags, `${import.meta.dirname}/servers/scale.ts`], {
    SUBJECT: subject,
    NODE_ENV: 'production',
  });
  const port = Number(new URL(server.url).port);
  const clients: Client[] = [];
  let missing = 0;
  let onAll = () => {};
  const onEvent = () => {
    if (--missing === 0) onAll();
  };
  const stats = async (path = 'stats'): Promise<Stats> => await (await fetch(`${server.url}/${path}`)).json();

  async function open(count: number): Promise<void> {
    const open = subject === 'graphql-ws' ? overWebSocket : overHTTP;
    while (clients.length < count) {
      const next = Array.from({ length: Math.min(50, count - clients.length) }, () => open(port, onEvent));
      clients.push(...(await Promise.all(next)));
    }
    // Each source has been asked for its first event.
    const expected = subject === 'ours, shared' ? 1 : count;
    for (let tries = 0; (await stats()).clients < expected; tries++)
      if (tries > 100) throw new Error('Not all are open.');
  }

  async function publish(size: number): Promise<number> {
    const before = await stats();
    for (let event = 0; event < events; event++) {
      missing = clients.length;
      const all = new Promise<void>((resolve) => {
        onAll = resolve;
      });
      await fetch(`${server.url}/publish?size=${size}`);
      await all;
      // A shared source is asked for its next event before the next one is published.
      while ((await stats()).clients === 0);
    }
    return ((await stats()).cpu - before.cpu) / events / clients.length;
  }

  try {
    await open(100);
    // V8 compiles most of the code during the first events.
    for (let count = 0; count < 30; count++) await publish(1);
    const first = await stats('collect');
    const memory = [{ count: 100, bytes: first.memory }];
    let cpu = 0;
    for (const part of [0.25, 0.5, 0.75, 1]) {
      const count = Math.round(streams * part);
      const before = await stats();
      await open(count);
      cpu += (await stats()).cpu - before.cpu;
      memory.push({ count, bytes: (await stats('collect')).memory });
    }
    const growth = ((memory.at(-1)?.bytes ?? 0) - first.memory) / (streams - 100) / 1000;
    return {
      subject,
      memory,
      idle: growth,
      open: cpu / (streams - 100),
      small: await publish(1),
      large: await publish(25),
    };
  } finally {
    for (const client of clients) client.close();
    await server.stop();
  }
}

const rows = [];
for (const subject of ['ours', 'ours, shared', 'graphql-sse', 'graphql-ws', 'graphql-yoga']) {
  const row = await measure(subject);
  rows.push(row);
  const line = row.memory.map(({ count, bytes }) => `${count}: ${(bytes / 1e6).toFixed(1)}`).join(', ');
  console.error(`${subject}, memory in MB by streams: ${line}`);
}
const table = [
  `| ${streams.toLocaleString('en')} streams | one idle stream, kB | to open one, µs | an event of 1 object, µs | of 25 objects, µs |`,
  '|---|---|---|---|---|',
  ...rows.map(
    ({ subject, idle, open, small, large }) =>
      `| ${subject} | ${idle.toFixed(1)} | ${open.toFixed(0)} | ${small.toFixed(1)} | ${large.toFixed(1)} |`,
  ),
].join('\n');
console.log(table);
if (values.chart) {
  const bars = rows.map(({ subject, large }) => ({ label: subject, value: large, isOurs: subject.startsWith('ours') }));
  const chart = barChart('CPU time to send an event of 25 objects to one subscriber, µs', bars, 1);
  writeFileSync(`${import.meta.dirname}/../docs/events.svg`, chart);
  writeSection('docs/subscriptions.md', 'scale', table);
}
