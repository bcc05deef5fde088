/**
 * `npm run compat` runs every suite on every host (the group `hosts`), the programs of the docs in their own projects
 * (`projects`), and Apollo's suite inside every runtime (`apollo`). `npm run compat -- apollo` runs one group.
 *
 * It writes the results of Apollo's suite and of the conformance suite to `results.json` and into the docs, and prints
 * them. If anything but a known gap fails in a group, it exits with 1 and keeps the earlier results of that group.
 */
import { spawn } from 'node:child_process';
import { globSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { writeSection } from '../../scripts/sections.ts';
import { hostSuites } from '../../vitest.config.ts';
import { formatChoices } from './choices.ts';
import { type ApolloRow, type Gap, installedVersions, type Results, type Row } from './results.ts';
import { formatResults, formatSummary } from './table.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** The parts of the report of Vitest's JSON reporter that are read here. */
interface VitestReport {
  readonly testResults: readonly {
    /** The path of the file. */
    readonly name: string;
    readonly assertionResults: readonly {
      readonly ancestorTitles: readonly string[];
      readonly title: string;
      readonly status: string;
      readonly meta: { readonly gap?: string };
    }[];
  }[];
}

/** The report that `test/apollo/run.ts` writes for each run. */
interface ApolloReport {
  readonly host: string;
  readonly graphql: string;
  readonly start: string;
  readonly passed: number;
  readonly total: number;
  readonly expectedFailures: readonly { readonly name: string; readonly reason: string }[];
}

async function run(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<void> {
  const child = spawn(process.execPath, args, { cwd: root, env: { ...process.env, ...env }, stdio: 'inherit' });
  const code = await new Promise((resolve) => child.once('exit', resolve));
  if (code !== 0) process.exit(1);
}

/** Runs suites on a group of hosts, and resolves to the results of the conformance suite. */
async function runHosts(group: 'all' | 'projects', suites: readonly string[]): Promise<Row[]> {
  const file = join(tmpdir(), `${group}-${process.pid}.json`);
  const projects = suites.map((name) => `--project=${name}`);
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`];
  await run(['node_modules/vitest/vitest.mjs', 'run', ...projects, ...reporters], { HOSTS: group });
  const { testResults }: VitestReport = JSON.parse(readFileSync(file, 'utf8'));
  const results = testResults
    .filter(({ name }) => name.endsWith('/conformance.test.ts'))
    .flatMap(({ assertionResults }) => assertionResults);
  const hosts = Map.groupBy(results, ({ ancestorTitles }) => ancestorTitles[0] ?? '');
  hosts.delete('');
  return [...hosts].map(([host, cases]) => {
    const failing = cases.flatMap(({ title, meta: { gap } }) =>
      gap === undefined ? [] : [{ name: title.replace(/ \[[^[]*$/, ''), reason: gap }],
    );
    return { host, passed: cases.length - failing.length, total: cases.length, gaps: groupGaps(failing) };
  });
}

async function runApollo(): Promise<ApolloRow[]> {
  // An earlier run may have left results of hosts that no longer exist.
  rmSync(join(root, 'test/apollo/results'), { recursive: true, force: true });
  await run(['test/apollo/run.ts']);
  return globSync('test/apollo/results/*.json', { cwd: root })
    .toSorted()
    .map((file) => {
      const report: ApolloReport = JSON.parse(readFileSync(join(root, file), 'utf8'));
      const { host, graphql, start, passed, total, expectedFailures } = report;
      return { host, graphql, start, passed, total, gaps: groupGaps(expectedFailures) };
    });
}

function groupGaps(failures: readonly { readonly name: string; readonly reason: string }[]): Gap[] {
  return [...Map.groupBy(failures, ({ reason }) => reason)].map(([reason, cases]) => ({
    reason,
    cases: cases.map(({ name }) => name),
  }));
}

/** Excludes the in-process run, which the conformance suite includes for any group of hosts. */
const isOnHost = ({ host }: Row) => host !== 'in process';

const groups = {
  hosts: async () => ({ hosts: await runHosts('all', [...hostSuites, 'federation']) }),
  projects: async () => ({
    projects: (await runHosts('projects', ['projects', 'conformance', 'incremental'])).filter(isOnHost),
  }),
  apollo: async () => ({ apollo: await runApollo() }),
};

const chosen = process.argv.slice(2);
let results: Results = JSON.parse(readFileSync(new URL('results.json', import.meta.url), 'utf8'));
for (const [name, runGroup] of Object.entries(groups)) {
  if (chosen.length > 0 && !chosen.includes(name)) continue;
  results = { ...results, ...(await runGroup()), versions: installedVersions() };
  writeFileSync(new URL('results.json', import.meta.url), `${JSON.stringify(results, null, 2)}\n`);
}
writeSection('docs/compatibility.md', 'choices', formatChoices());
writeSection('docs/compatibility.md', 'compat', formatResults(results));
writeSection('README.md', 'compat', formatSummary(results));
console.log(formatResults(results));
