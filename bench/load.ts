import { connect, type Socket } from 'node:net';

/**
 * Sends the same request repeatedly on keep-alive connections. Each connection sends its next request when its last
 * response is complete. Returns the body of the last response on the first connection.
 */
export async function load(port: number, request: Uint8Array, requests: number, connections = 16): Promise<string> {
  let left = requests;
  const responses = Array.from({ length: Math.min(connections, requests) }, async () => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true }).setEncoding('latin1');
    try {
      let response = '';
      while (left-- > 0) {
        socket.write(request);
        response = await readResponse(socket);
      }
      return response;
    } finally {
      socket.destroy();
    }
  });
  const [response = ''] = await Promise.all(responses);
  return response;
}

function readResponse(socket: Socket): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    const fail = (cause?: unknown) => reject(new Error(`The connection ended in a response: ${text}`, { cause }));
    const onData = (chunk: string) => {
      text += chunk;
      const head = text.indexOf('\r\n\r\n');
      if (head === -1) return;
      const length = /\r\ncontent-length: *(\d+)/i.exec(text.slice(0, head))?.[1];
      const isComplete = length === undefined ? text.endsWith('0\r\n\r\n') : text.length >= head + 4 + Number(length);
      if (!isComplete) return;
      socket.off('data', onData).off('close', fail).off('error', fail);
      if (/^HTTP\/1\.1 200 /.test(text)) resolve(text.slice(head + 4));
      else reject(new Error(`Expected 200: ${text}`));
    };
    socket.on('data', onData).once('close', fail).once('error', fail);
  });
}

/** Returns the bytes of an HTTP/1.1 POST request. */
export function wireRequest(headers: Record<string, string>, body: string): Uint8Array {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return new TextEncoder().encode(`POST /graphql HTTP/1.1\r\n${lines.join('')}\r\n${body}`);
}
