/** A `Cache` of the Cache API, or as much of it as is used. */
export interface WebCache {
  match(url: string): Promise<Response | undefined>;
  put(url: string, response: Response): Promise<void>;
  delete(url: string): Promise<boolean>;
}

/** A cache, a promise of one, or a function that is called at each use. */
export type WebCacheSource = WebCache | PromiseLike<WebCache> | (() => WebCache | PromiseLike<WebCache>);

/** How to get at the cache for one use of it. */
export function openerOf(source: WebCacheSource): () => WebCache | PromiseLike<WebCache> {
  if (typeof source === 'function') return source;
  // A promise may reject before the first use, and that must not end the process. The first use reports it.
  Promise.resolve(source).catch(() => {});
  return () => source;
}
