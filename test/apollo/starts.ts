/**
 * Who starts the server: its owner, before it is served; its owner, in the background, as Apollo recommends for
 * serverless hosts; or nobody, so that the handler does at the first request.
 */
export const starts = ['started', 'background', 'first-request'] as const;
export type Start = (typeof starts)[number];
