/** How many keys are remembered. The oldest ones make room for new ones. */
const maxKeys = 1000;

/**
 * The keys whose last response could not be stored. Requests for them neither ask the cache nor wait for each other.
 */
export class Uncacheable {
  readonly #keys = new Set<string>();

  has(key: string): boolean {
    return this.#keys.has(key);
  }

  add(key: string): void {
    this.#keys.add(key);
    const [oldest] = this.#keys;
    if (this.#keys.size > maxKeys && oldest !== undefined) this.#keys.delete(oldest);
  }

  delete(key: string): void {
    this.#keys.delete(key);
  }
}
