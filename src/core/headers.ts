/** Writes headers of a response, or of a copy of it: those of what `fetch` or `Response.redirect` made are immutable. */
export function writeHeaders(response: Response, write: (headers: Headers) => void): Response {
  try {
    write(response.headers);
    return response;
  } catch {
    const copy = new Response(response.body, response);
    write(copy.headers);
    return copy;
  }
}
