/** Whether a value can be put into a URL as its host, unchanged and without reaching into the rest of the URL. */
export function isHost(host: unknown): host is string {
  return typeof host === 'string' && /^[\w.:[\]-]+$/.test(host) && URL.canParse(`http://${host}`);
}
