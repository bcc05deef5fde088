/** How many keys are remembered. The oldest ones make room for new ones. */
const maxKeys = 1000;

/** Keys to which something has happened not long ago. */
export class RecentKeys {
  readonly #times = new Map<string, number>();
  readonly #maxAge: number;

  /** @param maxAge How long a key is remembered, in milliseconds. */
  constructor(maxAge: number) {
    this.#maxAge = maxAge;
  }

  has(key: string): boolean {
    const time = this.#times.get(key);
    return time !== undefined && Date.now() - time < this.#maxAge;
  }

  add(key: string): void {
    this.#times.delete(key);
    this.#times.set(key, Date.now());
    const [oldest] = this.#times.keys();
    if (this.#times.size > maxKeys && oldest !== undefined) this.#times.delete(oldest);
  }

  delete(key: string): void {
    this.#times.delete(key);
  }
}
