/** The name of a header: RFC 9110 §5.1. */
export const fieldName: RegExp = /^[\w!#$%&'*+.^`|~-]+$/;

/** Response headers of the connection and of the framing, which are the host's own: RFC 9110 §7.6.1 and §8.6. */
export const ofHost: RegExp = /^(connection|content-length|keep-alive|te|trailer|transfer-encoding|upgrade)$/;

/**
 * What no value of a header can hold: RFC 9110 §5.5. A host that is asked to send it fails in its own way. Some hosts
 * hang, and some end.
 */
export const unsendable: RegExp = /[^\t -~\x80-\xff]/;
