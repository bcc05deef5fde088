import { badRequest } from '../core/error.ts';

/** What the header of a part says about it. */
export interface PartHeader {
  readonly name: string;
  /** An empty string if the client sent none, or an empty one, as Node's `FormData` does for a file without a name. */
  readonly filename: string;
  /** The media type, or an empty string if the client sent none. */
  readonly type: string;
}

type Pair = readonly [name: string, value: string];

/**
 * Parses the header of a part. File names are as the client sent them, except that what clients escape is unescaped.
 *
 * @throws GraphQLError with the status 400.
 * @see https://html.spec.whatwg.org/multipage/form-control-infrastructure.html#multipart-form-data
 */
export function parseHeader(bytes: Uint8Array): PartHeader {
  const fields = parseFields(decode(bytes));
  const parameters = parseDisposition(only(fields, 'content-disposition') ?? '');
  const name = only(parameters, 'name');
  const filename = only(parameters, 'filename') ?? '';
  const extended = only(parameters, 'filename*') ?? '';
  // Files in another encoding would not be what the client meant.
  const encoding = only(fields, 'content-transfer-encoding') ?? 'binary';
  if (name === undefined || !/^(7bit|8bit|binary)$/i.test(encoding)) throw malformed();
  return {
    name: decodeName(name),
    filename: decodeExtended(extended) ?? decodeName(filename),
    type: only(fields, 'content-type') ?? '',
  };
}

function parseFields(text: string): Pair[] {
  if (text === '') return [];
  return text.split('\r\n').map((line) => {
    // No field may contain NUL, CR or LF: https://www.rfc-editor.org/rfc/rfc9110#section-5.5
    const [, name, value = ''] = /^([!#$%&'*+.^`|~\w-]+):([^\0\r\n]*)$/.exec(line) ?? [];
    if (name === undefined) throw malformed();
    return [name.toLowerCase(), value.trim()];
  });
}

/** The parameters of a value such as `form-data; name="0"; filename="a.txt"`. */
function parseDisposition(value: string): Pair[] {
  const type = /^form-data[ \t]*/i.exec(value)?.[0];
  if (type === undefined) throw malformed();
  const text = value.slice(type.length);
  // Browsers leave backslashes in names alone. Other clients write `\"` and `\\`. Their names are recognised only where
  // those of browsers would be malformed.
  const pairs = parseParameters(text, browserParameter) ?? parseParameters(text, escapedParameter)?.map(unquote);
  if (pairs === undefined) throw malformed();
  return pairs;
}

// Some clients leave the quotes out.
const browserParameter = /;[ \t]*([\w*-]+)=(?:"([^"]*)"|([^\s";]+))[ \t]*/y;
const escapedParameter = /;[ \t]*([\w*-]+)=(?:"((?:[^"\\]|\\.)*)"|([^\s";]+))[ \t]*/y;

/** Returns `undefined` if the text is anything but a list of such parameters. */
function parseParameters(text: string, parameter: RegExp): Pair[] | undefined {
  const pairs: Pair[] = [];
  for (let at = 0; at < text.length; at = parameter.lastIndex) {
    parameter.lastIndex = at;
    const [, name, quoted, token = ''] = parameter.exec(text) ?? [];
    if (name === undefined) return undefined;
    pairs.push([name.toLowerCase(), quoted ?? token]);
  }
  return pairs;
}

function unquote([name, value]: Pair): Pair {
  return [name, value.replace(/\\(["\\])/g, '$1')];
}

/** Decodes the three characters that browsers escape. */
function decodeName(name: string): string {
  return name.replace(/%(?:22|0A|0D)/gi, decodeURIComponent);
}

/**
 * The value of `filename*`. Returns `undefined` if it is not valid.
 *
 * @see https://www.rfc-editor.org/rfc/rfc8187#section-3.2
 */
function decodeExtended(value: string): string | undefined {
  const [, encoded] = /^utf-8'[\w-]*'((?:[\w!#$&+.^`|~-]|%(?!00)[\da-f]{2})+)$/i.exec(value) ?? [];
  try {
    return encoded && decodeURIComponent(encoded);
  } catch {
    // The bytes are not UTF-8.
    return undefined;
  }
}

/**
 * The value of this name. Refuses a second one, because other parsers may take it instead. RFC 7578 §4.8: fields that
 * nobody needs must be ignored.
 */
function only(pairs: readonly Pair[], name: string): string | undefined {
  const first = pairs.find((pair) => pair[0] === name);
  if (first !== pairs.findLast((pair) => pair[0] === name)) throw malformed();
  return first?.[1];
}

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw badRequest('The header of a part is not valid UTF-8.');
  }
}

function malformed(): Error {
  return badRequest('The header of a part is malformed.');
}
