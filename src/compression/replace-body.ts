const readers = ['arrayBuffer', 'blob', 'bytes', 'formData', 'json', 'text'] as const;

/**
 * Gives a request another body, in place: `new Request` would lose what bridges and platforms keep on theirs. The
 * headers that describe the old body are gone.
 */
export function replaceBody(request: Request, body: ReadableStream<Uint8Array<ArrayBuffer>> | null): void {
  const headers = new Headers();
  request.headers.forEach((value, name) => {
    if (name !== 'content-encoding' && name !== 'content-length') headers.append(name, value);
  });
  const type = headers.get('content-type');
  const holder = new Response(body, type === null ? {} : { headers: { 'content-type': type } });
  const members: PropertyDescriptorMap = {
    headers: { configurable: true, value: headers },
    body: { configurable: true, get: () => holder.body },
    bodyUsed: { configurable: true, get: () => holder.bodyUsed },
  };
  for (const name of readers) members[name] = { configurable: true, value: () => holder[name]() };
  Object.defineProperties(request, members);
}
