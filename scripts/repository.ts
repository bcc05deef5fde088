/**
 * Writes `repository`, `homepage` and `bugs` into package.json, from the remote `origin` of git. `npm version` runs this,
 * so a version that is published by hand has them too. npm resolves the relative links of the README with `repository`.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';

interface Links {
  readonly repository: { readonly type: 'git'; readonly url: string };
  readonly homepage: string;
  readonly bugs: string;
}

/**
 * Returns the links of a package whose remote is `https://host/owner/name`, `git@host:owner/name` or `ssh://…`.
 *
 * @throws Error if the remote is none of these.
 */
export function linksOf(remote: string): Links {
  const match =
    /^(?:https:\/\/(?:[^@/]*@)?|ssh:\/\/git@|git@)([\w.-]+)(?::\d+)?[:/]([\w.-]+\/[\w.-]+?)(?:\.git)?\/?$/.exec(remote);
  if (match === null) throw new Error(`The remote ${remote} is no repository on a host.`);
  const url = `https://${match[1]}/${match[2]}`;
  return { repository: { type: 'git', url: `git+${url}.git` }, homepage: `${url}#readme`, bugs: `${url}/issues` };
}

if (import.meta.main) {
  const file = new URL('../package.json', import.meta.url);
  const manifest: object = JSON.parse(readFileSync(file, 'utf8'));
  const remote = execFileSync('git', ['remote', 'get-url', 'origin'], { encoding: 'utf8' }).trim();
  writeFileSync(file, `${JSON.stringify({ ...manifest, ...linksOf(remote) }, null, 2)}\n`);
}
