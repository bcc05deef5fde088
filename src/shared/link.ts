/** A link of a ring, to which links are added, and from which they are removed, at less cost than with a `Map`. */
export class Link {
  readonly due: number;
  readonly expire: () => void;
  #previous: Link = this;
  #next: Link = this;

  constructor(due: number, expire: () => void) {
    this.due = due;
    this.expire = expire;
  }

  get next(): Link {
    return this.#next;
  }

  /** Inserts a link before this one. */
  insert(link: Link): void {
    link.#previous = this.#previous;
    link.#next = this;
    this.#previous.#next = link;
    this.#previous = link;
  }

  /** It may be called more than once. */
  remove(): void {
    this.#previous.#next = this.#next;
    this.#next.#previous = this.#previous;
    this.#previous = this;
    this.#next = this;
  }
}
