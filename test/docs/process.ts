import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import process from 'node:process';
import { accepts } from '../../scripts/launch.ts';

/** Where and how a command runs. */
export interface Place {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** A command that has ended. */
export interface Outcome {
  readonly code: number | null;
  /** Everything that it printed on stdout and stderr. */
  readonly output: string;
}

/** A server in its own process. */
export interface RunningServer {
  /** Sends SIGTERM, and resolves when the process has ended. */
  stop(): Promise<Outcome>;
}

/** The processes that are still running. They are killed when this process exits. */
const children = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of children) child.kill('SIGKILL');
});

function start([command = '', ...args]: readonly string[], { cwd, env }: Place) {
  // A program of the docs runs as a reader would run it, without the variables that vitest and npm set.
  const inherited = Object.entries(process.env).filter(
    ([name]) => !/^(npm_(?!config_)|NODE_ENV$|VITEST|TEST$|DEV$|PROD$|MODE$|SSR$|BASE_URL$)/.test(name),
  );
  const child = spawn(command, args, {
    cwd,
    // The types of Next.js declare NODE_ENV as always set.
    env: { ...Object.fromEntries(inherited), ...env } as NodeJS.ProcessEnv,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  children.add(child);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  const ended = new Promise<Outcome>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      children.delete(child);
      resolve({ code, output });
    });
  });
  return { child, ended };
}

/** Runs a command and waits until it ends. */
export async function run(command: readonly string[], place: Place): Promise<Outcome> {
  return await start(command, place).ended;
}

/**
 * Starts a server and waits until it accepts connections.
 *
 * @throws Error with its output, if it ends before it accepts connections.
 */
export async function serve(command: readonly string[], port: number, place: Place): Promise<RunningServer> {
  const { child, ended } = start(command, place);
  let outcome: Outcome | undefined;
  void ended.then((value) => {
    outcome = value;
  });
  // The programs print nothing, so this polls the port.
  while (!(await accepts(port))) {
    if (outcome !== undefined) throw new Error(`${command.join(' ')} ended with ${outcome.code}:\n${outcome.output}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return {
    async stop() {
      child.kill('SIGTERM');
      return await ended;
    },
  };
}

/** Finds a port that is free now. */
export async function freePort(): Promise<number> {
  const probe = createServer().listen(0);
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  return port;
}

/** Posts a query and resolves to the response. */
export async function post(url: string, query: string, headers: Record<string, string> = {}): Promise<Response> {
  return await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ query }),
  });
}
