/** Joins chunks. */
export interface Collector {
  add(chunk: Uint8Array<ArrayBuffer>): void;
  /** Returns all that was added. */
  bytes(): Uint8Array<ArrayBuffer>;
}

/**
 * Copies each chunk at once, because a chunk of one byte may keep a buffer of 64 KiB alive, and a client can send any
 * number of such chunks.
 *
 * @param maxBytes The most that all chunks together may have. No larger buffer is allocated.
 */
export function createCollector(maxBytes?: number): Collector {
  let bytes: Uint8Array<ArrayBuffer> = new Uint8Array();
  let size = 0;
  return {
    add(chunk) {
      const end = size + chunk.byteLength;
      if (size === 0) {
        // The buffer belongs to the host. It is already full, so nothing is ever written into it.
        bytes = chunk;
      } else {
        if (end > bytes.byteLength) {
          const larger = new Uint8Array(Math.min(2 * end, maxBytes ?? 2 * end));
          larger.set(bytes);
          bytes = larger;
        }
        bytes.set(chunk, size);
      }
      size = end;
    },
    bytes: () => bytes.subarray(0, size),
  };
}
