/** Serves Apollo on `node:http` with next to no code between them: no checks and no limits. Its cost is the floor. */
import { createServer } from 'node:http';
import { HeaderMap } from '@apollo/server';
import { startApollo } from '../app.ts';
import { listen } from './listen.ts';

const apollo = await startApollo();
const context = async () => ({});

listen(
  createServer((request, response) => {
    let text = '';
    request.setEncoding('utf8');
    request.on('data', (chunk: string) => {
      text += chunk;
    });
    request.on('end', async () => {
      const headers = new HeaderMap();
      for (const name in request.headers) headers.set(name, String(request.headers[name]));
      const result = await apollo.executeHTTPGraphQLRequest({
        httpGraphQLRequest: { method: 'POST', headers, search: '', body: JSON.parse(text) },
        context,
      });
      if (result.body.kind !== 'complete') throw new Error('Expected a complete response.');
      for (const [name, value] of result.headers) response.setHeader(name, value);
      response.end(result.body.string);
    });
  }),
);
