import { Agent, request } from 'node:http';
import { connect } from 'node:net';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { launch, type Server } from '../../scripts/launch.ts';

describe.each(['node', 'deno', 'bun'] as const)('on %s', (runtime) => {
  const program = fileURLToPath(new URL(`servers/drain-${runtime}.ts`, import.meta.url));
  let server: Server | undefined;
  let agent: Agent;

  afterEach(async () => {
    agent.destroy();
    await server?.stop();
  });

  async function start(): Promise<Server> {
    agent = new Agent({ keepAlive: true });
    server = await launch(runtime, program);
    return server;
  }

  /** One request on a connection of its own. */
  async function ask({ url }: Server, query: string): Promise<{ status: number | undefined; text: string }> {
    return await new Promise((resolve, reject) => {
      const headers = {
        'content-type': 'application/json',
        accept: 'multipart/mixed; deferSpec=20220824, application/json',
      };
      request(url, { method: 'POST', headers, agent }, (response) => {
        let text = '';
        response
          .setEncoding('utf8')
          .on('data', (part: string) => {
            text += part;
          })
          .on('end', () => resolve({ status: response.statusCode, text }))
          .on('error', reject);
      })
        .on('error', reject)
        .end(JSON.stringify({ query }));
    });
  }

  /** Waits until so many requests have reached their resolver and stay there. */
  async function untilHeld(server: Server, count: number): Promise<void> {
    await vi.waitFor(
      async () => expect(JSON.parse((await ask(server, '{held}')).text)).toEqual({ data: { held: count } }),
      { timeout: 20_000 },
    );
  }

  test('200 connections: SIGTERM drops no request in flight', async () => {
    const server = await start();
    const complete = Array.from({ length: 150 }, () => ask(server, '{untilDrain}'));
    const streams = Array.from({ length: 50 }, () => ask(server, '{__typename ...@defer{untilDrain}}'));
    await untilHeld(server, 200);

    const exitCode = server.stop();

    for (const { status, text } of await Promise.all(complete)) {
      expect([status, text]).toEqual([200, '{"data":{"untilDrain":"drained"}}\n']);
    }
    for (const { status, text } of await Promise.all(streams)) {
      expect(status).toBe(200);
      expect(text).toContain('"untilDrain":"drained"');
      expect(text).toMatch(/\r\n-----\r\n$/);
    }
    // By the signal itself, and without another word; but Deno has one for each program that looks at a signal.
    expect(await exitCode).toBeNull();
    const words = server.output().replace(/^Deno\.serve: request\.signal aborts on successful responses.*\n/m, '');
    expect(words).toMatch(/^Listening on http:\S+\n$/);
  });

  // Deno's own shutdown ends a connection on which a head is still arriving.
  const unlessDeno = runtime === 'deno' ? test.fails : test;
  unlessDeno('a request whose head was half sent gets what is left of the grace period', async () => {
    const server = await start();
    const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
    let received = '';
    socket.setEncoding('utf8').on('data', (text: string) => {
      received += text;
    });
    socket.on('error', () => {});
    const body = '{"query":"{untilAbort}"}';
    socket.write(`POST / HTTP/1.1\r\nhost: a.test\r\ncontent-type: application/json\r\n`);
    const inFlight = ask(server, '{untilDrain}');
    await untilHeld(server, 1);

    const exitCode = server.stop();

    expect((await inFlight).text).toBe('{"data":{"untilDrain":"drained"}}\n');
    socket.write(`content-length: ${body.length}\r\n\r\n${body}`);
    await vi.waitFor(() => expect(socket.closed || received.endsWith('\n')).toBe(true), 10_000);
    expect(received).toContain('{"data":{"untilAbort":"The server is stopping."}}');
    expect(await exitCode).toBeNull();
  });

  test('a request that takes longer than the grace period has its signal aborted', async () => {
    const server = await start();
    const complete = ask(server, '{untilAbort}');
    const stream = ask(server, '{__typename ...@defer{untilAbort}}');
    await untilHeld(server, 2);

    const exitCode = server.stop();

    expect((await complete).text).toBe('{"data":{"untilAbort":"The server is stopping."}}\n');
    const { text } = await stream;
    expect(text).toContain('"__typename":"Query"');
    // Broken off, and visibly so: with an error in a last part, and the closing boundary.
    expect(text).toMatch(/\r\n\r\n\{"hasNext":false,"errors":\[\{"message":"Internal server error".*\}\r\n-----\r\n$/);
    expect(await exitCode).toBeNull();
  });
});
