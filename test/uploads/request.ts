/** Builds the multipart requests of the suites byte by byte. */
import { createHash } from 'node:crypto';

export const boundary = 'the-boundary';
export const contentType = `multipart/form-data; boundary=${boundary}`;

export const uploadFile = 'mutation($file:Upload!){uploadFile(file:$file){name type size sha256}}';
export const uploadFiles = 'mutation($files:[Upload!]!){uploadFiles(files:$files){name type size sha256}}';

/** The application's description of a file that has arrived. */
export interface Described {
  readonly name: string;
  readonly type: string;
  readonly size: number;
  readonly sha256: string;
}

export function described(name: string, type: string, content: Uint8Array): Described {
  return { name, type, size: content.length, sha256: createHash('sha256').update(content).digest('hex') };
}

/** Everything up to the content of the file `0`. */
export function head(): string {
  return [
    `--${boundary}`,
    'Content-Disposition: form-data; name="operations"',
    '',
    JSON.stringify({ query: uploadFile, variables: { file: null } }),
    `--${boundary}`,
    'Content-Disposition: form-data; name="map"',
    '',
    '{"0":["variables.file"]}',
    `--${boundary}`,
    'Content-Disposition: form-data; name="0"; filename="a.bin"',
    'Content-Type: application/octet-stream',
    '',
    '',
  ].join('\r\n');
}

/** Everything after the content of the last file. */
export const tail = `\r\n--${boundary}--\r\n`;

/** Bytes that look random, are always the same, and are full of line ends. */
export function noise(size: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(size);
  let state = 1;
  for (let index = 0; index < size; index++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    bytes[index] = state >>> 24;
    if (bytes[index] === 0x2d) bytes.set([0x0d, 0x0a].slice(0, size - index), index++);
  }
  return bytes;
}

/** Files whose names and contents are easily corrupted. */
export const awkwardFiles: readonly File[] = [
  new File(['Hello!'], 'hello.txt', { type: 'application/x-hello' }),
  new File([], 'empty.bin', { type: 'application/octet-stream' }),
  new File(['日本 🚀'], '日本 "quoted" ünïcode \\ 🚀.txt', { type: 'text/x-japanese' }),
  new File([noise(300_000)], '../../etc/passwd', { type: 'image/png' }),
  new File([`\r\n--${boundary.slice(0, -1)}\r\n--\r\n`], '%41 ;name="map".txt', { type: 'application/octet-stream' }),
];

export async function describedFiles(files: readonly File[]): Promise<Described[]> {
  return await Promise.all(
    files.map(async (file) => described(file.name, file.type, new Uint8Array(await file.arrayBuffer()))),
  );
}

/** The multipart request for `uploadFiles`, as `FormData` writes it. */
export function formOf(files: readonly File[]): FormData {
  const form = new FormData();
  form.set('operations', JSON.stringify({ query: uploadFiles, variables: { files: files.map(() => null) } }));
  form.set('map', JSON.stringify(Object.fromEntries(files.map((_, index) => [index, [`variables.files.${index}`]]))));
  for (const [index, file] of files.entries()) form.set(String(index), file);
  return form;
}
