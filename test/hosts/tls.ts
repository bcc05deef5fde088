/** A key that both sides know, so that no certificate is needed. */
const psk = Buffer.alloc(32, 1);
const shared = { ciphers: 'PSK', maxVersion: 'TLSv1.2' } as const;

export const serverTLS = { ...shared, pskCallback: () => psk };

export const clientTLS = {
  ...shared,
  pskCallback: () => ({ psk, identity: 'client' }),
  checkServerIdentity: () => undefined,
};
