/**
 * Whether a client prefers gzip to no encoding at all.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-12.5.3
 */
export function acceptsGzip(header: string | null): boolean {
  const weights = new Map<string, number>();
  for (const member of (header ?? '').toLowerCase().split(',')) {
    const [, coding = '', weight] = /^\s*([\w*.-]+)\s*(?:;\s*q\s*=\s*([\d.]+)\s*)?$/.exec(member) ?? [];
    weights.set(coding, Number(weight ?? 1));
  }
  const any = weights.get('*');
  const gzip = weights.get('gzip') ?? weights.get('x-gzip') ?? any ?? 0;
  // A client that names no weight takes an identity response only if there is nothing better.
  return gzip > 0 && gzip >= (weights.get('identity') ?? 0);
}
