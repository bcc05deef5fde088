import { readFileSync } from 'node:fs';
import { DEFAULT_CIPHERS } from 'node:tls';

/** A key that client and server share, so that no certificate is needed. */
const psk = Buffer.alloc(32, 1);
const maxVersion = 'TLSv1.2';

export const serverTLS = { ciphers: 'PSK', maxVersion, pskCallback: () => psk } as const;

/** The options of a client for a server with that key, and for a server with the certificate of the projects. */
export const clientTLS = {
  // The default list forbids pre-shared keys.
  ciphers: `PSK:${DEFAULT_CIPHERS.replace(':!PSK', '')}`,
  maxVersion,
  pskCallback: () => ({ psk, identity: 'client' }),
  ca: readFileSync(new URL('projects/node/cert.pem', import.meta.url)),
  checkServerIdentity: () => undefined,
} as const;
