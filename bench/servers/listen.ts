import type { Server } from 'node:http';

/** Listens on any free port, and prints the URL. */
export function listen(server: Server): void {
  server.listen(0, '127.0.0.1', () => {
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error(`Not a port: ${address}`);
    console.log(`http://127.0.0.1:${address.port}`);
  });
}
