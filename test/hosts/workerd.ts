import { writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { launchCommand, type Server } from '../../scripts/launch.ts';

const workerd: { default: string; compatibilityDate: string } = createRequire(import.meta.url)('workerd');

/** The newest compatibility date that the installed workerd knows. */
export const newestDate = workerd.compatibilityDate;

export interface WorkerdOptions {
  /** Default {@link newestDate}. */
  readonly compatibilityDate?: string;
  readonly compatibilityFlags?: readonly string[];
  /** How many sockets workerd listens on. Default 1. */
  readonly sockets?: number;
  /** Additional services, and additional fields of the Worker, in the syntax of the configuration. */
  readonly services?: readonly string[];
  readonly fields?: readonly string[];
  /** The words before the command, for example `taskset`. */
  readonly prefix?: readonly string[];
}

/**
 * Serves a bundled Worker on workerd itself. An invocation ends with the connection of its client, as in production.
 * This is different behind the proxies of `wrangler dev`.
 */
export async function launchWorkerd(bundle: string, options: WorkerdOptions = {}): Promise<Server> {
  const { sockets = 1, prefix = [] } = options;
  const config = join(dirname(bundle), 'config.capnp');
  await writeFile(config, configuration(basename(bundle), options));
  return await launchCommand(
    [...prefix, workerd.default, 'serve', config, '--control-fd=1'],
    {},
    {
      ready: new RegExp(`(?:"event":"listen"[^}]*"port":(\\d+)[^]*?){${sockets}}`),
      // After SIGTERM, workerd would wait for the requests in flight, and for clients whose FIN it has not noticed.
      stopSignal: 'SIGKILL',
    },
  );
}

function configuration(bundle: string, options: WorkerdOptions): string {
  const { compatibilityDate = newestDate, compatibilityFlags = [], sockets = 1, services = [], fields = [] } = options;
  const listeners = Array.from(
    { length: sockets },
    (_, index) => `(name = "${index}", address = "127.0.0.1:0", http = (), service = "main")`,
  );
  const worker = [
    `modules = [(name = "main", esModule = embed "${bundle}")]`,
    `compatibilityDate = "${compatibilityDate}"`,
    `compatibilityFlags = ${JSON.stringify(compatibilityFlags)}`,
    ...fields,
  ];
  return `using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [${['(name = "main", worker = .worker)', ...services].join(', ')}],
  sockets = [${listeners.join(', ')}],
);
const worker :Workerd.Worker = (${worker.join(', ')});
`;
}
