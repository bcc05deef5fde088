import { existsSync, globSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const pages = globSync(['*.md', 'docs/**/*.md', 'bench/*.md', '*-example/**/*.md', 'example-app/**/*.md'], {
  cwd: root,
  exclude: ['**/node_modules/**'],
});

/** Returns the text of a page without its code, in which brackets are no links. */
function proseOf(page: string): string {
  const text = readFileSync(join(root, page), 'utf8');
  return text.replaceAll(/^```[\s\S]*?^```$/gm, '');
}

/** Returns the anchors of a page: those that it names, and those that GitHub gives to its headings. */
function anchorsOf(page: string): string[] {
  const named = Array.from(proseOf(page).matchAll(/<a id="([^"]+)">/g), ([, id = '']) => id);
  const counts = new Map<string, number>();
  const headings = Array.from(proseOf(page).matchAll(/^#+ (.*)$/gm), ([, heading = '']) => {
    const plain = heading.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1').replaceAll(/[`*]/g, '');
    const anchor = plain
      .trim()
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(/\s/g, '-');
    const count = counts.get(anchor) ?? 0;
    counts.set(anchor, count + 1);
    return count === 0 ? anchor : `${anchor}-${count}`;
  });
  return [...named, ...headings];
}

/** Returns the links of a page to files and headings of this repository that are not there. */
function brokenLinksOf(page: string): string[] {
  const prose = proseOf(page).replaceAll(/`[^`\n]*`/g, (code) => code.replaceAll(/[[\]()]/g, '_'));
  const links = Array.from(prose.matchAll(/\]\(([^)\s]+)\)/g), ([, link = '']) => link);
  return links.filter((link) => {
    if (/^[a-z]+:/.test(link)) return false;
    const [path = '', anchor] = link.split('#');
    const target = path === '' ? page : normalize(join(dirname(page), path));
    if (!existsSync(join(root, target))) return true;
    return anchor !== undefined && !(statSync(join(root, target)).isFile() && anchorsOf(target).includes(anchor));
  });
}

test.for(pages)('%s links to files and headings that exist', (page) => {
  expect(brokenLinksOf(page)).toEqual([]);
});
