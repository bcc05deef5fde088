import { ApolloServer, type ApolloServerPlugin } from '@apollo/server';
import { expect, test, vi } from 'vitest';
import { createServerGetter } from '../../src/core/start.ts';
import { createLogger } from '../apps/logger.ts';

const logged = vi.fn();

/** Creates a server, and counts how often it is started. */
function createServer(plugin: ApolloServerPlugin = {}) {
  const starts = vi.fn();
  const server = new ApolloServer({
    typeDefs: 'type Query { a: Int }',
    logger: createLogger(logged),
    plugins: [{ serverWillStart: starts }, plugin],
  });
  return { server, starts };
}

const failing: ApolloServerPlugin = {
  async serverWillStart() {
    throw new Error('no database');
  },
};

test('starts a server at the first request, once', async () => {
  const { server, starts } = createServer();
  const getServer = createServerGetter(server);
  expect(starts).not.toHaveBeenCalled();
  for (let i = 0; i < 100; i++) expect(getServer([])).toBe(server);
  await server.executeOperation({ query: '{a}' });
  expect(starts).toHaveBeenCalledTimes(1);
});

test('starts a server once for all the handlers that share it', async () => {
  const { server, starts } = createServer();
  const getters = [createServerGetter(server), createServerGetter(server)];
  for (const getServer of getters) getServer([]);
  await server.executeOperation({ query: '{a}' });
  for (const getServer of getters) getServer([]);
  expect(starts).toHaveBeenCalledTimes(1);
});

test('takes a started server as it is', async () => {
  logged.mockClear();
  const { server, starts } = createServer();
  await server.start();
  createServerGetter(server)([]);
  expect(starts).toHaveBeenCalledTimes(1);
  expect(logged).not.toHaveBeenCalled();
});

test('takes a server that its owner is starting as it is', async () => {
  logged.mockClear();
  const { server, starts } = createServer();
  const started = server.start();
  createServerGetter(server)([]);
  await started;
  expect(starts).toHaveBeenCalledTimes(1);
  expect(logged).not.toHaveBeenCalled();
});

test('makes a server of what the platform passes first, once', () => {
  const factory = vi.fn((_env: { name: string }) => createServer().server);
  const getServer = createServerGetter(factory);
  const server = getServer([{ name: 'a' }]);
  expect(getServer([{ name: 'b' }])).toBe(server);
  expect(factory.mock.calls).toEqual([[{ name: 'a' }]]);
});

test('makes another server after one that failed to start', async () => {
  const servers = [createServer(failing).server, createServer().server];
  const factory = vi.fn(() => servers[factory.mock.calls.length - 1] ?? expect.fail('called too often'));
  const getServer = createServerGetter(factory);
  expect(getServer([])).toBe(servers[0]);
  await vi.waitFor(() => expect(getServer([])).toBe(servers[1]));
  await servers[1]?.executeOperation({ query: '{a}' });
  expect(getServer([])).toBe(servers[1]);
  expect(factory).toHaveBeenCalledTimes(2);
});

test('makes another server after a factory that threw', () => {
  const { server } = createServer();
  const factory = vi
    .fn(() => server)
    .mockImplementationOnce(() => {
      throw new Error('no binding');
    });
  const getServer = createServerGetter(factory);
  expect(() => getServer([])).toThrow('no binding');
  expect(getServer([])).toBe(server);
});

test('starts a server that failed but once', async () => {
  const { server, starts } = createServer(failing);
  const getServer = createServerGetter(server);
  getServer([]);
  await server.executeOperation({ query: '{a}' }).catch(() => {});
  expect(getServer([])).toBe(server);
  expect(starts).toHaveBeenCalledTimes(1);
});

test.for<[unknown, string]>([
  [undefined, 'undefined'],
  [null, 'null'],
  ['server', 'server'],
  [{ typeDefs: 'type Query { a: Int }' }, '[object Object]'],
])('refuses %s as a server, at once and from a factory', async ([value, received]) => {
  const message = `createFetchHandler needs an ApolloServer, or a function that returns one. Received ${received}.`;
  // The types refuse this. A program in JavaScript has none.
  const source = value as ApolloServer;
  expect(() => createServerGetter(source)).toThrow(new TypeError(message));
  expect(() => createServerGetter(() => source)([])).toThrow(new TypeError(message));
  const getServer = createServerGetter(async () => source);
  // A failed factory is called again.
  for (let i = 0; i < 2; i++) await expect(getServer([])).rejects.toThrow(new TypeError(message));
});
