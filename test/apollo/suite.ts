import process from 'node:process';
import { ApolloServer } from '@apollo/server';
import { defineIntegrationTestSuite } from '@apollo/server-integration-testsuite';
import { run } from 'jest-circus';
import { createFetchHandler, type FetchHandler } from '../../src/index.ts';
import type { Outcome } from './outcome.ts';
import { type Start, starts } from './targets.ts';

/** A handler behind a socket. */
interface Listener {
  readonly url: string;
  close(): Promise<void>;
}

/** Serves a handler as the runtime that this runs in does it. */
export type Listen = (handler: FetchHandler<unknown[]>) => Listener | Promise<Listener>;

/** Runs Apollo's suite against the handler, in the runtime that this runs in. */
export async function runSuite(listen: Listen): Promise<Outcome> {
  const start = startOf(process.env);
  defineIntegrationTestSuite(
    async (config, { context = async () => ({}) } = {}) => {
      const server = new ApolloServer(config);
      if (start === 'started') await server.start();
      // The suite sends a batch of 100 operations.
      const handler = createFetchHandler(server, { context, maxBatchSize: 100 });
      const { url, close } = await listen(handler);
      if (start === 'background') {
        server.startInBackgroundHandlingStartupErrorsByLoggingAndFailingAllRequests();
        // The suite looks at once at what a start does before it has to wait for anything.
        await new Promise((resolve) => setTimeout(resolve));
      }
      return { server, url, extraCleanup: close };
    },
    { serverIsStartedInBackground: start !== 'started' },
  );

  const { testResults, unhandledErrors } = await run();
  return {
    cases: testResults.map(({ testPath, status, errors }) => ({
      // The first two names are the same for all.
      name: testPath.slice(2).join(' › '),
      // To Jest's runner, a case that failed is done.
      status: status === 'done' ? (errors.length === 0 ? 'passed' : 'failed') : 'skipped',
      errors,
    })),
    errors: unhandledErrors,
  };
}

function startOf({ START }: NodeJS.ProcessEnv): Start {
  const start = starts.find((known) => known === START);
  if (start === undefined) throw new Error(`START must be one of ${starts.join(', ')}.`);
  return start;
}
