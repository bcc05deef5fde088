import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

/** The environment of a program: its `PORT`, the path of its `STORE`, and any other variable that it reads. */
export type Environment = Readonly<Record<string, string>>;

/** Returns the command line that runs a program. The executable comes first. */
export type Command = (program: string, env: Environment) => readonly string[];

/**
 * How each host runs a program. The commands name the executables themselves, because a signal to an npm wrapper does
 * not end the runtime that the wrapper started. The program of `wrangler` is a configuration file.
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

/** The permissions that Apollo Server and the programs of this repository need on Deno, and no others. */
const denoPermissions = [
  '--allow-net',
  '--allow-env=NODE_ENV,APP,PORT,STORE,APOLLO_KEY,APOLLO_GRAPH_REF,APOLLO_GRAPH_ID,APOLLO_GRAPH_VARIANT,APOLLO_SCHEMA_REPORTING,ENABLE_LONG',
];

/** A server in a process of its own. */
export interface Server {
  /** The URL that it listens on, without a trailing slash: `http://127.0.0.1:4000`. */
  readonly url: string;
  readonly pid: number;
  /** Returns all output so far, of stdout and stderr. */
  output(): string;
  /** Calls the listener with all further output. */
  onOutput(listener: (text: string) => void): void;
  /** Resolves to the exit code when the process has ended for any reason, or to `null` if a signal ended it. */
  readonly exited: Promise<number | null>;
  /** Ends the process with a signal, and resolves as `exited` does. */
  stop(): Promise<number | null>;
}

/**
 * Runs a program and waits until it prints the URL that it listens on.
 *
 * @throws Error with the program's output, if the program ends before that or takes longer than a minute.
 */
export async function launch(command: Command, program: string, env: Environment = {}): Promise<Server> {
  return await launchCommand(command(program, env), env);
}

/** The running servers. They are killed when this process ends, even by a crash. */
const children = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of children) child.kill();
});

export interface LaunchOptions {
  /** Matches the output of a program that listens. The first group is the port. Defaults to a URL of this machine. */
  readonly ready?: RegExp;
  /** The port that the program listens on, if the program does not print it. */
  readonly port?: number;
  /** The signal that `stop` sends. Defaults to SIGTERM. */
  readonly stopSignal?: NodeJS.Signals;
  /** The working directory of the program. Defaults to this repository. */
  readonly cwd?: string;
  /** The variables that the program inherits. Defaults to those of this process, and a `PORT` that is free. */
  readonly environment?: NodeJS.ProcessEnv;
}

const anyURL = /https?:\/\/(?:localhost|127\.0\.0\.1|0\.0\.0\.0):(\d+)/;

/** Runs any other command as {@link launch} does. */
export async function launchCommand(
  [command = '', ...args]: readonly string[],
  env: Environment = {},
  {
    ready = anyURL,
    port,
    stopSignal = 'SIGTERM',
    cwd = root,
    environment = { ...process.env, PORT: '0' },
  }: LaunchOptions = {},
): Promise<Server> {
  const child = spawn(command, args, {
    cwd,
    env: { ...environment, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const exited = new Promise<number | null>((resolve) => child.once('exit', resolve));
  children.add(child);
  void exited.then(() => children.delete(child));
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
    if (port !== undefined) void whenListening(port, child).then((isListening) => isListening && succeed(port));
    child.once('error', (error) => {
      clearTimeout(timer);
      fail(error.message);
    });
    // `close` is emitted after all output has been read. `exit` may be emitted before that.
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

/** Waits until something accepts connections on a port. Resolves to `false` if the process ends first. */
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
