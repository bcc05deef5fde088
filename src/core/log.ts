/**
 * Writes to a logger of the user's. A logger that throws or rejects must cost no client its response, and must not end
 * the process.
 */
export function logSafely(write: () => unknown): void {
  (async () => await write())().catch(() => {});
}
