import { execFile } from 'node:child_process';
import process from 'node:process';
import { promisify } from 'node:util';
import { beforeAll } from 'vitest';
import { launchCommand } from '../../scripts/launch.ts';
import { describeExample } from './suite.ts';

const next = 'node_modules/next/dist/bin/next';

// The build checks the types of the route as well.
beforeAll(async () => {
  await promisify(execFile)(process.execPath, [next, 'build', 'next-example'], {
    env: { ...process.env, NODE_ENV: 'production', NEXT_TELEMETRY_DISABLED: '1' },
  });
}, 180_000);

describeExample('next-example', {
  start: (env) =>
    launchCommand([process.execPath, next, 'start', 'next-example'], { ...env, NEXT_TELEMETRY_DISABLED: '1' }),
  path: '/graphql',
});
