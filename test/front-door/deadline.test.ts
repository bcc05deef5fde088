import { connect } from 'node:net';
import { afterAll, beforeAll, expect, onTestFinished } from 'vitest';
import type { Server } from '../../scripts/launch.ts';
import type { State } from '../apps/deadline.ts';
import { describeHosts, patient, printedBy } from '../hosts/describe-hosts.ts';
import { Call } from '../incremental/wire.ts';

const timeout = { message: 'The response took too long.', extensions: { code: 'TIMEOUT' } };
const paths = ['/', '/request-only'];

describeHosts({ suite: 'deadline' }, (host, test) => {
  let server: Server;

  beforeAll(async () => {
    server = await host.launch('deadline');
  });
  afterAll(async () => void (await server.stop()));

  function ask(query: string, path = '/'): Call {
    const accept = 'multipart/mixed; deferSpec=20220824, application/json';
    return new Call(`${server.url}${path}`, { headers: { accept }, body: JSON.stringify({ query }) });
  }

  async function visit(path: string): Promise<State> {
    return await (await fetch(`${server.url}${path}`)).json();
  }

  async function expectTimeout(call: Call): Promise<void> {
    const { status, headers } = await call.head();
    expect([status, headers.get('cache-control')]).toEqual([504, 'no-store']);
    expect(JSON.parse((await call.rest()).join(''))).toEqual({ errors: [timeout] });
  }

  test('a resolver that never settles gets 504', async () => {
    // On Workers, a timer ends with the request that has started it.
    for (const path of paths) expect(await ask('{hello}', path).rest()).toEqual(['{"data":{"hello":"world"}}\n']);
    await Promise.all(paths.map((path) => expectTimeout(ask('{never}', path))));
  });

  test('a stream ends with an error part, and its source is closed', async () => {
    for (const parts of await Promise.all(paths.map((path) => ask('{items @stream}', path).rest()))) {
      expect(parts.join('')).toContain('"items":[1]');
      const end = JSON.stringify({ hasNext: false, errors: [timeout] });
      expect(parts.join('').split('\r\n---\r\n').at(-1)).toContain(`\r\n\r\n${end}\r\n-----\r\n`);
    }
    await expect.poll(async () => (await visit('/state')).closed, patient).toBe(paths.length);
  });

  test('a mutation whose server starts too late is not executed', async () => {
    await expectTimeout(ask('mutation {change}', '/slow'));
    await visit('/open');
    await expect.poll(async () => (await visit('/state')).late, patient).toBe(1);
    expect(await ask('mutation {change}', '/slow').rest()).toEqual(['{"data":{"change":1}}\n']);
    if (!host.logsRequests) expect(printedBy(server, host)).toBe('');
  });

  test('the connection can be used after 504, and is in step or closed if the body comes late', async () => {
    const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
    onTestFinished(() => void socket.destroy());
    let received = '';
    socket.setEncoding('utf8').on('data', (text: string) => {
      received += text;
    });
    socket.on('error', () => {});
    const post = (body: string) =>
      `POST / HTTP/1.1\r\nhost: a.test\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
    const statuses = () => (received.match(/(?<=HTTP\/1.1 )\d+/g) ?? []).map(Number);
    const hello = post('{"query":"{hello}"}');
    socket.write(post('{"query":"{never}"}'));
    await expect.poll(statuses, patient).toEqual([504]);
    socket.write(hello);
    await expect.poll(statuses, patient).toEqual([504, 200]);

    // What comes late looks like a request of its own.
    const late = post('{"query":"mutation {change}"}');
    socket.write(post(` ${late}`).slice(0, -late.length));
    await expect.poll(statuses, patient).toEqual([504, 200, 504]);
    socket.write(`${late}${hello}`);
    await expect.poll(() => socket.closed || received.split('world').length > 2, patient).toBe(true);
    expect(statuses().slice(3)).toEqual(socket.closed ? [] : [200]);
    expect(received).not.toContain('change');
  });
});
