/** One bar. */
export interface Bar {
  readonly label: string;
  readonly value: number;
  /** Whether it is of this package. */
  readonly isOurs: boolean;
}

const height = 26;
const width = 720;
const labels = 250;

/** Draws horizontal bars as an SVG that suits light and dark pages. */
export function barChart(title: string, bars: readonly Bar[], digits: number): string {
  const scale = (width - labels - 60) / Math.max(...bars.map(({ value }) => value));
  const lines = bars.map(({ label, value, isOurs }, index) => {
    const top = 34 + index * height;
    const length = (value * scale).toFixed(1);
    return `  <g${isOurs ? ' class="ours"' : ''}>
    <text x="${labels - 10}" y="${top + 15}" text-anchor="end">${label}</text>
    <rect x="${labels}" y="${top}" width="${length}" height="20" rx="3" />
    <text x="${labels + 8 + Number(length)}" y="${top + 15}">${value.toFixed(digits)}</text>
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
