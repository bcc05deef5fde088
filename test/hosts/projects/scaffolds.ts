/** A project that needs no more than packages and the settings of TypeScript. */
interface Scaffold {
  /** The packages that it needs besides those of every project, by name. */
  readonly packages: Readonly<Record<string, string>>;
  /** The program that the host loads. */
  readonly main?: string;
  /** What its settings of TypeScript differ in. */
  readonly compilerOptions?: Readonly<Record<string, unknown>>;
  readonly include?: readonly string[];
}

const bun = {
  packages: { 'bun-types': '1.4.4', typescript: '6.0.3' },
  compilerOptions: {
    module: 'es2022',
    moduleResolution: 'bundler',
    target: 'es2022',
    types: ['bun-types'],
    skipLibCheck: true,
  },
};

/** The projects of hosts that have no scaffold of their own, by the name that their folder would have. */
const scaffolds: Readonly<Record<string, Scaffold>> = {
  'aws-lambda': {
    packages: { '@types/aws-lambda': '8.10.164', 'aws-lambda-ric': '4.0.2', esbuild: '0.28.2' },
    compilerOptions: { types: ['node', 'aws-lambda'] },
    include: ['*.mts'],
  },
  'azure-functions': {
    packages: { '@azure/functions': '4.16.5' },
    main: 'dist/src/functions/*.js',
    compilerOptions: { noEmit: false, lib: ['es2024'], outDir: 'dist', rootDir: '.' },
    include: ['src'],
  },
  elysia: { ...bun, packages: { ...bun.packages, elysia: '1.4.30' } },
  'express-4': { packages: { '@types/express': '4.17.25', express: '4.22.0' } },
  'express-5': { packages: { '@types/express': '5.0.6', express: '5.3.0' } },
  fastify: { packages: { fastify: '5.12.8' } },
  'fetch-router': {
    packages: { '@remix-run/fetch-router': '0.20.1', '@remix-run/node-fetch-server': '0.14.2' },
    compilerOptions: { skipLibCheck: true },
  },
  firebase: {
    packages: {
      '@google-cloud/functions-framework': '5.0.5',
      'firebase-admin': '14.5.1',
      'firebase-functions': '7.4.0',
    },
    main: 'lib/index.js',
    compilerOptions: { noEmit: false, outDir: 'lib', rootDir: 'src', skipLibCheck: true },
    include: ['src'],
  },
  'google-cloud-functions': {
    packages: { '@google-cloud/functions-framework': '5.0.5' },
    main: 'index.js',
    compilerOptions: { noEmit: false },
    include: ['*.ts'],
  },
  'h3-2': { packages: { h3: '2.0.8' }, compilerOptions: { skipLibCheck: true } },
  hapi: { packages: { '@hapi/hapi': '21.4.10' }, compilerOptions: { skipLibCheck: true } },
  hono: {
    packages: { '@hono/node-server': '2.1.8', hono: '4.13.19' },
    compilerOptions: { allowImportingTsExtensions: true, skipLibCheck: true },
  },
  'itty-router': { ...bun, packages: { ...bun.packages, 'itty-router': '6.0.0' } },
  koa: { packages: { '@types/koa': '3.0.3', koa: '3.3.0' } },
  micro: { packages: { micro: '10.0.1' } },
  polka: { packages: { '@types/polka': '0.5.8', polka: '0.5.2' } },
};

/** Returns the files of a project that has no folder here, by name. */
export function filesOf(name: string): Readonly<Record<string, string>> | undefined {
  const scaffold = scaffolds[name];
  if (scaffold === undefined) return undefined;
  const { packages, main, compilerOptions, include } = scaffold;
  const manifest = {
    private: true,
    type: 'module',
    main,
    dependencies: {
      '@apollo/server': '5.5.1',
      '@types/node': '24.19.2',
      graphql: '16.15.0',
      typescript: '7.0.2',
      ...packages,
    },
  };
  const settings = {
    compilerOptions: {
      module: 'nodenext',
      target: 'es2024',
      types: ['node'],
      strict: true,
      noEmit: true,
      ...compilerOptions,
    },
    include,
  };
  return { 'package.json': JSON.stringify(manifest), 'tsconfig.json': JSON.stringify(settings) };
}
