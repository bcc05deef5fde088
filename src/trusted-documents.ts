/**
 * Executes only the operations that you wrote: `import { trustedDocuments } from
 * 'apollo-server-integration-fetch/trusted-documents'`.
 *
 * @module
 */
import type { DocumentReader } from './core/options.ts';
import { type FindDocument, findIn, type TrustedDocumentStore } from './trusted-documents/documents.ts';
import { idOf, isObject, type Parameters, readSearch, withText, writeSearch } from './trusted-documents/parameters.ts';
import { idAndText, idRequired, notInList, notInSafelist } from './trusted-documents/refusals.ts';
import { forbidCaching } from './trusted-documents/uncached.ts';

export type { PersistedQueryManifest } from './trusted-documents/documents.ts';
export type { DocumentReader, FindDocument, TrustedDocumentStore };

/** Options of `trustedDocuments`. */
export interface TrustedDocumentsOptions<Platform extends unknown[], TRequest extends Request = Request> {
  /** The documents, or how to find one by its id. An object or a `Map` is copied at set-up. */
  readonly documents: TrustedDocumentStore<Platform>;
  /**
   * Returns whether a request may send any text: a developer's, or Apollo Sandbox's. Called at most once for a request,
   * and only if it has an unknown text or id, with the request and what the platform passes after it. No cache may keep
   * the response.
   *
   * @default () => false
   */
  readonly allow?: (request: TRequest, ...platform: Platform) => boolean | Promise<boolean>;
}

/**
 * Lets clients execute only the documents that you have written. A client sends the id of a document, or its exact
 * text. Every other request gets the status 400 and one of Apollo Router's codes. It is neither parsed nor validated,
 * and no context is made for it:
 *
 * - `PERSISTED_QUERY_NOT_IN_LIST`: the id is unknown.
 * - `QUERY_NOT_IN_SAFELIST`: the text is not one of the documents.
 * - `PERSISTED_QUERY_ID_REQUIRED`: it is a text, and `documents` is a function, which finds documents by their id
 *   alone.
 * - `CANNOT_SEND_PQ_ID_AND_BODY`: it is an id together with another text.
 * - `BAD_REQUEST`: it has two ids, or one that is not a string of 1 to 256 visible ASCII characters.
 *
 * `formatError`, `Accept` and `stringifyResult` apply to them as to Apollo Server's own refusals. Apollo Server calls
 * `invalidRequestWasReceived` for `BAD_REQUEST` alone.
 *
 * The id is `extensions.persistedQuery.sha256Hash`, as Apollo's clients send it, or `documentId`, as the appendix of
 * GraphQL over HTTP proposes it. Both may begin with `sha256:`. This holds for POST and GET, for each operation of a
 * batch, for subscriptions and for uploads. Nothing is registered as an automatic persisted query.
 *
 * @param options The documents, and who may send others.
 * @returns The option `documents` of `createFetchHandler`.
 * @throws TypeError at set-up for an id or a document that cannot be one. A function that throws causes a logged 500.
 * @see https://www.apollographql.com/docs/graphos/platform/security/persisted-queries
 * @see https://github.com/graphql/graphql-over-http/pull/264
 *
 * @example
 * ```ts
 * import { ApolloServer } from '@apollo/server';
 * import { createFetchHandler } from 'apollo-server-integration-fetch';
 * import { trustedDocuments } from 'apollo-server-integration-fetch/trusted-documents';
 *
 * const server = new ApolloServer({ typeDefs: 'type Query { hello: String }' });
 *
 * export const handler = createFetchHandler(server, {
 *   documents: trustedDocuments({ documents: { hello: 'query Hello { hello }' } }),
 * });
 * ```
 */
export function trustedDocuments<Platform extends unknown[] = unknown[], TRequest extends Request = Request>(
  options: TrustedDocumentsOptions<Platform, TRequest>,
): DocumentReader<Platform, TRequest> {
  const { allow = () => false } = options;
  const documents = findIn(options.documents);

  return async (request, httpRequest, body, ...platform) => {
    let allowed: Promise<boolean> | undefined;
    const mayPass = () => (allowed ??= isAllowed());

    async function isAllowed(): Promise<boolean> {
      if (!(await allow(request, ...platform))) return false;
      forbidCaching(httpRequest);
      return true;
    }

    /** Returns the text to execute, or `undefined` for what may pass as it is, or what Apollo refuses. */
    async function textOf(parameters: Parameters): Promise<string | undefined> {
      const id = idOf(parameters);
      const { query } = parameters;
      if (id === undefined) {
        if (typeof query !== 'string' || documents.hasText(query) || (await mayPass())) return undefined;
        throw documents.knowsTexts ? notInSafelist() : idRequired();
      }
      const text = await documents.find(id, platform);
      if (text === undefined) {
        if (await mayPass()) return undefined;
        throw notInList();
      }
      // Apollo's clients send `query: null` or none at all.
      if (query && query !== text) throw idAndText();
      return text;
    }

    async function check(operation: unknown): Promise<unknown> {
      if (!isObject(operation)) return operation;
      const text = await textOf(operation);
      return text === undefined ? operation : withText(operation, text);
    }

    if (httpRequest.method === 'GET') {
      const search = new URLSearchParams(httpRequest.search);
      const parameters = readSearch(search);
      const text = await textOf(parameters);
      if (text !== undefined) httpRequest.search = writeSearch(search, withText(parameters, text));
    }
    return Array.isArray(body) ? await Promise.all(body.map(check)) : await check(body);
  };
}
