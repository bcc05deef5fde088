/** A minimal handwritten handler. It has no limits, does not stream, and responds to a client's mistake with 500. */
import { HeaderMap } from '@apollo/server';
import { createApollo } from '../app.ts';

const apollo = createApollo();
let started: Promise<void> | undefined;

export default {
  async fetch(request: Request): Promise<Response> {
    started ??= apollo.start();
    await started;
    const response = await apollo.executeHTTPGraphQLRequest({
      httpGraphQLRequest: {
        method: request.method,
        headers: new HeaderMap(request.headers),
        search: new URL(request.url).search,
        body: await request.json(),
      },
      context: async () => ({}),
    });
    if (response.body.kind !== 'complete') throw new Error('Expected a complete response.');
    return new Response(response.body.string, { status: response.status ?? 200, headers: [...response.headers] });
  },
};
