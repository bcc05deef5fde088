import type { Comparison } from './measure.ts';
import { ratio } from './table.ts';

/** What a row of the bench is called in the chart. `isOurs` rows are of this package. */
export interface Bar {
  readonly row: string;
  readonly label: string;
  readonly isOurs?: true;
}

const height = 26;
const labels = 250;
const width = 720;

/** Draws the ratios of some rows to the first row of a comparison, as an SVG that suits light and dark pages. */
export function barChart(title: string, comparison: Comparison, bars: readonly Bar[]): string {
  const [baseline] = comparison.results;
  const values = bars.map(({ row }) => {
    const result = comparison.results.find(({ name }) => name === row);
    if (baseline === undefined || result === undefined) throw new Error(`Nothing was measured of ${row}.`);
    return ratio(result, baseline);
  });
  const scale = (width - labels - 60) / Math.max(...values);
  const lines = bars.map(({ label, isOurs }, index) => {
    const value = values[index] ?? Number.NaN;
    const top = 34 + index * height;
    const length = (value * scale).toFixed(1);
    return `  <g${isOurs ? ' class="ours"' : ''}>
    <text x="${labels - 10}" y="${top + 15}" text-anchor="end">${label}</text>
    <rect x="${labels}" y="${top}" width="${length}" height="20" rx="3" />
    <text x="${labels + 8 + Number(length)}" y="${top + 15}">${value.toFixed(2)}</text>
  </g>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${40 + bars.length * height}" role="img" aria-label="${title}">
  <style>
    text { font: 14px system-ui, sans-serif; fill: #24292f; }
    rect { fill: #afb8c1; }
    .ours rect { fill: #0969da; }
    .ours text { font-weight: 600; }
    @media (prefers-color-scheme: dark) { text { fill: #e6edf3; } rect { fill: #6e7681; } .ours rect { fill: #4493f8; } }
  </style>
  <text x="0" y="18">${title}</text>
${lines.join('\n')}
</svg>
`;
}
