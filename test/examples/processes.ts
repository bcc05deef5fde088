import { readdir, readFile } from 'node:fs/promises';

export interface Process {
  readonly pid: number;
  readonly command: string;
}

/**
 * Finds every process whose environment contains the entry. Child processes inherit the entry, and keep it after their
 * parent has ended. This works on Linux only, because it reads /proc.
 */
export async function processesMarked(entry: string): Promise<Process[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const processes = await Promise.all(pids.map((pid) => inspect(pid, entry)));
  return processes.filter((process) => process !== undefined);
}

async function inspect(pid: string, entry: string): Promise<Process | undefined> {
  try {
    const environment = await readFile(`/proc/${pid}/environ`, 'utf8');
    if (!environment.split('\0').includes(entry)) return undefined;
    const command = await readFile(`/proc/${pid}/cmdline`, 'utf8');
    return { pid: Number(pid), command: command.replaceAll('\0', ' ').trim() };
  } catch {
    // The process has ended meanwhile, or it belongs to another user.
    return undefined;
  }
}
