/**
 * Measures what it costs to compress a response with gzip: the CPU time per body of `CompressionStream`, of `node:zlib`,
 * and of `./compression` and Express's middleware over loopback, without that of the same server without them. Run
 * `npx node bench/compression.ts`. The first part also runs on Deno (`deno run --allow-all`) and Bun.
 */
import { once } from 'node:events';
import { Agent, createServer, type RequestListener, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import process from 'node:process';
import { promisify } from 'node:util';
import { gzip, gzipSync } from 'node:zlib';
import compress from 'compression';
import express from 'express';
import { compression } from '../src/compression.ts';
import { createRequestListener } from '../src/node.ts';
import { median } from './table.ts';

const sizes = [1_000, 10_000, 100_000];
const rounds = 7;

/** A list as GraphQL returns it: its names repeat, and its values do not. */
function textOf(size: number): string {
  const items = Array.from({ length: size / 25 }, (_, i) => ({
    id: `${i}`,
    name: `Item ${(i * 7919) % 1000}`,
    price: i % 997,
  }));
  return JSON.stringify({ data: { items } }).slice(0, size);
}

/** Returns the CPU time of a call in microseconds. */
async function costOf(call: () => unknown, calls: number): Promise<number> {
  const costs: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const before = process.cpuUsage();
    for (let i = 0; i < calls; i++) await call();
    const { user, system } = process.cpuUsage(before);
    costs.push((user + system) / calls);
  }
  return median(costs);
}

async function compressionStream(bytes: Uint8Array<ArrayBuffer>): Promise<ArrayBuffer> {
  return await new Response(new Response(bytes).body?.pipeThrough(new CompressionStream('gzip'))).arrayBuffer();
}

/** Measures one server over loopback. The cost of the client is in it. */
async function costOfServer(listener: RequestListener, calls: number): Promise<number> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const agent = new Agent({ keepAlive: true });
  const call = () =>
    new Promise<void>((resolve, reject) => {
      const headers = { 'accept-encoding': 'gzip' };
      request({ port, host: '127.0.0.1', agent, headers }, (response) => response.on('end', resolve).resume())
        .on('error', reject)
        .end();
    });
  const cost = await costOf(call, calls);
  agent.destroy();
  server.close();
  return cost;
}

for (const size of sizes) {
  const text = textOf(size);
  const bytes = new TextEncoder().encode(text);
  const calls = 400_000 / (size + 1_000);
  const costs: Record<string, number> = {
    CompressionStream: await costOf(() => compressionStream(bytes), calls),
    'zlib.gzip': await costOf(() => promisify(gzip)(bytes), calls),
    'zlib.gzipSync': await costOf(() => gzipSync(bytes), calls),
  };
  if (!('Deno' in globalThis) && process.versions.bun === undefined) {
    const headers = { 'content-type': 'application/json', 'content-length': `${size}` };
    const handler = async () => new Response(text, { headers });
    const app = express().get('/', (_req, res) => void res.set(headers).end(text));
    const compressed = express()
      .use(compress({ threshold: 0 }))
      .get('/', (_req, res) => void res.set(headers).end(text));
    const bare = await costOfServer(createRequestListener(handler), calls);
    const wrapped = await costOfServer(createRequestListener(compression(handler, { minBytes: 0 })), calls);
    costs['./compression'] = wrapped - bare;
    costs['compression of Express'] = (await costOfServer(compressed, calls)) - (await costOfServer(app, calls));
  }
  for (const [name, cost] of Object.entries(costs)) console.log(`${size} bytes\t${name}\t${Math.round(cost)} µs`);
}
