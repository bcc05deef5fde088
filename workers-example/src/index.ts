import { createFetchHandler } from 'apollo-server-integration-fetch';
import { context } from '../../example-app/context.ts';
import { createServer } from '../../example-app/server.ts';
import { kvStore } from './store.ts';

interface Env {
  readonly BOOKS: KVNamespace;
}

// A function, because on Workers the bindings exist only inside requests. It is called once.
const handler = createFetchHandler((env: Env) => createServer(kvStore(env.BOOKS)), {
  context: async (argument) => {
    // A stream that is to arrive part by part must say that it is not compressed: wrangler's local server would gzip it
    // for browsers, and hold it back to the end.
    if (argument.request.headers.get('accept')?.includes('multipart/mixed')) {
      argument.responseHeaders.set('content-encoding', 'identity');
    }
    return await context(argument);
  },
});

export default { fetch: handler } satisfies ExportedHandler<Env>;
