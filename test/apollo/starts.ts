/**
 * How the server is started. Its owner starts it before it is served, or in the background, as Apollo recommends for
 * serverless hosts. Otherwise the handler starts it at the first request.
 */
export const starts = ['started', 'background', 'first-request'] as const;
export type Start = (typeof starts)[number];
