/**
 * How long a client has to read the response before the connection on which it still sends is ended, in milliseconds. A
 * connection that ends earlier may be reset, and the reset can overtake the response.
 */
export const LINGER = 50;
