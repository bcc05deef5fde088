/**
 * The raw text from the first `?` to any `#`, as its group. Not `new URL(url).search`: behind some bridges to Node.js, an
 * absolute-form target or an odd `Host` makes a URL that does not parse.
 */
export const rawSearch: RegExp = /^[^?#]*(\?[^#]*)/;

/** What lets a `Host` header reach into the path or the query, on a host that writes it into the URL as it is. */
export const reachesIntoURL: RegExp = /[/?#\\]/;
