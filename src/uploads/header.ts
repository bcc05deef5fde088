import { badRequest } from '../core/error.ts';

/** What the header of a part says about it. */
export interface PartHeader {
  readonly name: string;
  /** An empty string if the client sent none, or an empty one, as Node's `FormData` does for a file without a name. */
  readonly filename: string;
  /** The media type, or an empty string if the client sent none. */
  readonly type: string;
}

/**
 * Parses the header of a part. File names are as the client sent them, except that the three characters that browsers
 * escape are unescaped.
 *
 * @throws GraphQLError with the status 400.
 * @see https://html.spec.whatwg.org/multipage/form-control-infrastructure.html#multipart-form-data
 */
export function parseHeader(bytes: Uint8Array): PartHeader {
  const fields = parseFields(decode(bytes));
  const parameters = parseDisposition(fields.get('content-disposition') ?? '');
  const name = parameters.get('name');
  // Files in another encoding would not be what the client meant.
  const encoding = fields.get('content-transfer-encoding') ?? 'binary';
  if (name === undefined || !/^(7bit|8bit|binary)$/i.test(encoding)) throw malformed();
  return { name, filename: parameters.get('filename') ?? '', type: fields.get('content-type') ?? '' };
}

function parseFields(text: string): Map<string, string> {
  const fields = new Map<string, string>();
  if (text === '') return fields;
  for (const line of text.split('\r\n')) {
    // No field may contain NUL, CR or LF: https://www.rfc-editor.org/rfc/rfc9110#section-5.5
    const [, name = '', value = ''] = /^([!#$%&'*+.^`|~\w-]+):([^\0\r\n]*)$/.exec(line) ?? [];
    add(fields, name.toLowerCase(), value.trim());
  }
  return fields;
}

/** The parameters of a value such as `form-data; name="0"; filename="a.txt"`. */
function parseDisposition(value: string): Map<string, string> {
  const parameters = new Map<string, string>();
  const type = /^form-data[ \t]*/i.exec(value)?.[0];
  if (type === undefined) throw malformed();
  // Browsers put names into quotes and leave backslashes alone. Some clients leave the quotes out.
  const parameter = /;[ \t]*([\w*-]+)=(?:"([^"]*)"|([^\s";]+))[ \t]*/y;
  for (let at = type.length; at < value.length; at = parameter.lastIndex) {
    parameter.lastIndex = at;
    const [, name = '', quoted, token = ''] = parameter.exec(value) ?? [];
    add(parameters, name.toLowerCase(), decodeName(quoted ?? token));
  }
  return parameters;
}

/** Refuses a name that is there already, because other parsers may take the other value. */
function add(values: Map<string, string>, name: string, value: string): void {
  if (name === '' || values.has(name)) throw malformed();
  values.set(name, value);
}

function decodeName(name: string): string {
  return name.replace(/%(?:22|0A|0D)/gi, decodeURIComponent);
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
