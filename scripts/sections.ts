import { readFileSync, writeFileSync } from 'node:fs';

/** Returns the URL of a Markdown file, given its path in this repository. */
function urlOf(page: string): URL {
  return new URL(`../${page}`, import.meta.url);
}

function sectionPattern(name: string): RegExp {
  return new RegExp(`(?<=<!-- ${name} -->\\n)[\\s\\S]*?(?=\\n<!-- /${name} -->)`);
}

/** Returns the text of a page between `<!-- name -->` and `<!-- /name -->`. */
export function readSection(page: string, name: string): string {
  const section = sectionPattern(name).exec(readFileSync(urlOf(page), 'utf8'));
  if (section === null) throw new Error(`${page} has no section ${name}.`);
  return section[0];
}

/** Replaces the text of a page between `<!-- name -->` and `<!-- /name -->`. */
export function writeSection(page: string, name: string, text: string): void {
  readSection(page, name);
  const url = urlOf(page);
  writeFileSync(
    url,
    readFileSync(url, 'utf8').replace(sectionPattern(name), () => text),
  );
}
