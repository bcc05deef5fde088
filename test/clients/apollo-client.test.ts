import {
  ApolloClient,
  CombinedGraphQLErrors,
  gql,
  HttpLink,
  InMemoryCache,
  type TypedDocumentNode,
} from '@apollo/client';
import { Defer20220824Handler, GraphQL17Alpha9Handler } from '@apollo/client/incremental';
import { afterAll, beforeAll, expect } from 'vitest';
import { describeHosts, patient, type TestOnHost } from '../hosts/describe-hosts.ts';
import type { Host } from '../hosts/host.ts';
import type { LaunchOptions } from '../hosts/launch.ts';
import { type Fixture, startFixture } from '../incremental/fixture.ts';

type Handler = NonNullable<ApolloClient.Options['incrementalHandler']>;

interface Greeting {
  readonly hello: string;
  readonly gated: string;
}

const hello: TypedDocumentNode<{ readonly hello: string }, Record<string, never>> = gql`
  query Hello {
    hello
  }
`;
const deferred: TypedDocumentNode<Greeting, Record<string, never>> = gql`
  query Deferred {
    hello
    ... @defer {
      gated
    }
  }
`;
const failing: TypedDocumentNode<Greeting, Record<string, never>> = gql`
  query Throws {
    hello
    ... @defer {
      gated
    }
  }
`;
const streamed: TypedDocumentNode<{ readonly items: readonly number[] }, Record<string, never>> = gql`
  query Streamed {
    items(ms: 50) @stream
  }
`;
const complete: TypedDocumentNode<Greeting, Record<string, never>> = gql`
  query Complete {
    hello
    gated
  }
`;

describeHosts({ suite: 'Defer20220824Handler' }, (host, test) =>
  testClient(host, test, () => new Defer20220824Handler()),
);

describeHosts({ suite: 'GraphQL17Alpha9Handler', needs: ({ takesGraphQL }) => takesGraphQL }, (host, test) =>
  testClient(
    host,
    test,
    // The handler's types conflict with Apollo Client's own types under `exactOptionalPropertyTypes`.
    () => new GraphQL17Alpha9Handler() as Handler,
    { graphql: 'graphql-17-alpha' },
  ),
);

function testClient(host: Host, test: TestOnHost, createHandler: () => Handler, options: LaunchOptions = {}): void {
  let fixture: Fixture;
  beforeAll(async () => {
    fixture = await startFixture(host, options);
    await connect('warm-up').query({ query: hello });
  });
  afterAll(async () => {
    const printed = await fixture.stop();
    if (!host.logsRequests) expect(printed).toBe('');
  });

  function connect(run: string) {
    return new ApolloClient({
      link: new HttpLink({ uri: `${fixture.server.url}/graphql`, headers: { 'x-run': run } }),
      cache: new InMemoryCache(),
      incrementalHandler: createHandler(),
    });
  }

  /** Watches a query, and records its data with the state of each result. */
  function watch(run: string, query: TypedDocumentNode<unknown, Record<string, never>>) {
    const seen: [state: string, data: unknown][] = [];
    let error: unknown;
    const subscription = connect(run)
      .watchQuery({ query, fetchPolicy: 'network-only' })
      .subscribe((result) => {
        if (result.dataState !== 'empty') seen.push([result.dataState, result.data]);
        error = result.error;
      });
    return { seen, error: () => error, leave: () => subscription.unsubscribe() };
  }

  test('the deferred field comes after the rest', async () => {
    const { seen } = watch('deferred', deferred);
    await expect.poll(() => seen, patient).toMatchObject([['streaming', { hello: 'world' }]]);
    expect(seen[0]?.[1]).not.toHaveProperty('gated');
    await fixture.open('deferred');
    await expect.poll(() => seen.slice(1), patient).toMatchObject([['complete', { hello: 'world', gated: 'open' }]]);
  });

  test('a stream that fails is an error', async () => {
    const { seen, error } = watch('failing', failing);
    await expect.poll(() => seen, patient).toHaveLength(1);
    await fixture.open('failing');
    await expect.poll(error, patient).toBeInstanceOf(CombinedGraphQLErrors);
    expect(error()).toMatchObject({ message: 'Internal server error' });
  });

  test('a query without @defer is one complete response', async () => {
    await fixture.open('complete');
    const { data } = await connect('complete').query({ query: complete });
    expect(data).toMatchObject({ hello: 'world', gated: 'open' });
  });

  test('the items of a list come one by one, until nobody watches', async () => {
    const { seen, leave } = watch('list', streamed);
    await expect.poll(() => seen.length, patient).toBeGreaterThan(3);
    expect(seen.slice(0, 4).map(([, data]) => data)).toMatchObject([
      { items: [] },
      { items: [1] },
      { items: [1, 2] },
      { items: [1, 2, 3] },
    ]);
    leave();
    await expect.poll(() => fixture.journal('list'), patient).toMatchObject({ aborts: 1, opened: 1, closed: 1 });
  });
}
