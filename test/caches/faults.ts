/** The way in which a store fails. See {@link withFaults}. */
export type Fault = 'none' | 'fail' | 'throw' | 'hang' | 'rubbish' | 'slow';

let fault: Fault = 'none';

export function setFault(name: Fault): void {
  fault = name;
}

/** Wraps a store so that its methods fail as the last call of {@link setFault} requested. */
export function withFaults<TStore extends object>(store: TStore, rubbish: () => unknown): TStore {
  return new Proxy(store, {
    get(target, name) {
      const member = Reflect.get(target, name);
      if (typeof member !== 'function') return member;
      const work = member.bind(target);
      return (...args: unknown[]) => {
        switch (fault) {
          case 'none':
            return work(...args);
          case 'fail':
            return Promise.reject(new Error('The store is down.'));
          case 'throw':
            throw new Error('The store is down.');
          case 'hang':
            return new Promise(() => {});
          case 'rubbish':
            return Promise.resolve(rubbish());
          case 'slow':
            return new Promise((resolve) => setTimeout(resolve, 1500)).then(() => work(...args));
        }
      };
    },
  });
}

/** The original `Date.now`. It is replaced so that a request can set the clock of this process ahead. */
const realNow = Date.now;
let ahead = 0;
Date.now = () => realNow() + ahead;

/** Sets how far the clock is ahead of real time. */
export function setClock(milliseconds: number): void {
  ahead = milliseconds;
}
