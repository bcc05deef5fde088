import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { freePort, post, serve } from './process.ts';
import { findProgram } from './programs.ts';

// The folder is inside the repository, so that the package's name resolves as it does for its users.
const cwd = fileURLToPath(new URL('.middleware', import.meta.url));

beforeAll(() => mkdirSync(cwd, { recursive: true }));
afterAll(() => rmSync(cwd, { recursive: true, force: true }));

/** Serves a program of the docs with some of its code replaced, while `use` runs. */
async function withProgram(
  id: string,
  replacements: readonly (readonly [from: string, to: string])[],
  use: (url: string) => Promise<void>,
): Promise<void> {
  const port = await freePort();
  let { code } = findProgram(id);
  for (const [from, to] of [...replacements, ['4000', String(port)] as const]) {
    expect(code).toContain(from);
    code = code.replaceAll(from, to);
  }
  const file = `${cwd}/${port}.mts`;
  writeFileSync(file, code);
  const server = await serve([process.execPath, file], port, { cwd });
  try {
    await use(`http://127.0.0.1:${port}/graphql`);
  } finally {
    await server.stop();
  }
}

const hello = [`hello: () => 'world'`, 'hello: () => text'] as const;
const get = async (url: string, headers: Record<string, string> = {}) =>
  await fetch(`${url}?query={hello}`, { headers: { 'apollo-require-preflight': 'true', ...headers } });

test.for(['koa.mts', 'koa-production.mts'])('middleware of Koa changes the responses of %s', async (name) => {
  const middleware = `
    import compress from 'koa-compress';
    import conditional from 'koa-conditional-get';
    import etag from '@koa/etag';
    import session from 'koa-session';
    let text = 'x'.repeat(5_000);
  `;
  const app = `const app = new Koa();
    app.keys = ['key'];
    app.use(session(app)).use(compress()).use(conditional()).use(etag());
  `;
  const replacements = [
    [`import Koa from 'koa';`, `import Koa from 'koa';${middleware}`],
    ['const app = new Koa();', app],
    [hello[0], `hello: (_parent, _args, { ctx }) => { ctx.session.user = 'ada'; return text; }`],
    [`type Query {`, `type Mutation { change: Boolean } type Query {`],
    ['resolvers: {', `resolvers: { Mutation: { change: () => { text = 'y'.repeat(5_000); } },`],
    ['createFetchHandler(server)', 'createFetchHandler(server, { context: async (_argument, ctx) => ({ ctx }) })'],
  ] as const;
  await withProgram(`docs/hosts/koa.md#${name}`, replacements, async (url) => {
    const first = await get(url);
    expect(first.headers.get('content-encoding')).toMatch(/br|gzip/);
    expect(await first.json()).toEqual({ data: { hello: 'x'.repeat(5_000) } });
    expect(first.headers.getSetCookie().join()).toContain('koa.sess=');
    // Node's own fetch adds `no-cache` to a conditional request.
    const tag = { 'if-none-match': first.headers.get('etag') ?? '', 'cache-control': 'max-age=0' };
    expect((await get(url, tag)).status).toBe(304);
    await post(url, 'mutation { change }');
    const second = await get(url, tag);
    expect(await second.json()).toEqual({ data: { hello: 'y'.repeat(5_000) } });
  });
});

test.for(['fastify.mts', 'fastify-production.mts'])('onSend hooks of %s get the body', async (name) => {
  const hook = `const app = Fastify();
    app.addHook('onSend', async (_request, reply, payload) => {
      reply.header('x-length', payload.length);
      return payload.toString().replace('world', 'our world');
    });
  `;
  await withProgram(`docs/hosts/fastify.md#${name}`, [['const app = Fastify();', hook]], async (url) => {
    const response = await get(url);
    expect(await response.json()).toEqual({ data: { hello: 'our world' } });
    expect(response.headers.get('x-length')).toBe('27');
  });
});

test('the event of h3 is in reach of the context function, and a body that middleware has read is used', async () => {
  const imports = `import { ApolloServer } from '@apollo/server';
    import { createServer } from 'node:http';
    import * as h3 from 'h3';
    const { defineEventHandler, fromNodeMiddleware } = h3;
  `;
  const app = `const app = h3.createApp();
    app.use(defineEventHandler(async (event) => {
      event.context.greeting = 'hello';
      await h3.readBody(event);
    }));
    createServer(h3.toNodeListener(app)).listen(4000);
    app.use(`;
  const context = `async (_argument, event) => {
    const session = await h3.useSession(event, { password: 'x'.repeat(32) });
    await session.update({ visits: (session.data.visits ?? 0) + 1 });
    return { text: [event.context.greeting, h3.getCookie(event, 'name'), session.data.visits].join() };
  }`;
  const replacements = [
    [`import { ApolloServer } from '@apollo/server';`, imports],
    ['export default ', app],
    [`(event),\n);`, `(event),\n));`],
    [hello[0], 'hello: (_parent, _args, { text }) => text'],
    ['createFetchHandler(server)', `createFetchHandler(server, { context: ${context} })`],
  ] as const;
  await withProgram('docs/hosts/nuxt.md#server/routes/graphql.ts', replacements, async (url) => {
    const first = await post(url, '{ hello }', { cookie: 'name=ada' });
    expect(await first.json()).toEqual({ data: { hello: 'hello,ada,1' } });
    const [session = ''] = first.headers.getSetCookie();
    const second = await post(url, '{ hello }', { cookie: `name=ada; ${session.split(';')[0]}` });
    expect(await second.json()).toEqual({ data: { hello: 'hello,ada,2' } });
  });
});
