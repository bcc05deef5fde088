/**
 * Measures how much memory a server uses for one client that requests an endless stream and reads none of it. Prints
 * the samples as JSON, in MB after 2.5 seconds.
 */
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import process from 'node:process';
import { setTimeout as delay } from 'node:timers/promises';
import { launchCommand } from '../scripts/launch.ts';
import { hello } from './app.ts';
import { incrementalHeaders } from './incremental.ts';
import { wireRequest } from './load.ts';
import { type Comparison, effort } from './measure.ts';

const bench = import.meta.dirname;
const modules = `${bench}/../node_modules`;

const commands = {
  'ours through ./node': [process.execPath, `${bench}/servers/ours-node.ts`],
  'ours through @whatwg-node/server': [process.execPath, `${bench}/servers/ours-whatwg.ts`],
  'ours through srvx': [process.execPath, `${bench}/servers/ours-srvx.ts`],
  'ours through @hono/node-server': [process.execPath, `${bench}/servers/ours-hono.ts`],
  'ours on Bun.serve': [`${modules}/bun/bin/bun.exe`, `${bench}/servers/bun.ts`],
  'ours on Deno.serve': [`${modules}/deno/deno`, 'run', '-A', `${bench}/servers/deno.ts`],
  startStandaloneServer: [process.execPath, `${bench}/servers/standalone.ts`],
  '@as-integrations/express5': [process.execPath, `${bench}/servers/express5.ts`],
};

const rounds = Math.min(3, effort().rounds);
const results: { name: string; samples: number[] }[] = [];
for (const [name, command] of Object.entries(commands)) {
  const samples: number[] = [];
  for (let round = 0; round < rounds; round++) samples.push(await growth(command, name.startsWith('ours')));
  results.push({ name, samples });
}
const comparison: Comparison = { name: 'MB', results };
console.log(JSON.stringify([comparison]));

async function growth(command: readonly string[], isOurs: boolean): Promise<number> {
  const { url, pid, stop } = await launchCommand(command, { ENDLESS: 'yes', HANDLER: 'ours' });
  const port = Number(new URL(url).port);
  const headers = { host: 'localhost', 'content-length': String(hello.body.length), ...incrementalHeaders };
  const request = wireRequest(headers, hello.body);
  const socket = connect({ port, host: '127.0.0.1' });
  try {
    // The first request loads code, so one is sent before the measurement starts.
    await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' });
    const before = residentMegabytes(pid);
    socket.pause().write(request);
    await delay(2500);
    const after = residentMegabytes(pid);
    if (socket.bytesRead > 2 ** 20) throw new Error('The client was not to read.');
    // The peers buffer without end and send nothing meanwhile, so they are stopped at once.
    if (!isOurs) return after - before;
    // Our stream goes on when the client reads. It reads 16 MB here.
    for await (const _chunk of socket) if (socket.bytesRead > 2 ** 24) return after - before;
    throw new Error(`The stream of ${command.join(' ')} has ended after ${socket.bytesRead} bytes.`);
  } finally {
    socket.destroy();
    await stop();
  }
}

function residentMegabytes(pid: number): number {
  const kilobytes = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Number(kilobytes) / 1024;
}
