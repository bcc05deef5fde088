import { ApolloServer } from '@apollo/server';
import { createFetchHandler, type FetchHandler } from '../../src/index.ts';
import { subscriptions } from '../../src/subscriptions.ts';
import { trustedDocuments } from '../../src/trusted-documents.ts';
import { GraphQLUpload, multipart } from '../../src/uploads.ts';

/** The documents that clients may execute. The first id is the SHA-256 of its document. */
export const documents = {
  ecf4edb46db40b5132295c0291d62fb65d6759a9eedfa4d5d612dd5ec54a6b38: 'query Hello { hello }',
  echo: 'query Echo($text: String) { echo(text: $text) }',
  ticks: 'subscription Ticks { ticks }',
  upload: 'mutation Upload($file: Upload) { upload(file: $file) }',
};

/** Creates the variant of the application that has trusted documents. A developer may send any text. */
export function createTrusted(): FetchHandler<unknown[]> {
  let contexts = 0;
  const server = new ApolloServer<{ contexts: number }>({
    typeDefs: `
      directive @cacheControl(maxAge: Int) on FIELD_DEFINITION
      scalar Upload
      type Query { hello: String @cacheControl(maxAge: 60), echo(text: String): String, contexts: Int }
      type Mutation { upload(file: Upload): String }
      type Subscription { ticks: Int }
    `,
    resolvers: {
      Upload: GraphQLUpload,
      Query: {
        hello: () => 'world',
        echo: (_parent: unknown, { text }: { text: string }) => text,
        contexts: (_parent: unknown, _args: unknown, { contexts }) => contexts,
      },
      Mutation: { upload: (_parent: unknown, { file }: { file: File }) => file.text() },
      Subscription: {
        ticks: {
          async *subscribe() {
            yield { ticks: 1 };
          },
        },
      },
    },
    plugins: [subscriptions()],
    allowBatchedHttpRequests: true,
    includeStacktraceInErrorResponses: false,
  });
  return createFetchHandler<{ contexts: number }, unknown[]>(server, {
    context: async () => ({ contexts: ++contexts }),
    queryMethod: true,
    multipart: multipart({ maxFileBytes: 100, maxFiles: 1, maxTotalBytes: 10_000 }),
    documents: trustedDocuments({ documents, allow: ({ headers }) => headers.get('x-developer') === 'yes' }),
  });
}
