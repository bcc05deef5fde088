import { launchWorkerd } from '../hosts/workerd.ts';

/** One socket takes the request to run the suite. The others are for the handlers that are served at one time. */
const sockets = 6;

/** Runs the bundle as a Worker, and asks it over a socket to run the suite. */
export async function runOnWorkerd(file: string, env: Readonly<Record<string, string>>): Promise<string> {
  const bindings = Object.entries(env).map(([name, text]) => `(name = "${name}", text = "${text}")`);
  const server = await launchWorkerd(file, {
    compatibilityFlags: ['enable_nodejs_http_server_modules', 'enable_request_signal'],
    sockets,
    services: ['(name = "loopback", network = (allow = ["private"]))'],
    fields: [
      `bindings = [(name = "loopback", service = "loopback"), ${bindings.join(', ')}]`,
      'globalOutbound = (name = "main", entrypoint = "Outbound")',
    ],
  });
  try {
    const ports = Array.from(server.output().matchAll(/"event":"listen".*?"port":(\d+)/g), ([, port = '']) => port);
    const query = new URLSearchParams(ports.map((port) => ['port', port]));
    const response = await fetch(`http://127.0.0.1:${ports[0]}/run-suite?${query}`, {
      signal: AbortSignal.timeout(180_000),
    });
    if (!response.ok) throw new Error(`The Worker responded ${response.status}.`);
    return await response.text();
  } catch (cause) {
    throw new Error(`workerd did not run the suite.\n${server.output()}`, { cause });
  } finally {
    await server.stop();
  }
}
