import { serveApp } from './serve-app.ts';

await serveApp((handler) => {
  const server = Bun.serve({ port: 0, hostname: '127.0.0.1', idleTimeout: 0, fetch: handler });
  return { url: server.url.origin, close: () => server.stop() };
});
