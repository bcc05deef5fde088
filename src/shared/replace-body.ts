const readers = ['arrayBuffer', 'blob', 'bytes', 'formData', 'json', 'text'] as const;

/**
 * Gives a request another body, in place: `new Request` would lose what bridges and platforms keep on theirs.
 */
export function replaceBody(
  request: Request,
  body: ReadableStream<Uint8Array<ArrayBuffer>> | Uint8Array<ArrayBuffer> | null,
): void {
  const type = request.headers.get('content-type');
  let holder: Response | undefined;
  /** Made when it is first used, because a request that a cache responds to is never read. */
  const hold = () => {
    holder ??= new Response(body, type === null ? {} : { headers: { 'content-type': type } });
    return holder;
  };
  const members: PropertyDescriptorMap = {
    body: { configurable: true, get: () => hold().body },
    bodyUsed: { configurable: true, get: () => holder?.bodyUsed ?? false },
  };
  for (const name of readers) members[name] = { configurable: true, value: () => hold()[name]() };
  Object.defineProperties(request, members);
}
