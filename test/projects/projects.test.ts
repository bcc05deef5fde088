import { once } from 'node:events';
import { connect } from 'node:net';
import { beforeAll, describe, expect, test } from 'vitest';
import { accepts, type Server } from '../../scripts/launch.ts';
import { overHTTP2, overSockets, type Transport } from '../conformance/http.ts';
import { hosts } from '../hosts/hosts.ts';
import { projectHosts } from '../hosts/projects/index.ts';

const chosen = projectHosts.filter((host) => hosts.includes(host));
const hello = JSON.stringify({ query: '{ hello }' });

describe.for(chosen.map((host) => [host.name, host] as const))('%s', ([, host]) => {
  const { route, health, drains, tls, launchProgram } = host;
  let server: Server;
  let send: Transport['send'];
  beforeAll(async () => {
    server = await launchProgram();
    ({ send } = tls === 'h2' ? overHTTP2(server.url) : overSockets(server.url, { isSecure: tls !== undefined }));
    return async () => void (await server.stop());
  });

  test('the program of the docs responds as it is written', async () => {
    const headers = { 'content-type': 'application/json' };
    const response = await send({ method: 'POST', target: route, headers, body: hello });
    expect(response.status).toBe(200);
    expect(response.header('content-type')).toBe('application/json; charset=utf-8');
    expect(response.text).toBe('{"data":{"hello":"world"}}\n');
  });

  test.runIf(health !== undefined)('its health check responds, and no other path reaches the handler', async () => {
    expect((await send({ target: health ?? '' })).status).toBe(200);
    // The handler would respond with this error. The status says nothing, because Nuxt has a page for every path.
    expect((await send({ target: `${route}/nothing` })).text).not.toContain('Cross-Site Request Forgery');
  });

  test.runIf(drains)('SIGTERM lets a request in flight end, and accepts no other', async () => {
    const stopping = await launchProgram();
    const { hostname, port } = new URL(stopping.url);
    const socket = connect(Number(port), hostname).setEncoding('utf8');
    const length = `content-length: ${Buffer.byteLength(hello)}`;
    const head = [`POST ${route} HTTP/1.1`, 'host: localhost', 'content-type: application/json', length];
    socket.write(`${[...head, 'expect: 100-continue', 'connection: close'].join('\r\n')}\r\n\r\n`);
    // The server has received the request.
    expect(await once(socket, 'data')).toEqual(['HTTP/1.1 100 Continue\r\n\r\n']);
    const stopped = stopping.stop();
    await expect.poll(() => accepts(Number(port)), { timeout: 10_000 }).toBe(false);
    socket.write(hello);
    const response = (await socket.toArray()).join('');
    // The whole response arrives, with its length or in one chunk.
    const whole = /^HTTP\/1\.1 200 OK\r\n.*\r\n\r\n(?:1b\r\n)?\{"data":\{"hello":"world"\}\}\n(?:\r\n0\r\n\r\n)?$/s;
    expect(response).toMatch(whole);
    await stopped;
  });
});

test.runIf(process.env.HOSTS === undefined)('projects run only where they are chosen', () => {
  expect(chosen).toEqual([]);
});
