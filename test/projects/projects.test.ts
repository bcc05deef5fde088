import { beforeAll, describe, expect, test } from 'vitest';
import type { Server } from '../../scripts/launch.ts';
import { hosts } from '../hosts/hosts.ts';
import { projectHosts } from '../hosts/projects/index.ts';

const chosen = projectHosts.filter((host) => hosts.includes(host));

describe.for(chosen.map((host) => [host.name, host] as const))('%s', ([, { route, launchProgram }]) => {
  let server: Server;
  beforeAll(async () => {
    server = await launchProgram();
    return async () => void (await server.stop());
  });

  test('the program of the docs responds as it is written', async () => {
    const response = await fetch(`${server.url}${route}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query: '{ hello }' }),
    });
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('application/json; charset=utf-8');
    expect(await response.text()).toBe('{"data":{"hello":"world"}}\n');
  });
});

test('projects run only where they are chosen', () => {
  expect(chosen).toEqual(process.env.HOSTS === undefined ? [] : chosen);
});
