/**
 * Serves a Worker from its configuration, as `wrangler dev` does, and prints the URL: `node scripts/wrangler.ts
 * <wrangler.toml>`. `PORT` sets the port (default 0: any free port). `STORE` sets the directory that bindings are kept
 * in (default `.wrangler/state`).
 */
import process from 'node:process';

const [config] = process.argv.slice(2);
const { PORT = '0', STORE } = process.env;

// wrangler reads this variable when it is loaded. Without the variable, wrangler fetches a sample of `request.cf` from
// the network, and warns if there is no network.
Object.assign(process.env, { CLOUDFLARE_CF_FETCH_ENABLED: 'false' });
const { unstable_startWorker } = await import('wrangler');

const worker = await unstable_startWorker({
  ...(config === undefined ? {} : { config }),
  dev: {
    server: { hostname: '127.0.0.1', port: Number(PORT) },
    inspector: false,
    watch: false,
    ...(STORE === undefined ? {} : { persist: STORE }),
    // This hides wrangler's line for every request. The logs of the Worker itself are still printed.
    logLevel: 'warn',
    structuredLogsHandler({ level, message }: { level: string; message: string }) {
      const print = level === 'error' || level === 'warn' ? console.error : console.log;
      print(message);
    },
  },
});

let stopped: Promise<void> | undefined;
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, async () => {
    stopped ??= worker.dispose();
    await stopped;
    process.exit(0);
  });
}
const url = await worker.url;
console.log(`Listening on ${url.origin}`);
