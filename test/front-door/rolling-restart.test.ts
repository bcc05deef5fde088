import { once } from 'node:events';
import { Agent, createServer, request } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, vi } from 'vitest';
import { accepts, type Server } from '../../scripts/launch.ts';
import { largeBytes } from '../apps/ready.ts';
import { describeHosts, patient } from '../hosts/describe-hosts.ts';

/** How often the proxy asks whether a server is ready, in milliseconds. */
const interval = 50;

/** A proxy that sends each request to the next server that is ready. */
class Balancer {
  readonly #agent = new Agent({ keepAlive: true });
  readonly #server = createServer((incoming, outgoing) => {
    const url = this.#ready.shift();
    if (url === undefined) return outgoing.writeHead(503).end('No server is ready.');
    this.#ready.push(url);
    const { method, headers } = incoming;
    const forwarded = request(url, { method, headers, agent: this.#agent }, (response) => {
      this.received.add(url);
      outgoing.writeHead(response.statusCode ?? 500);
      response.pipe(outgoing);
    });
    forwarded.on('error', (error) => outgoing.writeHead(502).end(String(error)));
    return incoming.pipe(forwarded);
  });
  #ready: string[] = [];
  /** The servers that have responded to a request. */
  readonly received = new Set<string>();

  async listen(): Promise<string> {
    await once(this.#server.listen(0, '127.0.0.1'), 'listening');
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/`;
  }

  /** Asks a server whether it is ready, until it is not. */
  async watch({ url }: Server): Promise<void> {
    const isReady = async () => (await fetch(`${url}/ready`)).status === 204;
    while (await isReady().catch(() => false)) {
      if (!this.#ready.includes(url)) this.#ready.push(url);
      await sleep(interval);
    }
    this.#ready = this.#ready.filter((ready) => ready !== url);
  }

  close(): void {
    this.#agent.destroy();
    this.#server.close();
    this.#server.closeAllConnections();
  }
}

describeHosts({ suite: 'rolling-restart', needs: ({ closes }) => closes }, (host, test) => {
  const onEnd: (() => unknown)[] = [];
  afterEach(async () => {
    await Promise.all(onEnd.splice(0).map((end) => end()));
  });

  async function start(): Promise<Server> {
    const server = await host.launch('ready');
    onEnd.push(() => server.stop());
    return server;
  }

  test('a rolling restart behind a proxy that polls /ready loses no request', async () => {
    const proxy = new Balancer();
    onEnd.push(() => proxy.close());
    const url = await proxy.listen();
    const watchNew = async () => {
      const server = await start();
      const left = proxy.watch(server);
      await expect.poll(() => proxy.received.has(server.url) || ask(), patient).toBe(true);
      return { server, left };
    };
    const agent = new Agent({ keepAlive: true });
    onEnd.push(() => agent.destroy());
    let isOver = false;
    const texts = new Set<string>();
    let count = 0;

    async function ask(): Promise<string> {
      const headers = { 'content-type': 'application/json' };
      const asking = request(url, { method: 'POST', headers, agent }).end('{"query":"{hello}"}');
      const [response] = await once(asking, 'response');
      return String(await response.setEncoding('utf8').toArray());
    }

    async function askOn(): Promise<void> {
      while (!isOver) {
        texts.add(await ask().catch(String));
        count++;
      }
    }

    const first = [await watchNew(), await watchNew()];
    const clients = Array.from({ length: 8 }, askOn);
    for (const { server, left } of first) {
      const exited = server.stop();
      await left;
      expect(await exited).toBeNull();
      await watchNew();
    }
    isOver = true;
    await Promise.all(clients);
    expect(texts).toEqual(new Set(['{"data":{"hello":"world"}}\n']));
    expect(proxy.received.size).toBe(4);
    expect(count).toBeGreaterThan(100);
  });

  test('a response to a client that reads slowly is sent to its end', async () => {
    const server = await start();
    const port = Number(new URL(server.url).port);
    const socket = connect(port, '127.0.0.1');
    onEnd.push(() => socket.destroy());
    const body = '{"query":"{large}"}';
    socket.write(`POST / HTTP/1.1\r\nhost: a.test\r\ncontent-type: application/json\r\n`);
    socket.write(`content-length: ${body.length}\r\n\r\n${body}`);
    await once(socket, 'readable');

    const exitCode = server.stop();

    await vi.waitFor(async () => expect(await accepts(port)).toBe(false), patient);
    // Longer than the server waits for a request whose signal was aborted.
    await sleep(3500);
    let received = 0;
    for await (const chunk of socket) {
      received += chunk.length;
      if (received > largeBytes) break;
    }
    expect(received).toBeGreaterThan(largeBytes);
    expect(await exitCode).toBeNull();
  });
});
