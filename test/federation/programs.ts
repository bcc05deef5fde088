/** The programs of `docs/hosts/federation.md`. */
export const federationPrograms: readonly string[] = ['subgraph.ts', 'stocks.ts', 'gateway.mts'].map(
  (name) => `docs/hosts/federation.md#${name}`,
);
