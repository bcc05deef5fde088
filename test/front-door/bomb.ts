import { constants, deflateRawSync, gzipSync } from 'node:zlib';

/** A gzip body of about 1 kB that inflates to a megabyte of spaces, as many times over as it says. */
export function bomb(megabytes: number): Buffer<ArrayBuffer> {
  const header = gzipSync('').subarray(0, 10);
  // After a full flush, a block does not refer to those before it, so it can be repeated without being inflated.
  const block = deflateRawSync(Buffer.alloc(1_048_576, ' '), { level: 9, finishFlush: constants.Z_FULL_FLUSH });
  return Buffer.concat([header, ...Array.from({ length: megabytes }, () => block)]);
}
