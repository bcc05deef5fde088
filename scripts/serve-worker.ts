import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';

const workerd = fileURLToPath(new URL('../node_modules/workerd/bin/workerd', import.meta.url));

interface Worker {
  /** The name that the bundle has in the directory. */
  readonly bundle: string;
  readonly compatibilityDate: string;
  readonly compatibilityFlags: readonly string[];
  /** Variables of the Worker. */
  readonly bindings?: Readonly<Record<string, string>>;
}

/**
 * Serves a Worker on workerd itself, and prints the URL. As in production, and other than behind the proxies of wrangler,
 * an invocation ends with the connection of its client. Ends with workerd, or at a signal.
 *
 * @param build Writes the bundle into an empty directory, which is there for as long as the Worker is served.
 */
export async function serveWorker(build: (directory: string) => Promise<Worker>): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'workerd-'));
  const { bundle, compatibilityDate, compatibilityFlags, bindings = {} } = await build(directory);
  const variables = Object.entries(bindings).map(
    ([name, text]) => `(name = "${name}", text = ${JSON.stringify(text)})`,
  );
  await writeFile(
    join(directory, 'config.capnp'),
    `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "main", worker = .worker), (name = "internet", network = (allow = ["private"]))],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
);
const worker :Workerd.Worker = (
  modules = [(name = "${bundle}", esModule = embed "${bundle}")],
  compatibilityDate = ${JSON.stringify(compatibilityDate)},
  compatibilityFlags = ${JSON.stringify(compatibilityFlags)},
  bindings = [${variables.join(', ')}],
);
`,
  );
  // workerd says on descriptor 3 where it listens.
  const child = spawn(workerd, ['serve', join(directory, 'config.capnp'), '--control-fd=3'], {
    stdio: ['ignore', 'inherit', 'inherit', 'pipe'],
  });
  child.once('exit', async (code) => {
    await rm(directory, { recursive: true });
    process.exit(code ?? 0);
  });
  const control = child.stdio[3];
  if (!(control instanceof Readable)) throw new Error('workerd was started without a control pipe.');
  createInterface(control).once('line', (line) => console.log(`http://127.0.0.1:${JSON.parse(line).port}`));
  // At SIGTERM workerd would wait for the requests in flight, and for clients whose FIN it has not noticed.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => child.kill('SIGKILL'));
}
