const prefix = 'sha256:';

/** What an id may be: a part of a key in any store. A hash has 64 characters. */
const pattern = /^(?!sha256:$)[!-~]{1,256}$/;

/** Says what an id may be, in an error message. */
export const idForm = 'a string of 1 to 256 visible ASCII characters';

export function isId(value: unknown): value is string {
  return typeof value === 'string' && pattern.test(value);
}

/** Some tools write `sha256:` before a hash and some clients send it, so an id is looked up with and without it. */
export function formsOf(id: string): readonly string[] {
  return [id, id.startsWith(prefix) ? id.slice(prefix.length) : prefix + id];
}
