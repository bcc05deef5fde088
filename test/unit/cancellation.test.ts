import { ApolloServer } from '@apollo/server';
import { execute } from '@graphql-tools/executor';
import { expect, test } from 'vitest';
import { type CancellationContext, cancellation } from '../../src/cancellation.ts';
import { createFetchHandler } from '../../src/index.ts';

const typeDefs = `#graphql
  directive @defer(if: Boolean, label: String) on FRAGMENT_SPREAD | INLINE_FRAGMENT
  type Query { step: Step! }
  type Mutation { first: Boolean second: Boolean }
  type Step { step: Step! done: Boolean! }
`;

/** Starts one operation on a server. The test finishes each step of the operation. */
function start(query: string, plugins = [cancellation()]) {
  let started = 0;
  let finish = Promise.withResolvers<void>();
  async function step() {
    started++;
    await finish.promise;
    return { done: true };
  }
  const mutate = async () => (await step()).done;
  const server = new ApolloServer<CancellationContext>({
    typeDefs,
    resolvers: { Query: { step }, Step: { step }, Mutation: { first: mutate, second: mutate } },
    plugins,
    legacyExperimentalExecuteIncrementally: (args) => execute(args),
  });
  const handler = createFetchHandler(server, { context: async ({ signal }) => ({ signal }) });
  const connection = new AbortController();
  const response = handler(
    new Request('http://localhost/', {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'multipart/mixed; deferSpec=20220824, application/json' },
      body: JSON.stringify({ query }),
      signal: connection.signal,
    }),
  );
  return {
    response,
    leave: () => connection.abort(),
    started: (count: number) => expect.poll(() => started, { interval: 1 }).toBe(count),
    /** Finishes the step that is running, and gives the next ones time to begin. */
    async finishStep() {
      finish.resolve();
      finish = Promise.withResolvers();
      await new Promise((resolve) => setTimeout(resolve, 5));
    },
    /** Finishes the running step and all later ones. */
    finishAll() {
      const { resolve } = finish;
      finish = { ...finish, promise: Promise.resolve() };
      resolve();
    },
  };
}

const chain = (depth: number): string => (depth === 0 ? 'done' : `step { ${chain(depth - 1)} }`);

test('no further resolver is started once the client has left', async () => {
  const { response, leave, started, finishStep, finishAll } = start(`{ ${chain(20)} }`);
  await started(1);
  await finishStep();
  await finishStep();
  await started(3);
  leave();
  finishAll();
  const { data, errors } = await (await response).json();
  await started(3);
  expect(data).toBeNull();
  expect(errors).toMatchObject([{ path: ['step', 'step', 'step', 'step'] }]);
});

test('without the plugin, every resolver is started', async () => {
  const { response, leave, started, finishAll } = start(`{ ${chain(20)} }`, []);
  await started(1);
  leave();
  finishAll();
  expect((await (await response).json()).errors).toBeUndefined();
  await started(20);
});

test('a client that stays gets the whole response', async () => {
  const { response, started, finishAll } = start(`{ ${chain(20)} }`);
  finishAll();
  expect((await (await response).json()).errors).toBeUndefined();
  await started(20);
});

test('no further resolver of a deferred fragment is started', async () => {
  const { response, leave, started, finishStep, finishAll } = start(`{ __typename ... @defer { ${chain(20)} } }`);
  const reader = (await response).body?.getReader();
  await reader?.read();
  await started(1);
  await finishStep();
  await started(2);
  leave();
  finishAll();
  expect((await reader?.read())?.done).toBe(true);
  await new Promise((resolve) => setTimeout(resolve, 20));
  await started(2);
});

test('a mutation runs to its end', async () => {
  const { response, leave, started, finishAll } = start('mutation { first second }');
  await started(1);
  leave();
  finishAll();
  expect(await (await response).json()).toEqual({ data: { first: true, second: true } });
  await started(2);
});
