import type { Server } from 'node:http';
import process from 'node:process';

const { PORT = '0' } = process.env;

export function listen(server: Server): void {
  server.listen(Number(PORT), '127.0.0.1', () => {
    const address = server.address();
    console.log(`http://127.0.0.1:${typeof address === 'object' ? address?.port : address}`);
  });
}
