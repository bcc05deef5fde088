import type { Server } from 'node:http';
import process from 'node:process';

/** Listens on the port that the test asks for, and says where. */
export function listen(server: Server): void {
  const { PORT } = process.env;
  server.listen(Number(PORT), '127.0.0.1', () => {
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error(`Not a port: ${address}`);
    console.log(`Listening on http://127.0.0.1:${address.port}`);
  });
}
