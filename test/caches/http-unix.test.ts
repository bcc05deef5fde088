import { mkdtemp, rm } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, onTestFinished, test } from 'vitest';
import { commands, launch } from '../../scripts/launch.ts';
import { Client, fresh } from './http/client.ts';

test('Deno serves a stored response over a Unix socket too', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'http-cache-'));
  const env = { DENO_DIR: directory, STORE: directory };
  const server = await launch(commands.deno, 'test/caches/servers/http-deno.ts', env);
  onTestFinished(async () => {
    await server.stop();
    await rm(directory, { recursive: true });
  });
  const name = fresh();
  const { target = '', headers = {} } = new Client(server).message(`{ call(name: "${name}") }`, {});
  const get = () =>
    new Promise<string>((resolve, reject) => {
      const options = { socketPath: join(directory, 'socket'), path: target, headers: { ...headers } };
      request(options, (response) => resolve(text(response).then((body) => `${response.headers.age} ${body}`)))
        .on('error', reject)
        .end();
    });
  await expect.poll(get, { timeout: 10_000 }).toMatch(new RegExp(`^\\d+ {"data":{"call":"${name} 1"}}\n$`));
  expect(server.output()).not.toContain('The HTTP cache failed');
});
