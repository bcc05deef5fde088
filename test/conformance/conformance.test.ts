import { beforeAll, describe, expect, test } from 'vitest';
import { createApp } from '../apps/conformance.ts';
import { describeHosts, type TestOnHost } from '../hosts/describe-hosts.ts';
import { type Client, createClient } from './case.ts';
import { audits } from './cases/audits.ts';
import { families } from './cases/index.ts';
import { inProcess, overHTTP2, overRoute, overSockets, type Send, type Transport } from './http.ts';

test('every case has a name of its own', () => {
  const names = families.flatMap(({ cases }) => cases.map(({ name }) => name));
  expect(names).toEqual([...new Set(names)]);
});

test('every audit of graphql-http is among the cases', () => {
  expect(audits.cases).toHaveLength(61);
});

describe('in process', () => {
  const client = clientOf(inProcess(createApp()));
  defineCases(
    () => client,
    (name, run, rule = '') => test(`${name} [${rule}]`, { meta: { rule } }, run),
    { onWire: false },
  );
});

describeHosts({ suite: 'conformance', speaksTLS: true }, ({ launch, tls, route, platform }, testOnHost) => {
  let client: Client;
  beforeAll(async () => {
    const { url, stop } = await launch('conformance');
    const transport = tls === 'h2' ? overHTTP2(url) : overSockets(url, { isSecure: tls !== undefined });
    client = clientOf(route === undefined ? transport : overRoute(route, transport), platform);
    return async () => void (await stop());
  });
  // The bytes on the wire are different in HTTP/2.
  defineCases(() => client, testOnHost, { onWire: tls !== 'h2' });
});

function defineCases(client: () => Client, testCase: TestOnHost, { onWire }: { onWire: boolean }): void {
  for (const { name: family, cases } of families) {
    describe(family, () => {
      for (const { name, rule, wire = false, run } of cases) {
        if (!wire || onWire) testCase(name, () => run(client()), rule);
      }
    });
  }
}

function clientOf(transport: Transport, platform?: string): Client {
  return createClient({ ...transport, send: withoutStackTraces(transport.send) }, platform);
}

/** Checks that no response tells the client where in the code an error came from. */
function withoutStackTraces(send: Send): Send {
  return async (message) => {
    const response = await send(message);
    expect(response.text).not.toMatch(/stacktrace|\n?\s+at .+:\d+:\d+/);
    return response;
  };
}
