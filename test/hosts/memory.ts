import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Server } from '../../scripts/launch.ts';

const run = promisify(execFile);

/** The memory above which a server is stopped, in bytes. */
const tooMuch = 2_000_000_000;

/** Returns how much memory a server uses now, in bytes. */
export async function residentBytes({ pid }: Server): Promise<number> {
  const { stdout } = await run('ps', ['-o', 'rss=', '-p', String(pid)]);
  return Number(stdout) * 1024;
}

/** Waits for the work, and returns the peak memory of the server meanwhile. Stops a server that exceeds 2 GB. */
export async function peakDuring(server: Server, work: Promise<unknown>): Promise<number> {
  let isOver = false;
  let peak = 0;
  const end = () => {
    isOver = true;
  };
  work.then(end, end);
  while (!isOver) {
    peak = Math.max(peak, await residentBytes(server));
    if (peak > tooMuch) await server.stop();
  }
  await work;
  return peak;
}
