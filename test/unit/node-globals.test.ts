import { execFile } from 'node:child_process';
import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { createContext, runInContext } from 'node:vm';
import { build } from 'esbuild';
import { patchGlobalRequest } from 'srvx/node';
import * as undici from 'undici';
import { beforeAll, expect, test } from 'vitest';
import type * as node from '../../src/node.ts';
import { listen, post } from './node-server.ts';

const { Request, Response, Headers } = globalThis;

/** srvx replaces the global class by a subclass, as @hono/node-server and vitest's jsdom do. */
function patchedBySrvx() {
  const Patched = patchGlobalRequest() as typeof Request;
  globalThis.Request = Request;
  return { Request: Patched, Response, Headers };
}

/** What `undici.install()` makes global. */
const ofUndici = { Request: undici.Request, Response: undici.Response, Headers: undici.Headers } as unknown as {
  [Name in 'Request' | 'Response' | 'Headers']: (typeof globalThis)[Name];
};

let code: string | undefined;
beforeAll(async () => {
  const entryPoints = [fileURLToPath(new URL('../../src/node.ts', import.meta.url))];
  code = (await build({ entryPoints, bundle: true, format: 'cjs', write: false })).outputFiles[0]?.text;
});

/**
 * Loads `./node` as Jest does for a browser environment: in a realm of its own, whose `Uint8Array` is not that of a
 * `Buffer`. The globals from Node.js are those of jest-fixed-jsdom, which has no `ReadableStreamDefaultReader`.
 */
function load(classes: object): { module: { exports: typeof node } } {
  const { ReadableStream, AbortController, TextEncoder, URL, setTimeout, clearTimeout } = globalThis;
  const fromNode = { ReadableStream, AbortController, TextEncoder, URL, setTimeout, clearTimeout, console };
  const context = createContext({ ...fromNode, ...classes, module: {} });
  runInContext(code ?? '', context);
  return context as ReturnType<typeof load>;
}

test.each([
  ["Node's own classes", { Request, Response, Headers }, {}],
  ['the class of srvx before the import', patchedBySrvx(), {}],
  ['the class of srvx after the import', { Request, Response, Headers }, patchedBySrvx()],
  ['the classes of undici before the import', ofUndici, {}],
  ['the classes of undici after the import', { Request, Response, Headers }, ofUndici],
])('a request has all of its members with %s', async (_name, before, after) => {
  const { Request, Headers } = { ...before, ...after };
  const looks: Record<string, (request: Request) => unknown> = {
    classes: (request) => [request instanceof Request, request.headers instanceof Headers],
    headers: ({ headers }) => [headers.has('x-a'), new Headers(headers).get('x-a')],
    mode: ({ mode }) => mode,
    bytes: async (request) => [...new Uint8Array(await request.arrayBuffer())],
    reader: async ({ body }) => [...((await body?.getReader().read())?.value ?? [])],
    blob: async (request) => (await request.blob()).size,
    clone: async (request) => (await request.clone().blob()).size,
    copy: async (request) => (await new Request(request.url, request).blob()).size,
  };
  const seen: Record<string, unknown> = {};
  const context = load(before);
  Object.assign(context, after);
  const { createRequestListener } = context.module.exports;
  const listener = createRequestListener(async (request, { req: { url = '' } }, { Response }) => {
    const name = url.slice(1);
    seen[name] = await (async () => await looks[name]?.(request))().catch(String);
    return new Response('sent', { status: 200, headers: {} });
  });
  const port = await listen(createServer(listener));
  const init = { method: 'POST', headers: { 'x-a': '1' }, body: Uint8Array.of(0xff) };
  for (const name in looks) {
    expect(await (await fetch(`http://127.0.0.1:${port}/${name}`, init)).text()).toBe('sent');
  }
  expect(seen).toEqual({
    classes: [true, true],
    headers: [true, '1'],
    mode: 'cors',
    bytes: [0xff],
    reader: [0xff],
    blob: 1,
    clone: 1,
    copy: 1,
  });
});

test('a request has its methods where the global classes are replaced after the first request', async () => {
  const context = load({ Request, Response, Headers });
  const listener = context.module.exports.createRequestListener(
    async (request) => new Response(await request.clone().text()),
  );
  const port = await listen(createServer(listener));
  for (let round = 0; round < 2; round++) {
    expect(await (await fetch(`http://127.0.0.1:${port}/`, post)).text()).toBe(post.body);
    Object.assign(context, ofUndici);
  }
});

test('a copy of a request has its body on Deno, which keeps the state of a stream in properties', async () => {
  const program = `
    import { createServer } from 'node:http';
    import { createRequestListener } from '${new URL('../../src/node.ts', import.meta.url)}';
    const listener = createRequestListener(async (request) => {
      return new Response(await new Request(request.url, request).text());
    });
    const server = createServer(listener).listen(0, '127.0.0.1', async () => {
      const url = 'http://127.0.0.1:' + server.address().port;
      console.log(await (await fetch(url, { method: 'POST', body: 'copied' })).text());
      process.exit();
    });`;
  const { stdout } = await promisify(execFile)('node_modules/deno/deno', ['eval', program]);
  expect(stdout).toBe('copied\n');
});
