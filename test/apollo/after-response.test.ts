import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Server } from '../../scripts/launch.ts';
import { launchFromDirectory } from '../hosts/bundle.ts';
import { bundleWorker } from '../hosts/launch.ts';
import { launchWorkerd, newestDate } from '../hosts/workerd.ts';

/** The request bodies that the Worker has sent, by path. */
const received = new Map<string, Buffer>();
const sink = createServer(async (req, res) => {
  received.set(req.url ?? '', await buffer(req));
  sink.emit('received');
  res.end();
});
let worker: Server;

beforeAll(async () => {
  await once(sink.listen(0, '127.0.0.1'), 'listening');
  const { port } = sink.address() as AddressInfo;
  worker = await launchFromDirectory(async (directory) => {
    const config = join(directory, 'wrangler.json');
    const main = join(import.meta.dirname, 'after-response-worker.ts');
    await writeFile(config, JSON.stringify({ name: 'after-response', main, compatibility_date: newestDate }));
    await bundleWorker(config, directory);
    return await launchWorkerd(join(directory, 'after-response-worker.js'), {
      services: ['(name = "internet", network = (allow = ["private"]))'],
      fields: [`bindings = [(name = "SINK", text = "http://127.0.0.1:${port}")]`],
    });
  });
});

afterAll(async () => {
  await worker?.stop();
  sink.close();
  sink.closeAllConnections();
});

/** Sends one request. After its response, the client does nothing that would keep the Worker awake. */
async function send(body: object): Promise<string> {
  received.clear();
  const response = await fetch(worker.url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'multipart/mixed; deferSpec=20220824, application/json',
      connection: 'close',
    },
    body: JSON.stringify(body),
  });
  return await response.text();
}

async function receive(path: string): Promise<Buffer> {
  for (;;) {
    const body = received.get(path);
    if (body !== undefined) return body;
    await once(sink, 'received');
  }
}

const longName = 'AnOperationWithANameOfMoreThanFortyCharacters';

test.for([
  ['is complete', `query ${longName} { fast }`, '"fast":"now"'],
  ['is a stream', `query ${longName} { fast ... @defer { slow } }`, '"slow":"later"'],
] as const)('a usage report leaves an idle Worker after a response that %s', async ([, query, text]) => {
  expect(await send({ query })).toContain(text);
  expect(gunzipSync(await receive('/api/ingress/traces')).toString('latin1')).toContain(`# ${longName}\n`);
});

test('a persisted query is written to the cache by an idle Worker', async () => {
  const query = '{ fast }';
  const sha256Hash = createHash('sha256').update(query).digest('hex');
  expect(await send({ query, extensions: { persistedQuery: { version: 1, sha256Hash } } })).toContain('"fast":"now"');
  expect((await receive(`/cache/apq:${sha256Hash}`)).toString()).toBe(query);
});
