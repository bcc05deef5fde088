/**
 * The raw text from the first `?` to any `#`, as its group. `new URL(url).search` would not do: behind some bridges to
 * Node.js, an absolute-form target or an odd `Host` makes a URL that does not parse.
 */
export const rawSearch: RegExp = /^[^?#]*(\?[^#]*)/;

/** The characters that let a `Host` header reach into the path or the query, on a host that writes it into the URL. */
export const reachesIntoURL: RegExp = /[/?#\\]/;
