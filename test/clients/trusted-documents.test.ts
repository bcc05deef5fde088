import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { ApolloClient, CombinedGraphQLErrors, gql, HttpLink, InMemoryCache } from '@apollo/client';
import { PersistedQueryLink } from '@apollo/client/link/persisted-queries';
import type { PersistedQueryManifest } from '@apollo/generate-persisted-query-manifest';
import { generatePersistedQueryIdsFromManifest } from '@apollo/persisted-query-lists';
import { ApolloServer } from '@apollo/server';
import { persistedExchange } from '@urql/exchange-persisted';
import type { DocumentNode } from 'graphql';
import { type ConcreteRequest, Environment, fetchQuery, Network, RecordSource, Store } from 'relay-runtime';
import { Client, fetchExchange } from 'urql';
import { beforeAll, describe, expect, test } from 'vitest';
import { createFetchHandler } from '../../src/index.ts';
import { createRequestListener } from '../../src/node.ts';
import { subscriptions } from '../../src/subscriptions.ts';
import { trustedDocuments } from '../../src/trusted-documents.ts';

const generator = fileURLToPath(
  new URL('../../node_modules/@apollo/generate-persisted-query-manifest/cli.js', import.meta.url),
);

/** The operations of an application, in the file that the generator reads. */
const program = `
  import { gql } from '@apollo/client';
  export const greet = gql\`query Greet($name: String) { user(name: $name) { ...Greeting } }\`;
  export const greeting = gql\`fragment Greeting on User { greeting }\`;
  export const rename = gql\`mutation Rename { rename }\`;
  export const ticks = gql\`subscription Ticks { ticks }\`;
`;
const greet = gql`
  query Greet($name: String) { user(name: $name) { ...Greeting } }
  fragment Greeting on User { greeting }
`;
const rename = gql`
  mutation Rename { rename }
`;
const ticks = gql`
  subscription Ticks { ticks }
`;
const unknown = gql`
  query Unknown { user(name: "unknown") { greeting } }
`;

/** What GraphQL Code Generator writes into `persisted-documents.json`, and into each document as its hash. */
const codegenText = 'query Codegen { user(name: "codegen") { greeting } }';
const codegenId = `sha256:${createHash('sha256').update(codegenText).digest('hex')}`;

/** What relay-compiler writes into the file of its `persistConfig`. */
const relayId = '287d91c3265dafe3fecf809b0b843ad9b2ea93d18bae82e14970ea1747374a9a';
const relay = { [relayId]: 'query appUserQuery(\n  $name: String\n) {\n  user(name: $name) {\n    greeting\n  }\n}\n' };

let manifest: PersistedQueryManifest;
let url: string;
/** The requests that the server has received: their method, and a JSON body or the parameters of a GET. */
let received: (readonly [method: string, parameters: Record<string, unknown>])[] = [];

beforeAll(async () => {
  const folder = await mkdtemp(join(tmpdir(), 'trusted-'));
  await writeFile(join(folder, 'app.ts'), program);
  await writeFile(join(folder, 'persisted-query-manifest.config.json'), '{ "documents": "app.ts" }');
  await promisify(execFile)(process.execPath, [generator], { cwd: folder });
  manifest = JSON.parse(await readFile(join(folder, 'persisted-query-manifest.json'), 'utf8'));
  await rm(folder, { recursive: true });

  const server = new ApolloServer({
    typeDefs: `
      type Query { user(name: String): User }
      type User { greeting: String }
      type Mutation { rename: Boolean }
      type Subscription { ticks: Int }
    `,
    resolvers: {
      Query: { user: (_parent: unknown, { name }: { name: string }) => ({ greeting: `Hello ${name}` }) },
      Mutation: { rename: () => true },
      Subscription: {
        ticks: {
          async *subscribe() {
            yield { ticks: 1 };
          },
        },
      },
    },
    plugins: [subscriptions()],
  });
  const ofManifest = manifest.operations.map(({ id, body }) => [id, body] as const);
  const documents = new Map([...ofManifest, [codegenId, codegenText], ...Object.entries(relay)]);
  const handler = createFetchHandler(server, {
    documents: trustedDocuments({ documents }),
  });
  const listener = createRequestListener(async (request, ...platform) => {
    const isGet = request.method === 'GET';
    const parameters = isGet ? Object.fromEntries(new URL(request.url).searchParams) : await request.clone().json();
    received.push([request.method, parameters]);
    return await handler(request, ...platform);
  });
  const http = createServer(listener);
  await once(http.listen(0, '127.0.0.1'), 'listening');
  url = `http://127.0.0.1:${(http.address() as AddressInfo).port}/`;
  return async () => {
    http.closeAllConnections();
    await new Promise((resolve) => http.close(resolve));
  };
});

/** Returns the requests since the last call. None of them may have a text. */
function takeReceived() {
  const requests = received;
  received = [];
  for (const [, parameters] of requests) expect(parameters.query ?? null).toBeNull();
  return requests.map(([method]) => method);
}

test('the generator writes one document for each operation', () => {
  expect(manifest).toMatchObject({ format: 'apollo-persisted-query-manifest', version: 1 });
  expect(manifest.operations.map(({ name }) => name).toSorted()).toEqual(['Greet', 'Rename', 'Ticks']);
});

describe('Apollo Client', () => {
  const ids = () => generatePersistedQueryIdsFromManifest({ loadManifest: () => manifest });
  const connect = (options: PersistedQueryLink.Options = ids()) =>
    new ApolloClient({
      link: new PersistedQueryLink(options).concat(new HttpLink({ uri: url })),
      cache: new InMemoryCache(),
    });

  test.for([false, true])('with the ids of the manifest, by GET: %s', async (useGETForHashedQueries) => {
    const client = connect({ ...ids(), useGETForHashedQueries });
    const { data } = await client.query({ query: greet, variables: { name: 'Ada' } });
    expect(data).toMatchObject({ user: { greeting: 'Hello Ada' } });
    expect((await client.mutate({ mutation: rename })).data).toEqual({ rename: true });
    const events = await new Promise((resolve, reject) => {
      client.subscribe({ query: ticks }).subscribe({ next: resolve, error: reject });
    });
    expect(events).toMatchObject({ data: { ticks: 1 } });
    expect(takeReceived()).toEqual([useGETForHashedQueries ? 'GET' : 'POST', 'POST', expect.any(String)]);
  });

  test('does not send the text of an operation whose id is unknown', async () => {
    const error = await connect({ sha256: async () => 'x' })
      .query({ query: unknown })
      .catch((error: unknown) => error);
    expect(CombinedGraphQLErrors.is(error) && error.errors).toMatchObject([
      { extensions: { code: 'PERSISTED_QUERY_NOT_IN_LIST' } },
    ]);
    expect(takeReceived()).toEqual(['POST']);
  });

  test('with the documents of GraphQL Code Generator', async () => {
    const document = Object.assign({}, gql(codegenText), { __meta__: { hash: codegenId } });
    const generateHash = async (document: DocumentNode) => Object(document).__meta__.hash;
    const client = connect({ generateHash });
    expect((await client.query({ query: document })).data).toMatchObject({ user: { greeting: 'Hello codegen' } });
    expect(takeReceived()).toEqual(['POST']);
  });
});

describe('urql', () => {
  const connect = (generateHash: (query: string, document: DocumentNode) => Promise<string>) =>
    new Client({
      url,
      exchanges: [
        persistedExchange({
          enforcePersistedQueries: true,
          enableForMutation: true,
          preferGetForPersistedQueries: false,
          generateHash,
        }),
        fetchExchange,
      ],
    });

  test('with the ids of the manifest', async () => {
    const { generateHash } = generatePersistedQueryIdsFromManifest({ loadManifest: () => manifest });
    const client = connect((_query, document) => generateHash(document));
    const { data, error } = await client.query(greet, { name: 'Ada' }).toPromise();
    expect([data, error]).toMatchObject([{ user: { greeting: 'Hello Ada' } }, undefined]);
    expect((await client.mutation(rename, {}).toPromise()).data).toEqual({ rename: true });
    expect(takeReceived()).toEqual(['POST', 'POST']);
  });

  test('does not send the text of an operation whose id is unknown', async () => {
    const { error } = await connect(async () => 'x')
      .query(unknown, {})
      .toPromise();
    expect(error?.graphQLErrors).toMatchObject([{ extensions: { code: 'PERSISTED_QUERY_NOT_IN_LIST' } }]);
    expect(takeReceived()).toEqual(['POST']);
  });
});

test('Relay, with params.id as documentId', async () => {
  const selections = [
    {
      alias: null,
      args: [{ kind: 'Variable', name: 'name', variableName: 'name' }],
      concreteType: 'User',
      kind: 'LinkedField',
      name: 'user',
      plural: false,
      selections: [{ alias: null, args: null, kind: 'ScalarField', name: 'greeting', storageKey: null }],
      storageKey: null,
    },
  ];
  const argumentDefinitions = [{ defaultValue: null, kind: 'LocalArgument', name: 'name' }];
  const name = 'appUserQuery';
  const request = {
    kind: 'Request',
    fragment: {
      argumentDefinitions,
      kind: 'Fragment',
      metadata: null,
      name,
      selections,
      type: 'Query',
      abstractKey: null,
    },
    operation: { argumentDefinitions, kind: 'Operation', name, selections },
    params: { id: relayId, metadata: {}, name, operationKind: 'query', text: null },
  } as unknown as ConcreteRequest;
  const network = Network.create(async ({ id }, variables) => {
    const headers = { 'content-type': 'application/json' };
    const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify({ documentId: id, variables }) });
    return await response.json();
  });
  const environment = new Environment({ network, store: new Store(new RecordSource()) });
  expect(await fetchQuery(environment, request, { name: 'Ada' }).toPromise()).toEqual({
    user: { greeting: 'Hello Ada' },
  });
  expect(takeReceived()).toEqual(['POST']);
});
