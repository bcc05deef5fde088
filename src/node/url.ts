import { isHost } from '../shared/host.ts';
import type { NodeIncoming } from './objects.ts';

/** The URL of a request. Its path and query are those of the request target, whatever `Host` says. */
export function urlOf({ originalUrl, url = '/', headers, socket }: NodeIncoming): string {
  let path = originalUrl ?? url;
  let host = headers[':authority'] ?? headers.host;
  if (!path.startsWith('/')) {
    // RFC 9112 §3.2: the target may also be `*`, or a URL, whose host then replaces `Host`.
    const absolute = /^[a-z][a-z\d+.-]*:\/\/([^/?#]*)(.*)$/i.exec(path);
    if (absolute !== null) [, host, path = ''] = absolute;
    if (!path.startsWith('/')) path = `/${path}`;
  }
  return `${socket.encrypted ? 'https' : 'http'}://${isHost(host) ? host : 'localhost'}${path}`;
}
