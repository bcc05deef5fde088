import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { writeReference } from '../../scripts/reference/reference.ts';

const published = fileURLToPath(new URL('../../docs/api', import.meta.url));

test('docs/api is what `npm run reference` writes, and no docstring lacks anything', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'reference-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  expect(await writeReference(folder)).toEqual([]);
  const read = (directory: string) =>
    Object.fromEntries(readdirSync(directory).map((name) => [name, readFileSync(join(directory, name), 'utf8')]));
  expect(read(published)).toEqual(read(folder));
}, 180_000);
