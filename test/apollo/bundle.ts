import { isBuiltin } from 'node:module';
import { fileURLToPath } from 'node:url';
import { build, type Plugin } from 'esbuild';
import { isIncremental, type Target } from './targets.ts';

/**
 * The suite, the handler's sources and all that they import, as one module that every runtime can load; so there is
 * one copy of graphql, and one way into runtimes that have no `node_modules`.
 */
export async function bundle(target: Target): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL(`servers/${target.runtime}.ts`, import.meta.url))],
    absWorkingDir: fileURLToPath(new URL('../..', import.meta.url)),
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'node',
    target: 'es2024',
    // Not the condition `module`, which esbuild would add: it gives a package to `import` and to `require` as two copies.
    conditions: [],
    alias: {
      '@jest/globals': './test/apollo/jest-globals.ts',
      '@jest/expect': './test/apollo/expect.ts',
      // An alias to itself would be taken for a path.
      ...(target.graphql !== 'graphql' && { graphql: target.graphql }),
    },
    // Only the one version of graphql can load it, and Apollo imports it only then.
    external: ['cloudflare:*', ...(isIncremental(target) ? [] : ['@yaacovcr/transform'])],
    ...(target.runtime === 'workerd'
      ? { plugins: [importBuiltins] }
      : { banner: { js: `import { createRequire } from 'node:module'; const require = createRequire('/');` } }),
    // Jest's parts look up where they are installed, to leave themselves out of stack traces.
    define: { 'require.resolve': 'String', __dirname: '"/"', __filename: '"/suite.mjs"' },
  });
  const [output] = outputFiles;
  if (output === undefined) throw new Error('esbuild wrote nothing.');
  return output.text;
}

/** A Worker has no `require`: what CommonJS modules take of Node's is imported, as wrangler's own bundles do it. */
const importBuiltins: Plugin = {
  name: 'import-builtins',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /./ }, ({ kind, path }) =>
      kind === 'require-call' && isBuiltin(path) ? { path, namespace: 'required-builtin' } : undefined,
    );
    onLoad({ filter: /./, namespace: 'required-builtin' }, ({ path }) => ({
      contents: `import builtin from '${path.replace(/^(node:)?/, 'node:')}'; module.exports = builtin;`,
    }));
  },
};
