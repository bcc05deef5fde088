/** Writes headers of a response. Returns a copy if they are immutable, as after `fetch` or `Response.redirect`. */
export function writeHeaders(response: Response, write: (headers: Headers) => void): Response {
  try {
    write(response.headers);
    return response;
  } catch {
    // A network error has no headers, and nobody can read it anyway.
    if (response.type === 'error') return response;
    const copy = new Response(response.body, response);
    write(copy.headers);
    return copy;
  }
}
