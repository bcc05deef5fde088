import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';

const { default: workerd, compatibilityDate }: { default: string; compatibilityDate: string } = createRequire(
  import.meta.url,
)('workerd');

/** One to ask for the run, the rest for the handlers that the suite serves at a time. */
const socketCount = 6;

/** Runs the bundle as a Worker, and asks it over a socket to run the suite. */
export async function runOnWorkerd(file: string, env: Readonly<Record<string, string>>): Promise<string> {
  const config = join(dirname(file), 'config.capnp');
  await writeFile(config, configOf(env));
  const child = spawn(workerd, ['serve', config, '--control-fd=3'], { stdio: ['ignore', 'ignore', 'pipe', 'pipe'] });
  const exited = once(child, 'exit');
  let complaints = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    complaints += text;
  });
  try {
    const ports = await listeningPorts(child.stdio[3] as Readable);
    const query = new URLSearchParams(ports.map((port) => ['port', port]));
    const response = await fetch(`http://127.0.0.1:${ports[0]}/run-suite?${query}`, {
      signal: AbortSignal.timeout(180_000),
    });
    if (!response.ok) throw new Error(`The Worker answered ${response.status}.`);
    return await response.text();
  } catch (cause) {
    throw new Error(`workerd did not run the suite.\n${complaints}`, { cause });
  } finally {
    child.kill('SIGKILL');
    await exited;
  }
}

async function listeningPorts(control: Readable): Promise<string[]> {
  const ports: string[] = [];
  for await (const line of createInterface(control)) {
    const message: { event: string; port?: number } = JSON.parse(line);
    if (message.event === 'listen') ports.push(String(message.port));
    if (ports.length === socketCount) return ports;
  }
  throw new Error('It ended before it listened.');
}

function configOf(env: Readonly<Record<string, string>>): string {
  const bindings = Object.entries(env).map(([name, text]) => `(name = "${name}", text = "${text}")`);
  const sockets = Array.from(
    { length: socketCount },
    (_, index) => `(name = "${index}", address = "127.0.0.1:0", http = (), service = "suite")`,
  );
  return `using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [
    (
      name = "suite",
      worker = (
        modules = [(name = "suite.mjs", esModule = embed "suite.mjs")],
        compatibilityDate = "${compatibilityDate}",
        compatibilityFlags = ["enable_nodejs_http_server_modules", "enable_request_signal"],
        bindings = [(name = "loopback", service = "loopback"), ${bindings.join(', ')}],
        globalOutbound = (name = "suite", entrypoint = "Outbound"),
      ),
    ),
    (name = "loopback", network = (allow = ["private"])),
  ],
  sockets = [${sockets.join(', ')}],
);
`;
}
