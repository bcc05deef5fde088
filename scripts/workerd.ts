/**
 * Serves a Worker from its wrangler configuration on real workerd, and prints the URL:
 * `node scripts/workerd.ts <wrangler.toml> [<main>]`. `PORT` is the port (default 0: any free one), `COMPATIBILITY_DATE`
 * overrides the configuration's date.
 */
import process from 'node:process';
import { unstable_startWorker } from 'wrangler';

const [config, entrypoint] = process.argv.slice(2);
const { PORT = '0', COMPATIBILITY_DATE } = process.env;

const worker = await unstable_startWorker({
  ...(config === undefined ? {} : { config }),
  ...(entrypoint === undefined ? {} : { entrypoint }),
  ...(COMPATIBILITY_DATE === undefined ? {} : { compatibilityDate: COMPATIBILITY_DATE }),
  dev: { server: { hostname: '127.0.0.1', port: Number(PORT) }, inspector: false, watch: false },
});
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, async () => {
    await worker.dispose();
    process.exit(0);
  });
}
const url = await worker.url;
console.log(`Listening on ${url.origin}`);
