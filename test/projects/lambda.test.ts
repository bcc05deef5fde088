import { beforeAll, describe, expect, test } from 'vitest';
import type { Server } from '../../scripts/launch.ts';
import { hosts } from '../hosts/hosts.ts';
import { projectHosts } from '../hosts/projects/index.ts';

const streaming = projectHosts.filter((host) => hosts.includes(host) && /^lambda-.*-streaming$/.test(host.id));

describe.for(streaming.map((host) => [host.name, host] as const))('%s', ([, { launch }]) => {
  let server: Server;
  beforeAll(async () => {
    server = await launch('incremental');
    return async () => void (await server.stop());
  });

  async function journal(path = '/journal'): Promise<{ opened: number; closed: number; aborts: number }> {
    return await (await fetch(`${server.url}${path}?run=deadline`)).json();
  }

  test('parts come when they are ready, and a stream that outlasts the function ends with an error', async () => {
    const response = await fetch(`${server.url}/graphql`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'multipart/mixed;deferSpec=20220824',
        'x-run': 'deadline',
      },
      // The list waits before its second item until the request to `/open` below.
      body: JSON.stringify({ query: '{ items(hold: 2) @stream }' }),
    });
    expect(response.headers.get('content-type')).toMatch(/^multipart\/mixed/);
    const chunks: string[] = [];
    for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) chunks.push(chunk);
    // The first part was sent before the deadline, and the last part is the result of the deadline.
    expect(chunks.at(0)).toMatch(/^\r\n---\r\n.*\{"data":\{"items":\[\]\},"hasNext":true\}/s);
    expect(chunks.at(0)).not.toContain('"hasNext":false');
    expect(chunks.join('')).toMatch(/"items":\[1\].*\{"hasNext":false,"errors":.*\}\r\n-----\r\n$/s);
    await journal('/open');
    await expect.poll(() => journal()).toMatchObject({ opened: 1, closed: 1, aborts: 1 });
  });
});

test('streams of Lambda are tested only where they are chosen', () => {
  expect(streaming).toEqual(process.env.HOSTS === undefined ? [] : streaming);
});
