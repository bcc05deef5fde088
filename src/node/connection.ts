import type { NodeIncoming, NodeOutgoing } from './objects.ts';

/** Whether the response has been sent or can no longer be sent. */
export function isClosed({ socket }: NodeIncoming, res: NodeOutgoing): boolean {
  // An HTTP/2 response has no `closed`, but its stream has.
  return (res.stream ?? res).closed || (res.socket === null && socket.destroyed);
}

/** The callbacks of the responses that wait behind another one on their connection. */
const pipelined = new WeakMap<object, Set<() => void>>();

/** Calls back when the response has been sent or its client has disconnected, possibly more than once. */
export function onClose(req: NodeIncoming, res: NodeOutgoing, callback: () => void): void {
  if (isClosed(req, res)) {
    callback();
    return;
  }
  res.on('close', callback);
  if (res.socket !== null) return;
  // Node.js 20 and 22 emit no `close` on a response that waits. One listener per socket serves all of them.
  const { socket } = req;
  let callbacks = pipelined.get(socket);
  if (callbacks === undefined) {
    const created = new Set<() => void>();
    socket.on('close', () => {
      for (const call of created) call();
    });
    pipelined.set(socket, created);
    callbacks = created;
  }
  callbacks.add(callback);
  res.on('close', () => callbacks.delete(callback));
}
