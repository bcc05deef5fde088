import { connect } from 'node:net';
import { expect, onTestFinished, vi } from 'vitest';
import { describeHosts } from '../hosts/describe-hosts.ts';

describeHosts({ suite: 'start' }, (host, test) => {
  for (const path of ['/', '/request-only']) {
    test(`a first request to ${path} that is reset while the server starts harms nobody`, async () => {
      const server = await host.launch('slow-start');
      onTestFinished(async () => void (await server.stop()));
      const target = `${path}?query={hello}`;
      const first = connect(Number(new URL(server.url).port), '127.0.0.1');
      first.on('error', () => {});
      first.write(`GET ${target} HTTP/1.1\r\nhost: a.test\r\napollo-require-preflight: 1\r\n\r\n`);
      await vi.waitFor(() => expect(server.output()).toContain('starting'), 10_000);
      first.resetAndDestroy();

      for (let i = 0; i < 3; i++) {
        const response = await fetch(`${server.url}${target}`, {
          headers: { 'apollo-require-preflight': '1' },
          signal: AbortSignal.timeout(10_000),
        });
        expect([response.status, await response.text()]).toEqual([200, '{"data":{"hello":"world"}}\n']);
      }
      expect(server.output().match(/^starting$/gm)).toHaveLength(1);
    });
  }

  test('a server that fails to start responds 500 without the reason, and the next one may succeed', async () => {
    const server = await host.launch('front-door');
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
      const [status, result] = await ask('/failing');
      expect(status).toBe(500);
      expect(result).toEqual({ errors: [{ message: expect.any(String), extensions: expect.any(Object) }] });
      expect(JSON.stringify(result)).not.toContain('secret');
    }
    expect(await ask('/failing')).toEqual([200, { data: { hello: 'at last' } }]);
    expect(await ask('/')).toEqual([200, { data: { hello: 'world' } }]);
    expect(server.output()).toContain('a secret');
  });
});
