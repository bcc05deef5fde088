import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

/** What a program is told: its `PORT`, where it keeps its `STORE`, and whatever else it reads. */
export type Environment = Readonly<Record<string, string>>;

/** The arguments that run a program, the executable first. */
export type Command = (program: string, env: Environment) => readonly string[];

/**
 * How a program is run: by the executables themselves. A signal to an npm wrapper leaves the runtime behind it running.
 * The program of `wrangler` is a configuration file.
 */
export const commands = {
  node: (program) => [process.execPath, program],
  wrangler: (config) => [process.execPath, `${root}scripts/wrangler.ts`, config],
  deno: (program, { STORE }) => [
    `${root}node_modules/deno/deno`,
    'run',
    '--no-prompt',
    ...denoPermissions,
    ...(STORE === undefined ? [] : [`--allow-read=${STORE}`, `--allow-write=${STORE}`]),
    program,
  ],
  bun: (program) => [`${root}node_modules/bun/bin/bun.exe`, program],
} satisfies Record<string, Command>;

/** What Apollo Server and our own programs read on Deno, and nothing else. */
const denoPermissions = [
  '--allow-net',
  '--allow-env=NODE_ENV,APP,PORT,STORE,APOLLO_KEY,APOLLO_GRAPH_REF,APOLLO_GRAPH_ID,APOLLO_GRAPH_VARIANT,APOLLO_SCHEMA_REPORTING,ENABLE_LONG',
];

/** A server in a process of its own. */
export interface Server {
  /** Where it listens, without a trailing slash: `http://127.0.0.1:4000`. */
  readonly url: string;
  readonly pid: number;
  /** All it has printed so far, on stdout and stderr. */
  output(): string;
  /** Calls the listener with all that it prints from now on. */
  onOutput(listener: (text: string) => void): void;
  /** Resolves to its exit code once it is gone, whoever ended it; to `null` if a signal did. */
  readonly exited: Promise<number | null>;
  /** Ends it with a signal, and resolves as `exited` does. */
  stop(): Promise<number | null>;
}

/**
 * Runs a program and waits until it prints the URL that it listens on.
 *
 * @throws Error with all that the program printed, if it ends before or takes longer than a minute.
 */
export async function launch(command: Command, program: string, env: Environment = {}): Promise<Server> {
  return await launchCommand(command(program, env), env);
}

/** However this process ends, by a crash too, no server is left behind. */
const children = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of children) child.kill();
});

export interface LaunchOptions {
  /** What the program prints once it listens; the first group is the port. Defaults to a URL of this machine. */
  readonly ready?: RegExp;
  /** The port that it listens on, where it prints none. */
  readonly port?: number;
  /** The signal that `stop` sends. Defaults to SIGTERM. */
  readonly stopSignal?: NodeJS.Signals;
  /** The directory that it runs in. Defaults to this repository. */
  readonly cwd?: string;
}

const anyURL = /https?:\/\/(?:localhost|127\.0\.0\.1|0\.0\.0\.0):(\d+)/;

/** {@link launch} for any other command. */
export async function launchCommand(
  [command = '', ...args]: readonly string[],
  env: Environment = {},
  { ready = anyURL, port, stopSignal = 'SIGTERM', cwd = root }: LaunchOptions = {},
): Promise<Server> {
  const child = spawn(command, args, {
    cwd,
    env: { ...process.env, PORT: '0', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const exited = new Promise<number | null>((resolve) => child.once('exit', resolve));
  children.add(child);
  exited.then(() => children.delete(child));
  let output = '';
  const url = await new Promise<string>((resolve, reject) => {
    const fail = (reason: string) => reject(new Error(`${[command, ...args].join(' ')}: ${reason}\n${output}`));
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      fail('did not listen within a minute');
    }, 60_000);
    const succeed = (port: number | string) => {
      clearTimeout(timer);
      resolve(`http://127.0.0.1:${port}`);
    };
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        output += text;
        const printed = port === undefined && ready.exec(output)?.[1];
        if (printed) succeed(printed);
      });
    }
    if (port !== undefined) whenListening(port, child).then((isListening) => isListening && succeed(port));
    child.once('error', (error) => {
      clearTimeout(timer);
      fail(error.message);
    });
    // `close` comes when all that it printed has been read; `exit` may come before.
    child.once('close', (code) => {
      clearTimeout(timer);
      fail(`ended with ${code}`);
    });
  });
  return {
    url,
    pid: child.pid ?? Number.NaN,
    exited,
    output: () => output,
    onOutput(listener) {
      child.stdout.on('data', listener);
      child.stderr.on('data', listener);
    },
    async stop() {
      child.kill(stopSignal);
      return await exited;
    },
  };
}

/** Waits until something accepts connections on a port. Resolves to `false` if the process ends before. */
async function whenListening(port: number, child: ChildProcess): Promise<boolean> {
  while (child.exitCode === null && child.signalCode === null) {
    if (await accepts(port)) return true;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return false;
}

/** Whether something accepts connections on a port of this machine. */
export async function accepts(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
