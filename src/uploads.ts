/**
 * Reads file uploads on every host: `import { GraphQLUpload, multipart } from
 * 'apollo-server-integration-fetch/uploads'`.
 *
 * @module
 */
import { GraphQLError, GraphQLScalarType } from 'graphql';
import { readChunks } from './core/bytes.ts';
import { badRequest } from './core/error.ts';
import { checkNumber } from './core/limits.ts';
import type { MultipartReader } from './core/options.ts';
import { Form } from './uploads/form.ts';
import { parseHeader } from './uploads/header.ts';
import { MultipartParser } from './uploads/parser.ts';

/** Options of {@link multipart}. */
export interface MultipartOptions {
  /**
   * The largest file, in bytes. A larger one gets the status 413.
   *
   * @default 5_242_880 (5 MiB)
   */
  readonly maxFileBytes?: number;
  /**
   * The most files in one request. More get the status 400. A file counts once for each of its places.
   *
   * @default 10
   */
  readonly maxFiles?: number;
  /**
   * The largest request body, in bytes. A larger one gets the status 413.
   *
   * @default 10_485_760 (10 MiB)
   */
  readonly maxTotalBytes?: number;
  /**
   * The headers that prove that a request is not a cross-site form. A request must have one of them, with a value. The
   * default is that of Apollo's CSRF prevention. If you set `csrfPrevention.requestHeaders` of the server, set the same
   * names here. A request without one gets the status 400, and its body is not read.
   *
   * @default ['x-apollo-operation-name', 'apollo-require-preflight']
   */
  readonly requestHeaders?: readonly string[];
}

/**
 * Reads file uploads. Pass the result to `createFetchHandler` as the option `multipart`. Resolvers receive a `File` of
 * the platform for each variable of the type `Upload`, which {@link GraphQLUpload} implements.
 *
 * A file is held in memory until its request is over. The body is read only after Apollo's CSRF prevention has let the
 * request pass. `operations` and `map` may each be as large as `maxBodyBytes` of the handler.
 *
 * @param options The limits, and what tells an upload from a cross-site form.
 * @returns The option `multipart` of `createFetchHandler`.
 * @throws RangeError if a limit is negative or not a number.
 * @see https://github.com/jaydenseric/graphql-multipart-request-spec
 *
 * @example
 * ```ts
 * import { ApolloServer } from '@apollo/server';
 * import { createFetchHandler } from 'apollo-server-integration-fetch';
 * import { GraphQLUpload, multipart } from 'apollo-server-integration-fetch/uploads';
 *
 * const server = new ApolloServer({
 *   typeDefs: `
 *     scalar Upload
 *     type Query { hello: String }
 *     type Mutation { countBytes(file: Upload!): Int }
 *   `,
 *   resolvers: {
 *     Upload: GraphQLUpload,
 *     Mutation: { countBytes: (_parent, { file }: { file: File }) => file.size },
 *   },
 * });
 *
 * export default {
 *   fetch: createFetchHandler(server, { multipart: multipart({ maxFileBytes: 1_000_000 }) }),
 * };
 * ```
 */
export function multipart(options: MultipartOptions = {}): MultipartReader {
  const {
    maxFileBytes = 5_242_880,
    maxFiles = 10,
    maxTotalBytes = 10_485_760,
    requestHeaders = ['x-apollo-operation-name', 'apollo-require-preflight'],
  } = options;
  checkNumber('maxFileBytes', maxFileBytes);
  checkNumber('maxFiles', maxFiles);
  checkNumber('maxTotalBytes', maxTotalBytes);

  return async function readMultipart(request, headers, boundary, limits) {
    if (!requestHeaders.some((name) => headers.get(name))) {
      throw badRequest(`A multipart request must have one of the headers ${requestHeaders.join(', ')}.`);
    }
    const form = new Form({ ...limits, maxFileBytes, maxFiles });
    const parser = new MultipartParser(boundary, (header) => form.open(parseHeader(header)));
    await readChunks(request, headers, maxTotalBytes, (chunk) => parser.write(chunk));
    parser.end();
    return form.end();
  };
}

/**
 * The scalar `Upload`: a `File` as a variable of a multipart request. It is for input only. A request with any other
 * value, such as a string, a JSON object or a literal in the query, gets the status 400.
 */
export const GraphQLUpload: GraphQLScalarType<File, never> = new GraphQLScalarType<File, never>({
  name: 'Upload',
  description: 'A file, sent as a part of a GraphQL multipart request.',
  specifiedByURL: 'https://github.com/jaydenseric/graphql-multipart-request-spec',
  parseValue(value) {
    if (value instanceof File) return value;
    throw new GraphQLError('Expected a file of a multipart request.');
  },
  serialize() {
    throw new GraphQLError('The scalar Upload is for input only.');
  },
});
