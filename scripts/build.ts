/** `npm run build`: compiles `src` into ES modules in `dist`, and into CommonJS modules in `dist/cjs`. */
import { execFileSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

function compile(config: string): void {
  execFileSync(process.execPath, [`${root}node_modules/typescript/bin/tsc`, '-p', `${root}${config}`], {
    stdio: 'inherit',
  });
}

rmSync(`${root}dist`, { recursive: true, force: true });
compile('tsconfig.build.json');
compile('tsconfig.cjs.json');
// The package.json of the repository declares ES modules, so the CommonJS modules need one of their own.
writeFileSync(`${root}dist/cjs/package.json`, `${JSON.stringify({ type: 'commonjs' })}\n`);
