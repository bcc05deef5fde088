/** The real thing: `next build`, then `next start`. */
import { execFileSync, spawn } from 'node:child_process';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

const next = fileURLToPath(new URL('../../../node_modules/next/dist/bin/next', import.meta.url));
const app = fileURLToPath(new URL('next', import.meta.url));
const env: NodeJS.ProcessEnv = { ...process.env, NODE_ENV: 'production', NEXT_TELEMETRY_DISABLED: '1' };

execFileSync(process.execPath, [next, 'build', app], { env, stdio: 'ignore' });
const child = spawn(process.execPath, [next, 'start', app, '--hostname', '127.0.0.1'], { env, stdio: 'inherit' });
process.once('SIGTERM', () => child.kill('SIGTERM'));
child.once('exit', (code) => process.exit(code ?? 0));
