import { multipart } from 'apollo-server-integration-fetch/uploads';

/** Accepts one small picture per request. */
export const uploads = multipart({ maxFileBytes: 200_000, maxFiles: 1, maxTotalBytes: 210_000 });

const signatures = {
  'image/png': [0x89, 0x50, 0x4e, 0x47],
  'image/jpeg': [0xff, 0xd8, 0xff],
};

/**
 * Returns the picture as a data URL, or `undefined` if the file is not a picture. The bytes determine the type, because
 * the type that a client declares may be wrong.
 */
export function toDataURL(picture: Uint8Array): string | undefined {
  const isPicture = ([, signature]: [string, number[]]) => signature.every((byte, index) => picture[index] === byte);
  const type = Object.entries(signatures).find(isPicture)?.[0];
  const text = Array.from(picture, (byte) => String.fromCharCode(byte)).join('');
  return type && `data:${type};base64,${btoa(text)}`;
}
