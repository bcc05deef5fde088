import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const folder = fileURLToPath(new URL('./types/', import.meta.url));
const tsc = fileURLToPath(new URL('../../node_modules/typescript/bin/tsc', import.meta.url));
const platforms = readdirSync(folder)
  .filter((file) => file.endsWith('.ts'))
  .map((file) => file.replace('.ts', ''));

test.for(platforms)('the published types fit %s without a cast, and refuse what does not', async (platform) => {
  const { stdout } = await promisify(execFile)(process.execPath, [
    tsc,
    '-p',
    `${folder}tsconfig.${platform}.json`,
  ]).catch((error: { stdout: string }) => error);
  expect(stdout).toBe('');
});
