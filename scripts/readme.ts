import { readFileSync, writeFileSync } from 'node:fs';

const readme = new URL('../README.md', import.meta.url);

function sectionPattern(name: string): RegExp {
  return new RegExp(`(?<=<!-- ${name} -->\\n)[\\s\\S]*?(?=\\n<!-- /${name} -->)`);
}

/** What the README has between `<!-- name -->` and `<!-- /name -->`. */
export function readSection(name: string): string {
  const section = sectionPattern(name).exec(readFileSync(readme, 'utf8'));
  if (section === null) throw new Error(`The README has no section ${name}.`);
  return section[0];
}

export function writeSection(name: string, text: string): void {
  readSection(name);
  writeFileSync(
    readme,
    readFileSync(readme, 'utf8').replace(sectionPattern(name), () => text),
  );
}
