import type { Server } from 'node:http';
import process from 'node:process';

export function listen(server: Server): void {
  server.listen(Number(process.env['PORT'] ?? 0), '127.0.0.1', () => {
    const address = server.address();
    console.log(`http://127.0.0.1:${typeof address === 'object' ? address?.port : address}`);
  });
}
