import { FastResponse, serve } from 'srvx/node';
import { toRequest } from '../../src/node.ts';
import { serveApp } from './serve-app.ts';

await serveApp(
  async (handler) => {
    const server = serve({
      fetch(request) {
        const { req, res } = request.runtime?.node ?? {};
        return handler(req && res ? toRequest(req, res) : request);
      },
      port: 0,
      hostname: '127.0.0.1',
      silent: true,
      gracefulShutdown: false,
    });
    await server.ready();
    return { url: server.url ?? '', close: () => server.close() };
  },
  { Response: FastResponse },
);
