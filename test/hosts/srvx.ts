import { serve } from 'srvx/node';
import { serveApp } from './serve-app.ts';

await serveApp(async (handler) => {
  const server = serve({
    // srvx passes only the request.
    fetch: (request) => handler(request),
    port: 0,
    hostname: '127.0.0.1',
    silent: true,
    gracefulShutdown: false,
  });
  await server.ready();
  return { url: server.url ?? '', close: () => server.close() };
});
