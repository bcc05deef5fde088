/** The methods of the Cache API's `Cache` that are used. */
export interface WebCache {
  match(url: string): Promise<Response | undefined>;
  put(url: string, response: Response): Promise<void>;
  delete(url: string): Promise<boolean>;
}

/** A cache, a promise of one, or a function that is called at each use. */
export type WebCacheSource = WebCache | PromiseLike<WebCache> | (() => WebCache | PromiseLike<WebCache>);

/** Returns a function that opens the cache for one use. */
export function openerOf(source: WebCacheSource): () => WebCache | PromiseLike<WebCache> {
  if (typeof source === 'function') return source;
  // A promise may reject before the first use, and that must not end the process. The first use reports it.
  Promise.resolve(source).catch(() => {});
  return () => source;
}
