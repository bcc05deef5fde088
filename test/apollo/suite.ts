import process from 'node:process';
import { ApolloServer } from '@apollo/server';
import { defineIntegrationTestSuite } from '@apollo/server-integration-testsuite';
import { run } from 'jest-circus';
import { createFetchHandler } from '../../src/index.ts';
import type { Serve } from '../hosts/serve-app.ts';
import type { Outcome } from './outcome.ts';
import { type Start, starts } from './starts.ts';

/** Runs Apollo's suite in the runtime of a host, in place of its application, and prints the outcome. */
export async function serveApp(serve: Serve): Promise<void> {
  const outcome = await runSuite(serve);
  // The suite leaves a socket open if a server's `stop()` rejects, so the process would not exit by itself.
  process.stdout.write(`${JSON.stringify(outcome)}\n`, () => process.exit());
}

/** Runs Apollo's suite against the handler. */
export async function runSuite(serve: Serve): Promise<Outcome> {
  const start = startOf(process.env);
  defineIntegrationTestSuite(
    async (config, { context = async () => ({}) } = {}) => {
      const server = new ApolloServer(config);
      if (start === 'started') await server.start();
      // The suite sends a batch of 100 operations.
      const { url, close } = await serve(createFetchHandler(server, { context, maxBatchSize: 100 }));
      if (start === 'background') {
        server.startInBackgroundHandlingStartupErrorsByLoggingAndFailingAllRequests();
        // The suite immediately checks the effects that a start has before it waits for anything.
        await new Promise((resolve) => setTimeout(resolve));
      }
      return { server, url, extraCleanup: close };
    },
    { serverIsStartedInBackground: start !== 'started' },
  );

  const { testResults, unhandledErrors } = await run();
  return {
    cases: testResults.map(({ testPath, status, errors }) => ({
      // The first two names are the same for all cases.
      name: testPath.slice(2).join(' › '),
      // Jest's runner reports a failed case as `done`, too.
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
