import { once } from 'node:events';
import { createServer } from 'node:net';

/** Finds the first free port, starting at `port`. */
export async function freePort(port: number): Promise<number> {
  const probe = createServer();
  try {
    await once(probe.listen(port), 'listening');
    return port;
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EADDRINUSE')) throw error;
    return await freePort(port + 1);
  } finally {
    probe.close();
  }
}
