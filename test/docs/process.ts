import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import process from 'node:process';
import { launchCommand, type Server } from '../../scripts/launch.ts';

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

/** A program of the docs runs as a reader would run it, without the variables that vitest and npm set. */
function environment(env: Place['env']): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(
    ([name]) => !/^(npm_(?!config_)|NODE_ENV$|VITEST|TEST$|DEV$|PROD$|MODE$|SSR$|BASE_URL$)/.test(name),
  );
  // The types of Next.js declare NODE_ENV as always set.
  return { ...Object.fromEntries(inherited), ...env } as NodeJS.ProcessEnv;
}

/** The commands that are still running. They are killed when this process exits. */
const children = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of children) child.kill('SIGKILL');
});

/** Runs a command and waits until it ends. */
export async function run([command = '', ...args]: readonly string[], { cwd, env }: Place): Promise<Outcome> {
  const child = spawn(command, args, { cwd, env: environment(env), stdio: ['ignore', 'pipe', 'pipe'] });
  children.add(child);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  try {
    const [code] = await once(child, 'close');
    return { code, output };
  } finally {
    children.delete(child);
  }
}

/**
 * Starts a server and waits until it accepts connections. Its programs print nothing, so this polls the port.
 *
 * @throws Error with its output, if it ends before it accepts connections.
 */
export async function serve(command: readonly string[], port: number, { cwd, env }: Place): Promise<Server> {
  return await launchCommand(command, {}, { cwd, port, environment: environment(env) });
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
