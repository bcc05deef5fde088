import type { ApolloRow, Gap, Results, Row } from './results.ts';

const graphqls = ['graphql', 'graphql-17-alpha', 'graphql-17'];

/** The hosts that have a row in the README. */
const summarized = ['workerd', 'Deno', 'Bun', 'Node 24, ./node', 'Next.js'];

/** Formats the results as Markdown for the README, with a row for each of the main hosts. */
export function formatSummary({ versions, hosts, apollo }: Results): string {
  const rows = summarized.map((host) => {
    const row = hosts.find((candidate) => candidate.host === host);
    if (row === undefined) throw new Error(`There are no results of ${host}.`);
    return [withVersion(host, versions), formatCount(row), formatCount(findRow(apollo, host, 'graphql'))];
  });
  return formatTable(['host', 'conformance cases passed', 'Apollo’s own suite'], rows);
}

/** Formats the results as Markdown for docs/compatibility.md, with tables and a list of the gaps. */
export function formatResults({ versions, hosts, projects, apollo }: Results): string {
  const notes: string[] = [];

  /** Formats `passed/total`. If there are gaps, the numbers of the notes that explain them follow. */
  function format(row: Row | undefined): string {
    if (row === undefined) return '';
    const numbers = row.gaps.map((gap) => {
      const note = formatGap(gap);
      if (!notes.includes(note)) notes.push(note);
      return notes.indexOf(note) + 1;
    });
    const marks = numbers.length === 0 ? '' : ` [${numbers.toSorted((a, b) => a - b).join(', ')}]`;
    return `${formatCount(row)}${marks}`;
  }

  // Hosts that only run Apollo's suite come last.
  const names = new Set([...hosts, ...apollo].map(({ host }) => host));
  const rows = [...names].map((host) => [
    withVersion(host, versions),
    format(hosts.find((row) => row.host === host)),
    ...graphqls.map((graphql) => format(findRow(apollo, host, graphql))),
  ]);
  const header = ['', 'conformance', ...graphqls.map((graphql) => `Apollo’s suite, graphql ${versions[graphql]}`)];
  return [
    `Apollo Server ${versions['@apollo/server']}; passed/total [gaps]`,
    '',
    formatTable(header, rows),
    '',
    'Programs of the docs, each in a project of its own:',
    '',
    formatTable(
      ['', 'conformance'],
      projects.map((row) => [row.host, format(row)]),
    ),
    '',
    ...notes.map((note, index) => `${index + 1}. ${note}`),
  ].join('\n');
}

export function formatTable(header: readonly string[], rows: readonly (readonly string[])[]): string {
  return [header, header.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

function formatCount(row: Row | undefined): string {
  return row === undefined ? '' : `${row.passed}/${row.total}`;
}

function findRow(rows: readonly ApolloRow[], host: string, graphql: string): ApolloRow | undefined {
  return rows.find((row) => row.host === host && row.graphql === graphql && row.start === 'started');
}

function formatGap({ reason, cases }: Gap): string {
  const names = cases.length > 4 ? [...cases.slice(0, 3), `${cases.length - 3} more`] : cases;
  return `${reason}: ${names.join('; ')}`.replaceAll('|', '\\|').replaceAll('<', '&lt;');
}

function withVersion(host: string, versions: Readonly<Record<string, string>>): string {
  const [first = '', ...rest] = host.split(', ');
  const version =
    versions[
      first.replace(/^(Next\.js|wrangler dev)$/, (name) => ({ 'Next.js': 'next' })[name] ?? 'wrangler').toLowerCase()
    ];
  return [version === undefined ? first : `${first} ${version}`, ...rest].join(', ');
}
