/** Whether it can stand in a URL as it is, and ends where it seems to end. */
export function isHost(host: unknown): host is string {
  return typeof host === 'string' && /^[\w.:[\]-]+$/.test(host) && URL.canParse(`http://${host}`);
}
