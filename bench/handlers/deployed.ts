/** A handler with the wrappers and plugins that the environment variable `FEATURES` names. */
import process from 'node:process';
import type { ApolloServerPlugin } from '@apollo/server';
import { cors } from '../../src/cors.ts';
import { deadline } from '../../src/deadline.ts';
import { drain } from '../../src/drain.ts';
import { createFetchHandler, type FetchHandler } from '../../src/index.ts';
import { observe } from '../../src/observe.ts';
import { subscriptions } from '../../src/subscriptions.ts';
import { tracing } from '../../src/tracing.ts';
import { createApollo, deployedOrigins } from '../app.ts';

const features = (process.env.FEATURES ?? '').split(' ');
const plugins: ApolloServerPlugin[] = features.includes('subscriptions') ? [subscriptions()] : [];
const server = createApollo(plugins);

let fetch: FetchHandler<unknown[]> = createFetchHandler(server, {
  async context(argument) {
    if (features.includes('cookies')) {
      argument.responseHeaders.append('set-cookie', 'session=fedcba9876543210; HttpOnly; Secure; Path=/');
      argument.responseHeaders.append('set-cookie', 'seen=1; Secure; Path=/');
    }
    return {};
  },
});
if (features.includes('deadline')) fetch = deadline(fetch);
if (features.includes('cors')) {
  fetch = cors(fetch, { origin: deployedOrigins, credentials: true });
}
if (features.includes('observe')) fetch = observe(fetch, { server, onEnd() {} });
if (features.includes('tracing')) fetch = tracing(fetch, { server });
if (features.includes('drain')) fetch = drain(fetch, { server, close: () => {} });

export default { fetch };
