import type { FetchHandler } from 'apollo-server-integration-fetch';
import { html } from './page/html.js';

/** Responds to GET /shelf with a page that shows a book with Apollo Client. The handler gets all other requests. */
export function withPage<Platform extends unknown[]>(handler: FetchHandler<Platform>): FetchHandler<Platform> {
  return async function pageHandler(request, ...platform) {
    const isForPage = request.method === 'GET' && URL.parse(request.url)?.pathname === '/shelf';
    if (!isForPage) return await handler(request, ...platform);
    return new Response(html, { headers: { 'content-type': 'text/html; charset=utf-8' } });
  };
}
