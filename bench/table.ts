import type { Comparison, Samples } from './measure.ts';

export function median(samples: readonly number[]): number {
  return quantile(samples, 0.5);
}

/** Half the distance between the quartiles, as a fraction of the median. */
export function spread(samples: readonly number[]): number {
  return (quantile(samples, 0.75) - quantile(samples, 0.25)) / 2 / median(samples);
}

/** The median of the ratios of all rounds. Anything that slows a whole round down cancels out. */
export function ratio(one: Samples, other: Samples): number {
  return median(one.samples.map((sample, round) => sample / (other.samples[round] ?? Number.NaN)));
}

export function find(comparison: Comparison, name: string): Samples {
  const samples = comparison.results.find((result) => result.name === name);
  if (samples === undefined) throw new Error(`Nothing was measured of ${name} in ${comparison.name}.`);
  return samples;
}

/** Returns a Markdown table with a row per subject and a column per comparison. Ratios are to the first subject. */
export function comparisonTable(comparisons: readonly Comparison[]): string {
  const rows = comparisons[0]?.results.map(({ name }) => [
    name,
    ...comparisons.map((comparison) => {
      const result = find(comparison, name);
      const [baseline = result] = comparison.results;
      const value = `${digits(median(result.samples))} ±${Math.round(spread(result.samples) * 100)} %`;
      return result === baseline ? value : `${value} · **${ratio(result, baseline).toFixed(2)}**`;
    }),
  ]);
  return table(['', ...comparisons.map(({ name }) => name)], rows ?? []);
}

export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map((_, column) => (column === 0 ? '---' : '---:'))), ...rows.map(line)].join('\n');
}

function digits(value: number): string {
  return value >= 100 ? Math.round(value).toLocaleString('en') : value.toPrecision(3);
}

function quantile(samples: readonly number[], part: number): number {
  const sorted = samples.toSorted((a, b) => a - b);
  const position = (sorted.length - 1) * part;
  const below = sorted[Math.floor(position)] ?? Number.NaN;
  const above = sorted[Math.ceil(position)] ?? Number.NaN;
  return below + (above - below) * (position % 1);
}
