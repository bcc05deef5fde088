import { createHash } from 'node:crypto';
import {
  ApolloClient,
  type ApolloLink,
  CombinedGraphQLErrors,
  CombinedProtocolErrors,
  gql,
  HttpLink,
  InMemoryCache,
} from '@apollo/client';
import { PersistedQueryLink } from '@apollo/client/link/persisted-queries';
import { RetryLink } from '@apollo/client/link/retry';
import { createFetchMultipartSubscription } from '@apollo/client/utilities/subscriptions/relay';
import { createClient } from 'graphql-sse';
import { Client, fetchExchange } from 'urql';
import { afterAll, beforeAll, expect } from 'vitest';
import { describeHosts, patient } from '../hosts/describe-hosts.ts';
import type { Host } from '../hosts/host.ts';
import { type Fixture, startFixture } from './fixture.ts';

/** The results of a subscription, as a client reports them. */
interface Watched {
  readonly seen: unknown[];
  readonly errors: unknown[];
  isComplete: boolean;
  leave(): void;
}

type Connect = (url: () => string) => (query: string) => Watched;

const newWatched = (): Watched => ({ seen: [], errors: [], isComplete: false, leave() {} });

/** Connects Apollo Client. The given links come before the one that fetches. */
const apolloClient =
  (links: () => ApolloLink | undefined, options: HttpLink.Options = {}): Connect =>
  (url) =>
  (query) => {
    const httpLink = new HttpLink({ ...options, uri: url });
    const client = new ApolloClient({ link: links()?.concat(httpLink) ?? httpLink, cache: new InMemoryCache() });
    const watched = newWatched();
    const subscription = client.subscribe({ query: gql(query) }).subscribe({
      next({ data, error }) {
        if (error !== undefined) watched.errors.push(error);
        if (data != null) watched.seen.push(data);
      },
      error: (error) => watched.errors.push(error),
      complete() {
        watched.isComplete = true;
      },
    });
    watched.leave = () => subscription.unsubscribe();
    return watched;
  };

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

const clients: Readonly<Record<string, Connect>> = {
  'Apollo Client': apolloClient(() => undefined),
  'Apollo Client with persisted queries': apolloClient(() => new PersistedQueryLink({ sha256 })),
  'Apollo Client with useGETForQueries': apolloClient(() => undefined, { useGETForQueries: true }),
  'Apollo Client with persisted queries by GET': apolloClient(
    () => new PersistedQueryLink({ sha256, useGETForHashedQueries: true }),
  ),
  "Apollo Client's adapter for Relay": (url) => (query) => {
    // Relay's operations always have names.
    const text = query.replace('subscription', 'subscription Named');
    const subscribe = createFetchMultipartSubscription(url());
    const watched = newWatched();
    const { unsubscribe } = subscribe(
      { id: null, cacheID: '', name: 'Named', operationKind: 'subscription', metadata: {}, text },
      {},
    ).subscribe({
      next(result) {
        const { data, errors } = result as { data?: unknown; errors?: readonly unknown[] };
        if (data != null) watched.seen.push(data);
        if (errors !== undefined) watched.errors.push(...errors);
      },
      error: (error: unknown) => watched.errors.push(error),
      complete() {
        watched.isComplete = true;
      },
    });
    watched.leave = unsubscribe;
    return watched;
  },
  urql: (url) => (query) => {
    const client = new Client({
      url: url(),
      exchanges: [fetchExchange],
      fetchSubscriptions: true,
      preferGetMethod: false,
    });
    const watched = newWatched();
    const { unsubscribe } = client.subscription(query, {}).subscribe(({ data, error, hasNext }) => {
      // At its end, urql repeats the last result with `hasNext: false`. It repeats errors until there are others.
      watched.isComplete = !hasNext;
      if (watched.isComplete) return;
      if (error !== undefined && error.message !== messageOf(watched.errors.at(-1))) watched.errors.push(error);
      if (data != null) watched.seen.push(data);
    });
    watched.leave = unsubscribe;
    return watched;
  },
  "graphql-sse's client": (url) => (query) => {
    const client = createClient({ url });
    const watched = newWatched();
    watched.leave = client.subscribe<Record<string, unknown>>(
      { query },
      {
        next({ data, errors }) {
          if (errors !== undefined) watched.errors.push(...errors);
          if (data != null) watched.seen.push(data);
        },
        error: (error) => watched.errors.push(error),
        complete() {
          watched.isComplete = true;
        },
      },
    );
    return watched;
  },
};

describeHosts({ suite: 'subscriptions-clients' }, (host, test) => {
  let fixture: Fixture;
  beforeAll(async () => {
    fixture = await startFixture(host);
    await fixture.journal('warm-up');
  });
  afterAll(async () => {
    const printed = await fixture.stop();
    if (!host.logsRequests) expect(printed).toBe('');
  });

  for (const [name, connect] of Object.entries(clients)) {
    const subscribe = (query: string) => connect(() => `${fixture.server.url}/graphql`)(query);
    const runOf = (what: string) => `${what} ${name}`;

    test(`${name}: events as they happen, and the end`, async () => {
      const run = runOf('events');
      const { seen, errors, ...watched } = subscribe(`subscription { ticks(run: "${run}", count: 2, hold: 2) }`);
      await expect.poll(() => seen, patient).toEqual([{ ticks: 1 }]);
      await fixture.open(run);
      await expect.poll(() => seen, patient).toEqual([{ ticks: 1 }, { ticks: 2 }]);
      expect(errors).toEqual([]);
      watched.leave();
    });

    test(`${name}: the end`, async () => {
      const watched = subscribe(`subscription { ticks(run: "${runOf('end')}", count: 1) }`);
      await expect.poll(() => [watched.isComplete, watched.errors], patient).toEqual([true, []]);
    });

    test(`${name}: an error in an event does not end the subscription`, async () => {
      const { seen, errors } = subscribe(`subscription { odd(run: "${runOf('odd')}") }`);
      await expect.poll(() => seen.at(-1), patient).toEqual({ odd: 3 });
      expect(errors.map(messageOf)).toEqual([
        expect.stringContaining('The first one.'),
        expect.stringContaining('Internal server error'),
      ]);
    });

    test(`${name}: errors before the first event`, async () => {
      const invalid = subscribe('subscription { nothing }');
      await expect.poll(() => invalid.errors.length, patient).toBe(1);
      // The adapter for Relay shows no message of a response that is not a stream.
      const isShown = !name.includes('Relay');
      const refused = subscribe(`subscription { refused(run: "${runOf('refused')}") }`);
      await expect.poll(() => refused.errors.length, patient).toBe(1);
      if (!isShown) return;
      expect(messageOf(invalid.errors[0])).toMatch(/Cannot query field "nothing"|status code 400/);
      expect(messageOf(refused.errors[0])).toContain('It cannot be opened.');
    });

    if (!host.hidesDisconnects) {
      test(`${name}: a client that unsubscribes`, async () => {
        const run = runOf('leave');
        const watched = subscribe(`subscription { silent(run: "${run}") }`);
        await expect.poll(() => fixture.journal(run), patient).toMatchObject({ opened: 1 });
        watched.leave();
        await expect.poll(() => fixture.journal(run), patient).toMatchObject({ aborts: 1, closed: 1, logged: [] });
      });
    }
  }
});

/** Returns the message of an error, or the joined messages of Apollo Client's protocol errors and GraphQL errors. */
function messageOf(error: unknown): string {
  if (CombinedGraphQLErrors.is(error) || CombinedProtocolErrors.is(error)) {
    return error.errors.map(({ message }) => message).join();
  }
  return error instanceof Error ? error.message : Object(error).message;
}

describeHosts({ suite: 'subscriptions-restart', needs: ({ closes }) => closes }, testRestart);

function testRestart(host: Host, test: (name: string, run: () => Promise<void>) => void): void {
  const retrying: Readonly<Record<string, Connect>> = {
    'Apollo Client with its RetryLink': apolloClient(
      () => new RetryLink({ delay: { initial: 10, max: 100 }, attempts: { max: 100 } }),
    ),
    "graphql-sse's client": (url) => (query) => {
      const client = createClient({
        url,
        retryAttempts: 100,
        retry: () => new Promise((resolve) => setTimeout(resolve, 50)),
      });
      const watched = newWatched();
      watched.leave = client.subscribe<Record<string, unknown>>(
        { query },
        { next: ({ data }) => watched.seen.push(data), error: (e) => watched.errors.push(e), complete() {} },
      );
      return watched;
    },
  };
  for (const [name, connect] of Object.entries(retrying)) {
    test(`${name} subscribes again when the server is restarted`, async () => {
      let fixture = await startFixture(host);
      const { seen, errors, leave } = connect(() => `${fixture.server.url}/graphql`)(
        'subscription { ticks(run: "restart", hold: 3) }',
      );
      await expect.poll(() => seen, patient).toEqual([{ ticks: 1 }, { ticks: 2 }]);
      await fixture.stop();
      fixture = await startFixture(host);
      await expect.poll(() => seen, patient).toEqual([{ ticks: 1 }, { ticks: 2 }, { ticks: 1 }, { ticks: 2 }]);
      expect(errors).toEqual([]);
      leave();
      await expect.poll(() => fixture.journal('restart'), patient).toMatchObject({ opened: 1, closed: 0, aborts: 1 });
      await fixture.open('restart');
      await fixture.stop();
    });
  }
}
