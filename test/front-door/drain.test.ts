import { Agent, request } from 'node:http';
import { connect } from 'node:net';
import { afterEach, expect, vi } from 'vitest';
import type { Server } from '../../scripts/launch.ts';
import { describeHosts, printedBy } from '../hosts/describe-hosts.ts';

describeHosts({ suite: 'drain', needs: ({ closes }) => closes }, (host, test) => {
  let server: Server | undefined;
  let agent: Agent;

  afterEach(async () => {
    agent.destroy();
    await server?.stop();
  });

  async function start(): Promise<Server> {
    agent = new Agent({ keepAlive: true });
    server = await host.launch('drain');
    return server;
  }

  /** Sends one request. Requests at the same time use separate connections. */
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

  /** Waits until this many requests are held in their resolver. */
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
    // The signal itself ended the process, without further output.
    expect(await exitCode).toBeNull();
    expect(printedBy(server, host)).toBe('');
  });

  test('a request whose head was half sent gets what is left of the grace period', async () => {
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
    // The stream is cut off visibly: its last part has an error, and the closing boundary follows.
    expect(text).toMatch(/\r\n\r\n\{"hasNext":false,"errors":\[\{"message":"Internal server error".*\}\r\n-----\r\n$/);
    expect(await exitCode).toBeNull();
  });
});
