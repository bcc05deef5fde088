import { connect } from 'node:net';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test, vi } from 'vitest';
import { launchCommand, runtimeNames } from '../../scripts/launch.ts';
import { serve } from './servers.ts';

function pathOf(file: string): string {
  return fileURLToPath(new URL(file, import.meta.url));
}

// workerd itself: wrangler's proxies hide from a Worker that its client has left.
test('a first request that is reset does not poison the isolate of a Worker', async () => {
  const program = pathOf('../incremental/servers/workerd.ts');
  const server = await launchCommand([process.execPath, program, pathOf('servers/slow-start.ts')]);
  onTestFinished(async () => void (await server.stop()));
  const first = connect(Number(new URL(server.url).port), '127.0.0.1');
  first.on('error', () => {});
  first.write('GET /?query={hello} HTTP/1.1\r\nhost: a.test\r\napollo-require-preflight: 1\r\n\r\n');
  await vi.waitFor(() => expect(server.output()).toContain('starting'), 10_000);
  first.resetAndDestroy();

  for (let i = 0; i < 3; i++) {
    const response = await fetch(`${server.url}/?query={hello}`, {
      headers: { 'apollo-require-preflight': '1' },
      signal: AbortSignal.timeout(10_000),
    });
    expect([response.status, await response.text()]).toEqual([200, '{"data":{"hello":"world"}}\n']);
  }
  expect(server.output().match(/^starting$/gm)).toHaveLength(1);
});

test.each(runtimeNames)(
  'on %s a server that fails to start is answered for, and the next may succeed',
  async (runtime) => {
    const server = await serve(runtime);
    onTestFinished(async () => void (await server.stop()));
    async function ask(path: string): Promise<[number, unknown]> {
      const response = await fetch(`${server.url}${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: '{"query":"{hello}"}',
      });
      return [response.status, await response.json()];
    }

    for (let failure = 0; failure < 2; failure++) {
      const [status, answer] = await ask('/failing');
      expect(status).toBe(500);
      expect(answer).toEqual({ errors: [{ message: expect.any(String), extensions: expect.any(Object) }] });
      expect(JSON.stringify(answer)).not.toContain('secret');
    }
    expect(await ask('/failing')).toEqual([200, { data: { hello: 'at last' } }]);
    expect(await ask('/')).toEqual([200, { data: { hello: 'world' } }]);
    expect(server.output()).toContain('a secret');
  },
);
