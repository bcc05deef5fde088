import { readFileSync } from 'node:fs';

/** The results of a complete run. `npm run compat` writes them to `results.json`. */
export interface Results {
  readonly versions: Readonly<Record<string, string>>;
  /** The conformance suite, on the hosts of this repository. */
  readonly hosts: readonly Row[];
  /** The conformance suite, on the programs of the docs. */
  readonly projects: readonly Row[];
  readonly apollo: readonly ApolloRow[];
}

/** The outcome of a suite on a host. */
export interface Row {
  /** The name of the host. */
  readonly host: string;
  readonly passed: number;
  readonly total: number;
  readonly gaps: readonly Gap[];
}

/** The outcome of Apollo's suite with one version of graphql and one way to start the server. */
export interface ApolloRow extends Row {
  readonly graphql: string;
  readonly start: string;
}

export interface Gap {
  readonly reason: string;
  readonly cases: readonly string[];
}

const packages = [
  '@apollo/server',
  'graphql',
  'graphql-17',
  'graphql-17-alpha',
  '@whatwg-node/server',
  'srvx',
  '@hono/node-server',
  'node',
  'deno',
  'bun',
  'workerd',
  'wrangler',
  'next',
];

/** Returns the installed versions of all packages that the results depend on. */
export function installedVersions(): Record<string, string> {
  return Object.fromEntries(
    packages.map((name) => {
      const file = new URL(`../../node_modules/${name}/package.json`, import.meta.url);
      const { version }: { version: string } = JSON.parse(readFileSync(file, 'utf8'));
      return [name, version];
    }),
  );
}
