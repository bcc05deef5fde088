import { ApolloServer, type ApolloServerOptions, type BaseContext } from '@apollo/server';
import { GraphQLError, type GraphQLFormattedError } from 'graphql';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { createFetchHandler, type FetchHandlerOptions } from '../../src/index.ts';
import { GraphQLUpload, type MultipartOptions, multipart } from '../../src/uploads.ts';
import { createLogger } from '../apps/logger.ts';

const typeDefs = /* GraphQL */ `
  scalar Upload
  scalar JSON
  input Nested {
    files: [Upload]
    deeper: Nested
  }
  type Query {
    hello: String
    upload: Upload
  }
  type Mutation {
    one(file: Upload): String
    many(files: [Upload!]!): String
    nested(input: Nested): String
    json(value: JSON): String
  }
`;

/** The values that the resolvers received, in the order of their calls. */
type Received = unknown[];

function createHandler(
  received: Received,
  {
    uploads = {},
    apollo = {},
    ...options
  }: FetchHandlerOptions<BaseContext, unknown[]> & {
    uploads?: MultipartOptions;
    apollo?: Partial<ApolloServerOptions<BaseContext>>;
  } = {},
) {
  const receive = (_parent: unknown, args: Record<string, unknown>) => {
    received.push(...Object.values(args));
    return 'done';
  };
  const error = vi.fn();
  const server = new ApolloServer({
    typeDefs,
    resolvers: {
      Upload: GraphQLUpload,
      Query: { hello: () => 'world', upload: () => new File([], 'a') },
      Mutation: { one: receive, many: receive, nested: receive, json: receive },
    },
    logger: createLogger(error),
    includeStacktraceInErrorResponses: false,
    allowBatchedHttpRequests: true,
    ...apollo,
  } as ApolloServerOptions<BaseContext>);
  return { handler: createFetchHandler(server, { multipart: multipart(uploads), ...options }), error };
}

const encoder = new TextEncoder();

function bytesOf(...pieces: (string | Uint8Array)[]): Uint8Array<ArrayBuffer> {
  const arrays = pieces.map((piece) => (typeof piece === 'string' ? encoder.encode(piece) : piece));
  const bytes = new Uint8Array(arrays.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const array of arrays) {
    bytes.set(array, at);
    at += array.length;
  }
  return bytes;
}

/** A part: its header and its content. */
type Part = readonly [header: string, content: string | Uint8Array];

const field = (name: string, content: string): Part => [`Content-Disposition: form-data; name="${name}"`, content];
const file = (name: string, content: string | Uint8Array = 'content', filename = 'a.txt'): Part => [
  `Content-Disposition: form-data; name="${name}"; filename="${filename}"\r\nContent-Type: text/plain`,
  content,
];

function bodyOf(parts: readonly Part[], boundary = 'x'): Uint8Array<ArrayBuffer> {
  const delimited = parts.flatMap(([header, content]) => [`--${boundary}\r\n${header}\r\n\r\n`, content, '\r\n']);
  return bytesOf(...delimited, `--${boundary}--\r\n`);
}

const oneFile = 'mutation($file:Upload){one(file:$file)}';
const operations = (query: string, variables: object): Part =>
  field('operations', JSON.stringify({ query, variables }));
const map = (value: unknown): Part => field('map', JSON.stringify(value));
const one: readonly Part[] = [operations(oneFile, { file: null }), map({ 0: ['variables.file'] })];

interface Sent {
  readonly type?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

function post(body: BodyInit, { type = 'multipart/form-data; boundary=x', headers }: Sent = {}): Request {
  return new Request('http://a.test/', {
    method: 'POST',
    headers: { 'content-type': type, 'apollo-require-preflight': '1', ...headers },
    body,
    ...{ duplex: 'half' },
  });
}

/** A body that arrives in these chunks. It counts the chunks that were read. */
function streamOf(chunks: Iterable<Uint8Array>) {
  const iterator = chunks[Symbol.iterator]();
  const source = { chunks: 0, cancelled: false };
  const body = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        const { done, value } = iterator.next();
        if (done) return controller.close();
        source.chunks++;
        controller.enqueue(value);
      },
      cancel() {
        source.cancelled = true;
      },
    },
    { highWaterMark: 0 },
  );
  return { source, body };
}

function* cut(bytes: Uint8Array, size: number): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

type Setup = Parameters<typeof createHandler>[1];

/** Sends a request that must succeed, and returns what the resolvers received. */
async function upload(body: BodyInit, setup?: Setup, sent?: Sent): Promise<Received> {
  const received: Received = [];
  const { handler, error } = createHandler(received, setup);
  const response = await handler(post(body, sent));
  const text = await response.text();
  expect([response.status, text], text).toEqual([200, expect.not.stringContaining('errors')]);
  expect(error).not.toHaveBeenCalled();
  return received;
}

/** Sends a request that must be refused, and returns the status and the message. */
async function refuse(body: BodyInit, setup?: Setup, sent?: Sent): Promise<[status: number, message: string]> {
  const received: Received = [];
  const { handler, error } = createHandler(received, setup);
  const response = await handler(post(body, sent));
  const { errors, ...rest }: { errors: GraphQLFormattedError[] } = await response.json();
  expect(response.headers.get('content-type')).toBe('application/json; charset=utf-8');
  expect(rest).toEqual({});
  expect(errors).toHaveLength(1);
  expect(errors[0]?.extensions?.code).toBe('BAD_REQUEST');
  expect(received).toEqual([]);
  expect(error).not.toHaveBeenCalled();
  return [response.status, errors[0]?.message ?? ''];
}

async function textOf(value: unknown): Promise<string> {
  if (!(value instanceof File)) throw new Error(`Not a file: ${value}`);
  return await value.text();
}

describe('places a file', () => {
  test('at a variable', async () => {
    const [received] = await upload(bodyOf([...one, file('0', 'Hi!', 'hi.txt')]));
    expect(received).toBeInstanceOf(File);
    expect(received).toMatchObject({ name: 'hi.txt', type: 'text/plain', size: 3 });
    expect(await textOf(received)).toBe('Hi!');
  });

  test('in a list, in the order of the variables', async () => {
    const [received] = await upload(
      bodyOf([
        operations('mutation($files:[Upload!]!){many(files:$files)}', { files: [null, null] }),
        map({ b: ['variables.files.1'], a: ['variables.files.0'] }),
        file('b', 'second'),
        file('a', 'first'),
      ]),
    );
    expect(await Promise.all(Object(received).map(textOf))).toEqual(['first', 'second']);
  });

  test('in nested input, and leaves other nulls alone', async () => {
    const [received] = await upload(
      bodyOf([
        operations('mutation($input:Nested){nested(input:$input)}', {
          input: { files: null, deeper: { files: [null, null], deeper: null } },
        }),
        map({ 0: ['variables.input.deeper.files.1'] }),
        file('0', 'deep'),
      ]),
    );
    expect(received).toEqual({ files: null, deeper: { files: [null, expect.any(File)], deeper: null } });
    expect(await textOf(Object(received).deeper.files[1])).toBe('deep');
  });

  test('at several places, as one object', async () => {
    const [first, second] = await upload(
      bodyOf([
        operations('mutation($a:Upload $b:Upload){one(file:$a) again:one(file:$b)}', { a: null, b: null }),
        map({ 0: ['variables.a', 'variables.b'] }),
        file('0'),
      ]),
    );
    expect(first).toBeInstanceOf(File);
    expect(first).toBe(second);
  });

  test('in each operation of a batch', async () => {
    const operation = { query: oneFile, variables: { file: null } };
    const received = await upload(
      bodyOf([
        field('operations', JSON.stringify([operation, operation])),
        map({ 0: ['0.variables.file'], 1: ['1.variables.file'] }),
        file('0', 'first'),
        file('1', 'second'),
      ]),
    );
    expect((await Promise.all(received.map(textOf))).sort()).toEqual(['first', 'second']);
  });

  test('and the context function sees it', async () => {
    const context = vi.fn(async () => ({}));
    await upload(bodyOf([...one, file('0')]), { context });
    expect(context).toHaveBeenCalledExactlyOnceWith(
      expect.objectContaining({ body: { query: oneFile, variables: { file: expect.any(File) } } }),
    );
  });
});

test('takes an operation without a file', async () => {
  expect(await upload(bodyOf([operations(oneFile, { file: null }), map({})]))).toEqual([null]);
});

describe('keeps the content', () => {
  const awkward = [
    '',
    '\r\n',
    '\r\n--',
    '\r\n--x'.slice(0, -1),
    '--x',
    '--x--',
    '\r\n\r\n--\r\n--',
    '\r\r\n-\r\n--\r\r\n--',
    '\n--x\r\n',
    'Content-Disposition: form-data; name="map"\r\n\r\n{}',
    '\0\u{1F680}',
  ];

  test.each(awkward)('%j', async (content) => {
    const [received] = await upload(bodyOf([...one, file('0', content)]));
    expect(await textOf(received)).toBe(content);
  });

  test('of every byte', async () => {
    const content = Uint8Array.from({ length: 1024 }, (_, index) => (index < 256 ? index : index * 167));
    const [received] = await upload(bodyOf([...one, file('0', content)]));
    expect(received instanceof File && new Uint8Array(await received.arrayBuffer())).toEqual(content);
  });

  const whole = bodyOf([...one, file('0', '\r\n--\r\n'), ...[]]);

  test.each(Array.from({ length: 12 }, (_, index) => index + 1))('in chunks of %i bytes', async (size) => {
    const { body } = streamOf(cut(whole, size));
    const [received] = await upload(body);
    expect(await textOf(received)).toBe('\r\n--\r\n');
  });

  test('cut in two anywhere', async () => {
    for (let at = 1; at < whole.length; at++) {
      const { body } = streamOf([whole.subarray(0, at), whole.subarray(at)]);
      const [received] = await upload(body);
      expect(await textOf(received)).toBe('\r\n--\r\n');
    }
  }, 30_000);

  // The parser reads blocks of 65,536 bytes. Here the end of a block falls on either side of each byte of a part.
  test('wherever the end of a block falls', async () => {
    const parts = (content: string, header: string): Part[] => [
      operations('mutation($files:[Upload!]!){many(files:$files)}', { files: [null, null] }),
      map({ 0: ['variables.files.0'], 1: ['variables.files.1'] }),
      file('0', content),
      [`${header}${file('1')[0]}`, ''],
    ];
    const before = bodyOf(parts('', '')).length;
    for (let shift = -5; shift <= 150; shift++) {
      const content = '\r\n--'.repeat(16_384).slice(0, 65_536 - before + shift);
      const [received] = await upload(bodyOf(parts(content, '')));
      expect(await Promise.all(Object(received).map(textOf))).toEqual([content, '']);
    }
    for (let shift = 0; shift <= 8000; shift += 1000) {
      const content = 'a'.repeat(65_536 - before + shift - 7900);
      const [received] = await upload(bodyOf(parts(content, `X: ${'x'.repeat(8000)}\r\n`)));
      expect(await Promise.all(Object(received).map(textOf))).toEqual([content, '']);
    }
  });

  test('of many blocks, whatever the chunks', async () => {
    const content = Uint8Array.from({ length: 300_000 }, (_, index) => '\r\n--x\0'.charCodeAt((index * index) % 5));
    const expected = content.slice();
    for (const size of [999, 65_535, 65_536, 65_537, 131_072, 400_000]) {
      const { body } = streamOf(cut(bodyOf([...one, file('0', content)], 'long-boundary'), size));
      const [received] = await upload(body, {}, { type: 'multipart/form-data; boundary=long-boundary' });
      expect(received instanceof File && Buffer.from(await received.arrayBuffer()).equals(expected)).toBe(true);
    }
  });

  test('of chunks whose buffers are used again', async () => {
    const buffer = new Uint8Array(7);
    const { body } = streamOf(
      (function* () {
        for (const chunk of cut(whole, 7)) {
          buffer.set(chunk);
          yield buffer.subarray(0, chunk.length);
        }
      })(),
    );
    const [received] = await upload(body);
    expect(await textOf(received)).toBe('\r\n--\r\n');
  });
});

// RFC 2046 §5.1.1
describe('ignores', () => {
  const text = new TextDecoder().decode(bodyOf([...one, file('0')]));
  const long = '\r\n--\r\r\n-'.repeat(20_000);

  test.each<[name: string, body: string]>([
    ['a line end before the first boundary', `\r\n${text}`],
    ['a preamble', `--\r\n-x\r--x\n--x\r\npreamble\r\n${text}`],
    ['a long preamble', `${long}\r\n${text}`],
    ['two line ends at the end', `${text}\r\n`],
    ['an epilogue', `${text}\r\n--x\r\nepilogue`],
    ['a long epilogue', `${text}${long}`],
    ['padding after each boundary', text.replaceAll(/--x(--)?\r\n/g, '--x$1 \t \r\n')],
    ['padding at the end', `${text.slice(0, -2)} \t`],
    ['long padding', text.replaceAll(/--x(--)?\r\n/g, `--x$1${' \t'.repeat(50_000)}\r\n`)],
  ])('%s', async (_name, body) => {
    for (const size of [1, 7, 65_536, 1_000_000]) {
      const { body: chunks } = streamOf(cut(bytesOf(body), size));
      const [received] = await upload(chunks);
      expect(await textOf(received)).toBe('content');
    }
  });
});

describe('reads the header of a part', () => {
  const withHeader = (header: string) => bodyOf([...one, [header, 'content']]);

  test.each<[header: string, name: string, type: string]>([
    ['Content-Disposition: form-data; name="0"; filename="日本 🚀.txt"', '日本 🚀.txt', ''],
    ['content-disposition:form-data;name="0";filename=""', '', ''],
    ['Content-Disposition: form-data; name="0"', '', ''],
    ['Content-Disposition: form-data; name="0"; filename*=utf-8\'\'a', 'a', ''],
    ['CONTENT-DISPOSITION: FORM-DATA; NAME="0"; FILENAME="A"', 'A', ''],
    // .NET writes it like this.
    ["Content-Disposition: form-data; name=0; filename==?utf-8?B?w7wudHh0?=; filename*=utf-8''%C3%BC.txt", 'ü.txt', ''],
    ["Content-Disposition: form-data; filename*=UTF-8'de-DE'%22%0a%2522+~; name=0", '"\n%22+~', ''],
    // What is not valid in RFC 8187 is ignored.
    ...["iso-8859-1''%FC", "utf-8''%FC", "utf-8''%2", "utf-8''a%00", "utf-8''", "utf-8''a/b", 'b', '"b"'].map(
      (value): [string, string, string] => [
        `Content-Disposition: form-data; name=0; filename=a; filename*=${value}`,
        'a',
        '',
      ],
    ),
    // Go, Rust's reqwest, Insomnia and curl before 7.81 escape quotes and backslashes like this.
    ['Content-Disposition: form-data; name="0"; filename="a\\"b"', 'a"b', ''],
    ['Content-Disposition: form-data; name="0"; filename="\\""', '"', ''],
    ['Content-Disposition: form-data; name="0"; filename="\\"; name=\\"map"', '"; name="map', ''],
    ['Content-Disposition: form-data; name="0"; filename="C:\\\\a\\b\\"%0A"', 'C:\\a\\b"\n', ''],
    // RFC 7578 §4.8: what nobody needs is ignored.
    ['X: 1\r\nX: 2\r\nContent-Disposition: form-data; name="0"; size=1; size=2; filename="a"', 'a', ''],
    ['Content-Disposition: form-data; filename="a;b=c"; name="0"', 'a;b=c', ''],
    ['Content-Disposition: form-data; name="0"; filename="%22%0D%0a%41%"', '"\r\n%41%', ''],
    ['Content-Disposition: form-data; name="0"; filename="..\\..\\a\\"', '..\\..\\a\\', ''],
    ['Content-Disposition: form-data; name="0"; filename="../../etc/passwd"', '../../etc/passwd', ''],
    ['Content-Disposition: form-data; name="0"; filename="\u202Egnp.exe"', '\u202Egnp.exe', ''],
    ['Content-Disposition: form-data; name="0"; filename="__proto__"', '__proto__', ''],
    ['Content-Disposition: form-data ; name="0" ;filename="a" ', 'a', ''],
    [
      'X-Other: 1\r\nContent-Type: Image/PNG \r\nContent-Disposition: form-data; name="0"; filename="a"',
      'a',
      'image/png',
    ],
    ['Content-Disposition: form-data; name="0"; filename="a"\r\nContent-Transfer-Encoding: binary', 'a', ''],
    [
      'Content-Disposition: form-data; name="0"; filename="a"\r\nContent-Type: text/plain; charset=utf-8',
      'a',
      'text/plain; charset=utf-8',
    ],
    ['Content-Disposition: form-data; name="0"; filename="a"\r\nContent-Type: é', 'a', ''],
    [`X: ${'a'.repeat(8000)}\r\nContent-Disposition: form-data; name="0"; filename="a"`, 'a', ''],
  ])('%j', async (header, name, type) => {
    const [received] = await upload(withHeader(header));
    expect(received).toMatchObject({ name, type, size: 7 });
  });

  const malformed = 'The header of a part is malformed.';
  test.each<[header: string, message: string]>([
    ['', malformed],
    ['\r\n', malformed],
    ['Content-Type: text/plain', malformed],
    ['Content-Disposition: form-data; filename="a"', malformed],
    ['Content-Disposition: attachment; name="0"; filename="a"', malformed],
    ['Content-Disposition: form-datax; name="0"; filename="a"', malformed],
    ['Content-Disposition: name="0"; filename="a"', malformed],
    ['Content-Disposition: form-data; name="0"; filename="a\\"b', malformed],
    ['Content-Disposition: form-data; name="0"; filename="a\\"b" x', malformed],
    ['Content-Disposition: form-data; name="0"; filename="a\\"; filename="b"', malformed],
    ["Content-Disposition: form-data; name=0; filename*=utf-8''a; filename*=utf-8''b", malformed],
    ['Content-Disposition: form-data; name="0"\r\nContent-Type: a/b\r\nContent-Type: a/c', malformed],
    ['Content-Disposition: form-data; name="0"\r\nX: 1\r\nX', malformed],
    ['Content-Disposition: form-data; name="0"; filename="a', malformed],
    ['Content-Disposition: form-data; name="0"; filename=a b', malformed],
    ['Content-Disposition: form-data; name="0"; filename="a" x', malformed],
    ['Content-Disposition: form-data; name="0"; filename="a";', malformed],
    ['Content-Disposition: form-data; name="0"; name="0"; filename="a"', malformed],
    ['Content-Disposition: form-data; name="0"; filename="a"; FILENAME="b"', malformed],
    ['Content-Disposition: form-data; name="0"; filename="a"\r\nContent-Disposition: form-data; name="1"', malformed],
    ['Content-Disposition: form-data; name="0";\r\n filename="a"', malformed],
    ['Content-Disposition: form-data; name="0"; filename="a"\nX: y', malformed],
    ['Content-Disposition: form-data; name="0"; filename="a\rb"', malformed],
    ['Content-Disposition: form-data; name="0"; filename="a\0b"', malformed],
    ['Content-Disposition : form-data; name="0"; filename="a"', malformed],
    ['no field', malformed],
    [': nothing', malformed],
    ['Content-Disposition: form-data; name="0"; filename="a"\r\nno field', malformed],
    ['Content-Disposition: x form-data; name="0"; filename="a"', malformed],
    ['Content-Disposition: form-data; name="0"; filename="a"\r\nContent-Transfer-Encoding: base64', malformed],
    [
      `Content-Disposition: form-data; name="0"; filename="${'a'.repeat(8192)}"`,
      'The header of a part is larger than 8192 bytes.',
    ],
    ['Content-Disposition: form-data; name=""; filename="a"', 'A part is not in the "map", or comes twice.'],
    ['Content-Disposition: form-data; name="1"; filename="a"', 'A part is not in the "map", or comes twice.'],
    ['Content-Disposition: form-data; name="toString"; filename="a"', 'A part is not in the "map", or comes twice.'],
  ])('refuses %j', async (header, message) => {
    expect(await refuse(withHeader(header))).toEqual([400, message]);
  });

  test('refuses invalid UTF-8', async () => {
    const [before, after] = ['Content-Disposition: form-data; name="0"; filename="', '"\r\n\r\n\r\n--x--'];
    const body = bytesOf(bodyOf(one).slice(0, -4), '\r\n', before, Uint8Array.of(0xff), after);
    expect(await refuse(body)).toEqual([400, 'The header of a part is not valid UTF-8.']);
  });
});

describe('refuses', () => {
  const text = new TextDecoder().decode(bodyOf([...one, file('0')]));
  const order = 'A multipart request must have the part "operations", then "map", then the files.';
  const missing = 'A part of the multipart request is missing.';
  const endedEarly = 'The multipart request ended early.';
  const unknown = 'A part is not in the "map", or comes twice.';
  const noBoundary = 'The multipart request does not contain its boundary.';
  const badDelimiter = 'A boundary of the multipart request is malformed.';
  const [ops, fileMap] = one as readonly [Part, Part];

  test.each<[name: string, body: string | Uint8Array<ArrayBuffer>, message: string]>([
    ['an empty body', '', noBoundary],
    ['another boundary', text.replaceAll('--x', '--y'), noBoundary],
    ['a boundary in the middle of a line', `preamble${text}`, order],
    ['no last boundary', bodyOf([...one, file('0')]).slice(0, -4), endedEarly],
    ['no parts', '--x--\r\n', missing],
    ['no map', bodyOf([ops]), missing],
    ['no file', bodyOf(one), missing],
    ['only files', bodyOf([file('0')]), order],
    ['the map first', bodyOf([fileMap, ops, file('0')]), order],
    ['a file before the map', bodyOf([ops, file('0'), fileMap]), order],
    ['something before the operations', bodyOf([field('a', ''), ...one, file('0')]), order],
    ['operations twice', bodyOf([ops, ops, fileMap, file('0')]), order],
    ['operations at the end again', bodyOf([...one, file('0'), ops]), unknown],
    ['the map twice', bodyOf([...one, fileMap, file('0')]), unknown],
    ['a file twice', bodyOf([...one, file('0'), file('0')]), unknown],
    ['a file that is not in the map', bodyOf([...one, file('0'), file('1')]), unknown],
    ['line ends of LF', text.replaceAll('\r\n', '\n'), badDelimiter],
    ['one line end of LF', text.replace('--x\r\n', '--x\n'), badDelimiter],
    ['a boundary with more behind it', text.replace('--x\r\n', '--xy\r\n'), badDelimiter],
    ['a boundary with padding and more behind it', text.replace('--x\r\n', '--x y\r\n'), badDelimiter],
    ['a boundary with padding before its end', text.replace('--x--', '--x --'), badDelimiter],
    ['a boundary with half a line end', text.replace('--x\r\n', '--x\ra'), badDelimiter],
    ['a boundary with the other half', text.replace('--x\r\n', '--xa\n'), badDelimiter],
    ['a boundary with half an end', text.replace('--x--', '--x-'), badDelimiter],
    ['content that looks like a boundary', bodyOf([...one, file('0', '\r\n--xy')]), badDelimiter],
    ['a boundary with more behind its end', text.replace('--x--', '--x--y'), badDelimiter],
    ['one more byte', `${text.slice(0, -2)}y`, badDelimiter],
    ['a longer boundary in the preamble', `--xy\r\n${text}`, badDelimiter],
    ['the last boundary first', `--x--\r\n${text}`, missing],
    ['no header at all', '--x\r\n\r\ncontent\r\n--x--', 'The header of a part is malformed.'],
  ])('%s', async (_name, body, message) => {
    expect(await refuse(body)).toEqual([400, message]);
    const { body: slow } = streamOf(cut(bytesOf(body), 1));
    expect(await refuse(slow)).toEqual([400, message]);
  });

  test('a body cut off anywhere', async () => {
    const whole = bodyOf([...one, file('0')]);
    // The line end after the last boundary is optional.
    for (let length = 0; length < whole.length - 2; length++) {
      expect(await refuse(whole.slice(0, length)), `${length} bytes`).toEqual([
        400,
        length < 3 ? noBoundary : endedEarly,
      ]);
    }
    expect(await upload(whole.slice(0, -2))).toHaveLength(1);
    expect(await upload(whole.slice(0, -1))).toHaveLength(1);
  });

  test('a body whose source fails', async () => {
    const body = new ReadableStream({
      pull() {
        throw new Error('reset by peer');
      },
    });
    expect(await refuse(body)).toEqual([400, 'The request body ended early.']);
  });

  test.each<[operations: string, status: number, message: string]>([
    ['', 400, 'The part "operations" must be a JSON object.'],
    ['null', 400, 'The part "operations" must be a JSON object.'],
    ['"{}"', 400, 'The part "operations" must be a JSON object.'],
    ['1', 400, 'The part "operations" must be a JSON object.'],
    ['{', 400, 'Invalid JSON in the request body.'],
    ['{}', 400, 'The path "variables.file" of the part "map" must lead to a variable that is null.'],
    ['[]', 400, 'The path "variables.file" of the part "map" must lead to a variable that is null.'],
    ['[{},{},{},{}]', 400, 'A batch may hold at most 3 operations.'],
    [`{"query":"${'a'.repeat(490)}"}`, 413, 'The part "operations" is larger than 500 bytes.'],
  ])('operations %j', async (operations, status, message) => {
    const body = bodyOf([field('operations', operations), fileMap, file('0')]);
    expect(await refuse(body, { maxBodyBytes: 500, maxBatchSize: 3 })).toEqual([status, message]);
  });

  const noObject = 'The part "map" must be a JSON object.';
  const noPaths = 'The part "map" must list the paths of each file.';
  test.each<[map: string, status: number, message: string]>([
    ['', 400, noObject],
    ['null', 400, noObject],
    ['[]', 400, noObject],
    ['"a"', 400, noObject],
    ['{"0":', 400, 'Invalid JSON in the request body.'],
    ['{"0":"variables.file"}', 400, noPaths],
    ['{"0":null}', 400, noPaths],
    ['{"0":[]}', 400, noPaths],
    ['{"0":[1]}', 400, noPaths],
    ['{"0":[null]}', 400, noPaths],
    ['{"0":[["variables","file"]]}', 400, noPaths],
    [`{"0":["variables.file"],"a":["${'a'.repeat(500)}"]}`, 413, 'The part "map" is larger than 500 bytes.'],
  ])('map %j', async (map, status, message) => {
    const body = bodyOf([ops, field('map', map), file('0')]);
    expect(await refuse(body, { maxBodyBytes: 500 })).toEqual([status, message]);
  });
});

describe('a path of the map', () => {
  const hostile = `{
    "query": "mutation($value:JSON){json(value:$value)}",
    "operationName": null,
    "extensions": null,
    "variables": {
      "value": { "list": [null], "text": "abc", "zero": 0, "no": false, "empty": "", "":null,
        "__proto__": { "polluted": null }, "constructor": { "prototype": { "polluted": null } }, "prototype": null,
        "own": { "__proto__": null, "constructor": null } }
    }
  }`;
  const send = (operations: string, ...paths: string[]) =>
    bodyOf([field('operations', operations), map({ 0: paths }), file('0')]);

  test('may lead anywhere in the variables', async () => {
    const [value] = await upload(send(hostile, 'variables.value.list.0', 'variables.value.'));
    expect(value).toMatchObject({ list: [expect.any(File)], '': expect.any(File) });
  });

  test.each([
    '',
    '.',
    'variables',
    'variables.',
    'query',
    'operationName',
    'extensions',
    'variable',
    'variables.missing',
    'variables.value',
    'variables.value.text',
    'variables.value.text.0',
    'variables.value.text.length',
    'variables.value.zero',
    'variables.value.no',
    'variables.value.empty',
    'variables.value.list',
    'variables.value.list.1',
    'variables.value.list.00',
    'variables.value.list.-1',
    'variables.value.list.length',
    'variables.value.list.0.a',
    'variables.value.list. 0',
    'variables.value.list.push',
    'variables.value.toString',
    'variables.value.__proto__',
    'variables.value.__proto__.polluted',
    'variables.value.constructor.prototype.polluted',
    'variables.value.prototype',
    'variables.value.own.__proto__',
    'variables.value.own.constructor',
    'variables.__proto__.polluted',
    'variables.constructor.prototype.polluted',
    '__proto__.variables.polluted',
    '0.variables.value.list.0',
    ' variables.value.list.0',
    'variables/value/list/0',
  ])('is refused: %j', async (path) => {
    expect(await refuse(send(hostile, path))).toEqual([
      400,
      `The path ${JSON.stringify(path)} of the part "map" must lead to a variable that is null.`,
    ]);
    expect({}).not.toHaveProperty('polluted');
  });

  test.each([
    'variables.file',
    '1.variables.file',
    '-1.variables.file',
    'length.variables',
    '0.query',
    '0.variables',
    '00.variables.file',
  ])('is refused in a batch: %j', async (path) => {
    const batch = `[{"query":"{hello}","variables":{"file":null}}]`;
    expect((await refuse(send(batch, path)))[0]).toBe(400);
    expect(await upload(send(batch, '0.variables.file'))).toEqual([]);
  });

  test('is named only in part if it is long', async () => {
    const [, message] = await refuse(send(hostile, 'a'.repeat(10_000)));
    expect(message).toContain(`The path "${'a'.repeat(100)}" of`);
  });

  test('is refused where a null is inherited', async () => {
    Object.defineProperty(Object.prototype, 'inherited', { value: null, writable: true, configurable: true });
    onTestFinished(() => void Reflect.deleteProperty(Object.prototype, 'inherited'));
    expect((await refuse(send(hostile, 'variables.value.inherited')))[0]).toBe(400);
    expect(Object(Object.prototype).inherited).toBeNull();
  });

  test('is refused where variables is null', async () => {
    expect((await refuse(send('{"query":"{hello}","variables":null}', 'variables')))[0]).toBe(400);
  });

  test('is refused where another file goes', async () => {
    const parts = [operations(oneFile, { file: null }), map({ 0: ['variables.file'], 1: ['variables.file'] })];
    expect((await refuse(bodyOf([...parts, file('0'), file('1')])))[0]).toBe(400);
    expect(
      (await refuse(send(`{"query":"${oneFile}","variables":{"file":null}}`, 'variables.file', 'variables.file')))[0],
    ).toBe(400);
  });

  test('that is long, and many of them, take time in proportion', async () => {
    const depth = 40_000;
    const deep = `{"query":"{hello}","variables":${'{"a":'.repeat(depth)}null${'}'.repeat(depth)}}`;
    const wide = JSON.stringify({ query: '{hello}', variables: { a: Array(60_000).fill(null) } });
    const start = performance.now();
    await upload(send(deep, `variables${'.a'.repeat(depth)}`));
    const paths = Array.from({ length: 30_000 }, (_, index) => `variables.a.${index}`);
    await upload(send(wide, ...paths), { uploads: { maxFiles: 30_000 } });
    expect(performance.now() - start).toBeLessThan(2000);
  });
});

describe('limits', () => {
  const body = bodyOf([...one, file('0', 'a'.repeat(1000))]);
  const two = bodyOf([
    operations('mutation($files:[Upload!]!){many(files:$files)}', { files: [null, null] }),
    map({ 0: ['variables.files.0'], 1: ['variables.files.1'] }),
    file('0', 'a'.repeat(1000)),
    file('1', 'a'.repeat(1000)),
  ]);

  const threePlaces = bodyOf([
    operations('mutation($files:[Upload!]!){many(files:$files)}', { files: [null, null, null] }),
    map({ 0: ['variables.files.0', 'variables.files.2'], 1: ['variables.files.1'] }),
    file('0'),
    file('1'),
  ]);

  test.each<[MultipartOptions, Uint8Array<ArrayBuffer>, number, string]>([
    [{ maxFileBytes: 999 }, body, 413, 'A file is larger than 999 bytes.'],
    [{ maxFileBytes: 999 }, two, 413, 'A file is larger than 999 bytes.'],
    [{ maxFiles: 1 }, two, 400, 'A request may upload at most 1 files.'],
    [{ maxFiles: 0 }, body, 400, 'A request may upload at most 0 files.'],
    [{ maxFiles: 2 }, threePlaces, 400, 'A request may upload at most 2 files.'],
    [{ maxTotalBytes: body.length - 1 }, body, 413, `The request body is larger than ${body.length - 1} bytes.`],
  ])('refuse what is over %j', async (uploads, body, status, message) => {
    for (const size of [1, 100, 100_000]) {
      const { body: chunked } = streamOf(cut(body, size));
      expect(await refuse(chunked, { uploads })).toEqual([status, message]);
    }
  });

  test('let through what reaches them', async () => {
    const uploads = { maxFileBytes: 1000, maxFiles: 1, maxTotalBytes: body.length };
    expect(await upload(body, { uploads })).toHaveLength(1);
    expect(await upload(body, { uploads }, { headers: { 'content-length': String(body.length) } })).toHaveLength(1);
    expect(await upload(two, { uploads: { ...uploads, maxFiles: 2, maxTotalBytes: two.length } })).toHaveLength(1);
    expect(await upload(threePlaces, { uploads: { maxFiles: 3 } })).toHaveLength(1);
  });

  test('let operations and map reach maxBodyBytes each', async () => {
    const length = Math.max(...one.map(([, { length }]) => length));
    expect(await upload(body, { maxBodyBytes: length })).toHaveLength(1);
    expect(await refuse(body, { maxBodyBytes: length - 1 })).toEqual([
      413,
      `The part "operations" is larger than ${length - 1} bytes.`,
    ]);
  });

  test('refuse a declared length unread', async () => {
    const { source, body: stream } = streamOf(cut(body, 1));
    const sent = { headers: { 'content-length': '20000' } };
    expect((await refuse(stream, { uploads: { maxTotalBytes: 19_999 } }, sent))[0]).toBe(413);
    expect(source.chunks).toBe(0);
  });

  function* endless(): Generator<Uint8Array> {
    yield bodyOf([...one, file('0', '')]).slice(0, -'\r\n--x--\r\n'.length);
    for (;;) yield new Uint8Array(65_536);
  }

  test.each<[name: string, uploads: MultipartOptions, chunks: number]>([
    ['a file', { maxFileBytes: 500_000, maxTotalBytes: Number.POSITIVE_INFINITY }, 9],
    ['all of it', { maxFileBytes: Number.POSITIVE_INFINITY, maxTotalBytes: 500_000 }, 9],
  ])('stop reading what never ends, at the limit of %s', async (_name, uploads, chunks) => {
    const { source, body } = streamOf(endless());
    expect((await refuse(body, { uploads }))[0]).toBe(413);
    expect(source.chunks).toBe(chunks);
    await vi.waitFor(() => expect(source.cancelled).toBe(true));
    expect(source.chunks).toBe(chunks);
  });

  test('stop reading at the first mistake', async () => {
    const { source, body } = streamOf(
      (function* () {
        yield bytesOf('--x\r\nContent-Disposition: form-data; name="other"\r\n\r\n');
        yield* endless();
      })(),
    );
    expect((await refuse(body))[0]).toBe(400);
    expect(source.chunks).toBe(3);
  });

  test('stop reading a header that never ends', async () => {
    const { source, body } = streamOf(
      (function* () {
        yield bytesOf('--x\r\nX: ');
        for (;;) yield bytesOf('a'.repeat(10_000));
      })(),
    );
    expect(await refuse(body)).toEqual([400, 'The header of a part is larger than 8192 bytes.']);
    expect(source.chunks).toBeLessThanOrEqual(8);
  });

  test.each<[keyof MultipartOptions, unknown]>([
    ['maxFileBytes', Number.NaN],
    ['maxFiles', -1],
    ['maxTotalBytes', 'many'],
  ])('must be numbers: %s %j', (name, value) => {
    expect(() => multipart({ [name]: value })).toThrow(
      new RangeError(`${name} must be a number from 0 up. Received ${value}.`),
    );
  });
});

describe('the boundary', () => {
  const whole = [...one, file('0')];

  test.each([
    "'()+_,-./:=?",
    'a',
    'a b',
    'b'.repeat(70),
    '-'.repeat(70),
    '--',
    '----WebKitFormBoundary7MA4YWxkTrZu0gW',
    '------------------------d74496d66958873e',
  ])('may be %j', async (boundary) => {
    const type = `multipart/form-data; boundary="${boundary}"`;
    expect(await upload(bodyOf(whole, boundary), {}, { type })).toHaveLength(1);
  });

  test.each([
    'multipart/form-data',
    'multipart/form-data; boundary=',
    'multipart/form-data; boundary=""',
    'multipart/form-data; boundary="a "',
    'multipart/form-data; boundary="a\\"b"',
    'multipart/form-data; boundary="a\tb"',
    'multipart/form-data; boundary=\u00e9',
    'multipart/form-data; boundary="a;b"',
    `multipart/form-data; boundary=${'b'.repeat(71)}`,
  ])('must be one: %j', async (type) => {
    const { source, body } = streamOf(cut(bodyOf(whole), 10));
    expect(await refuse(body, {}, { type })).toEqual([
      400,
      'The boundary of the multipart request is missing or invalid.',
    ]);
    expect(source.chunks).toBe(0);
  });

  test('is the first of two', async () => {
    expect(await upload(bodyOf(whole), {}, { type: 'multipart/form-data; boundary=x; boundary=y' })).toHaveLength(1);
  });

  test.each<[boundary: string, content: string]>([
    ['-'.repeat(70), '-'],
    ['a'.repeat(70), 'a'],
    [`${'a'.repeat(69)}b`, 'a'],
    ['a'.repeat(70), `\r\n--${'a'.repeat(69)}`],
    ['a'.repeat(70), '\r'],
    ['a'.repeat(70), '\r\n'],
    ['ab'.repeat(35), '\r\n--ab'],
  ])('of %j costs no more for content of %j', async (boundary, unit) => {
    const content = unit.repeat(4_000_000 / unit.length);
    const start = performance.now();
    const type = `multipart/form-data; boundary=${boundary}`;
    const [received] = await upload(bodyOf([...one, file('0', content)], boundary), {}, { type });
    expect(performance.now() - start).toBeLessThan(1000);
    expect(received).toHaveProperty('size', content.length);
  });
});

describe('CSRF', () => {
  const whole = bodyOf([...one, file('0')]);

  /** Sends a request, and returns the response, how much of its body was read, and how many files arrived. */
  async function attempt(setup: Setup, headers: Readonly<Record<string, string>>) {
    const { source, body } = streamOf(cut(whole, 10));
    const request = new Request('http://a.test/', {
      method: 'POST',
      headers: { 'content-type': 'multipart/form-data; boundary=x', ...headers },
      body,
      ...{ duplex: 'half' },
    });
    const received: Received = [];
    const { handler } = createHandler(received, setup);
    const response = await handler(request);
    return { status: response.status, text: await response.text(), chunks: source.chunks, received: received.length };
  }

  test.each<[string, Readonly<Record<string, string>>]>([
    ['no header', {}],
    ['an empty header', { 'apollo-require-preflight': '' }],
    ['another header', { 'x-apollo-operation-names': '1' }],
    ['a custom header', { 'x-custom': '1' }],
    ['cookies', { cookie: 'a=b', origin: 'http://evil.test' }],
  ])('is refused by Apollo, and by the reader where Apollo does not: %s', async (_name, headers) => {
    expect(await attempt({}, headers)).toMatchObject({
      status: 400,
      text: expect.stringContaining('Cross-Site Request Forgery'),
      chunks: 0,
      received: 0,
    });
    expect(await attempt({ apollo: { csrfPrevention: false } }, headers)).toMatchObject({
      status: 400,
      text: expect.stringContaining('x-apollo-operation-name, apollo-require-preflight'),
      chunks: 0,
      received: 0,
    });
  });

  test.each(['apollo-require-preflight', 'x-apollo-operation-name', 'Apollo-Require-Preflight'])(
    'is prevented by the header %s',
    async (name) => {
      for (const csrfPrevention of [true, false]) {
        expect(await attempt({ apollo: { csrfPrevention } }, { [name]: 'yes' })).toMatchObject({
          status: 200,
          received: 1,
        });
      }
    },
  );

  test('is prevented by a custom header that both Apollo and the reader are given', async () => {
    const apollo = { csrfPrevention: { requestHeaders: ['x-custom'] } };
    expect(await attempt({ apollo }, { 'x-custom': '1' })).toMatchObject({ status: 400, chunks: 0 });
    const uploads = { requestHeaders: ['X-Custom'] };
    expect(await attempt({ apollo, uploads }, { 'x-custom': '1' })).toMatchObject({ status: 200, received: 1 });
    expect(await attempt({ apollo, uploads }, { 'apollo-require-preflight': '1' })).toMatchObject({
      status: 400,
      chunks: 0,
    });
  });
});

describe('without the option', () => {
  function handlerWithout() {
    const server = new ApolloServer({ typeDefs: 'type Query { hello: String }' });
    return createFetchHandler(server);
  }

  test('a multipart request is refused unread, and told of it', async () => {
    const { source, body } = streamOf(cut(bodyOf([...one, file('0')]), 10));
    const response = await handlerWithout()(post(body));
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({
      errors: [
        {
          message: 'File uploads are off. The option "multipart" of the handler turns them on.',
          extensions: { code: 'BAD_REQUEST' },
        },
      ],
    });
    expect(source.chunks).toBe(0);
  });

  test('CSRF prevention comes first', async () => {
    const response = await handlerWithout()(post('', { headers: { 'apollo-require-preflight': '' } }));
    expect(response.status).toBe(400);
    expect(await response.text()).toContain('Cross-Site Request Forgery');
  });
});

test.each<[string, BodyInit, number, string]>([
  ['a limit', bodyOf([...one, file('0', 'a'.repeat(101))]), 413, 'A file is larger than 100 bytes.'],
  ['malformed bytes', 'malformed', 400, 'The multipart request does not contain its boundary.'],
])('refuses %s as Apollo refuses', async (_name, body, status, message) => {
  const invalidRequestWasReceived = vi.fn();
  const context = vi.fn(async () => ({}));
  const { handler } = createHandler([], {
    context,
    uploads: { maxFileBytes: 100 },
    apollo: {
      plugins: [{ invalidRequestWasReceived }],
      formatError: (formatted) => ({ ...formatted, message: `formatted: ${formatted.message}` }),
      stringifyResult: (result) => `/**/${JSON.stringify(result)}`,
    },
  });
  const accept = 'application/graphql-response+json';
  const response = await handler(post(body, { headers: { accept } }));
  expect(response.status).toBe(status);
  expect(response.headers.get('content-type')).toBe(`${accept}; charset=utf-8`);
  expect(await response.text()).toBe(
    `/**/${JSON.stringify({ errors: [{ message: `formatted: ${message}`, extensions: { code: 'BAD_REQUEST' } }] })}`,
  );
  expect(invalidRequestWasReceived).toHaveBeenCalledExactlyOnceWith({ error: expect.objectContaining({ message }) });
  expect(context).not.toHaveBeenCalled();
});

test.each<[string, Sent, number]>([
  ['a content-encoding', { headers: { 'content-encoding': 'gzip' } }, 415],
  ['a media type that only looks like it', { type: 'multipart/form-datax; boundary=x' }, 400],
  ['another multipart', { type: 'multipart/mixed; boundary=x' }, 400],
])('reads nothing of %s', async (_name, sent, status) => {
  const { source, body } = streamOf(cut(bodyOf([...one, file('0')]), 10));
  expect((await refuse(body, {}, sent))[0]).toBe(status);
  expect(source.chunks).toBe(0);
});

test.each([
  'multipart/form-data;boundary=x',
  'MULTIPART/Form-Data; BOUNDARY=x',
  ' multipart/form-data ; charset=utf-8; boundary="x"',
])('reads %j', async (type) => {
  expect(await upload(bodyOf([...one, file('0')]), {}, { type })).toHaveLength(1);
});

test('reads what FormData of this platform writes', async () => {
  const files = [
    new File(['a"b'], 'a"b\r\n\\ü 🚀.txt', { type: 'text/x' }),
    new File([], ''),
    new File([new Uint8Array(200_000).fill(13)], 'large.bin'),
  ];
  const form = new FormData();
  const variables = { files: files.map(() => null) };
  form.set('operations', JSON.stringify({ query: 'mutation($files:[Upload!]!){many(files:$files)}', variables }));
  form.set('map', JSON.stringify(Object.fromEntries(files.map((_, index) => [index, [`variables.files.${index}`]]))));
  for (const [index, file] of files.entries()) form.set(String(index), file);
  const request = new Request('http://a.test/', {
    method: 'POST',
    headers: { 'apollo-require-preflight': '1' },
    body: form,
  });
  const received: Received = [];
  const response = await createHandler(received).handler(request);
  expect(response.status).toBe(200);
  const describeFile = async (file: File) => [
    file.name,
    file.size,
    Buffer.from(await file.arrayBuffer()).toString('hex'),
  ];
  expect(await Promise.all(Object(received[0]).map(describeFile))).toEqual(await Promise.all(files.map(describeFile)));
});

describe('the scalar Upload', () => {
  async function execute(query: string, variables: unknown) {
    const received: Received = [];
    const { handler } = createHandler(received);
    const response = await handler(post(JSON.stringify({ query, variables }), { type: 'application/json' }));
    const { errors }: { errors?: GraphQLFormattedError[] } = await response.json();
    return { status: response.status, code: errors?.[0]?.extensions?.code, message: errors?.[0]?.message, received };
  }

  test.each([
    'a string',
    '',
    1,
    true,
    {},
    { name: 'a.txt', size: 1, type: 'text/plain', lastModified: 0 },
    { __proto__: { constructor: { name: 'File' } } },
    [],
    [1],
  ])('takes no JSON: %j', async (file) => {
    const { status, code, message, received } = await execute(oneFile, { file });
    expect([status, code, received]).toEqual([400, 'BAD_USER_INPUT', []]);
    expect(message).toContain('Expected a file of a multipart request.');
  });

  test.each(['"a"', '1', '{ name: "a" }', '[1]', 'a', 'true'])('takes no literal: %s', async (literal) => {
    const { status, code, message, received } = await execute(`mutation { one(file: ${literal}) }`, {});
    expect([status, code, received]).toEqual([400, 'GRAPHQL_VALIDATION_FAILED', []]);
    expect(message).toContain('Expected a file of a multipart request.');
  });

  test('takes null where the schema does', async () => {
    expect(await execute(oneFile, { file: null })).toMatchObject({ status: 200, received: [null] });
  });

  test('is not sent', async () => {
    expect(await execute('{ upload }', {})).toMatchObject({ message: 'The scalar Upload is for input only.' });
  });

  test('tells where it is specified', () => {
    expect(GraphQLUpload.toConfig()).toMatchObject({
      name: 'Upload',
      specifiedByURL: expect.stringMatching(/^https:/),
    });
    expect(() => GraphQLUpload.parseValue('a')).toThrow(GraphQLError);
  });
});
