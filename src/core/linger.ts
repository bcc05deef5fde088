/**
 * How long a client that is still sending may read the response before its connection is closed, in milliseconds. A
 * connection that is closed earlier may be reset, and the reset can overtake the response.
 */
export const LINGER = 50;
