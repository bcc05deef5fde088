import { ApolloServer } from '@apollo/server';
import { ApolloServerPluginLandingPageDisabled } from '@apollo/server/plugin/disabled';
import { createFetchHandler, type FetchHandler } from '../../src/index.ts';
import { GraphQLUpload, multipart } from '../../src/uploads.ts';

/** The limits of the application at `/`. */
export const limits = { maxFileBytes: 10_000_000, maxFiles: 5, maxTotalBytes: 30_000_000 };

/** The limits at `/small`. */
export const smallLimits = { maxFileBytes: 100_000, maxFiles: 2, maxTotalBytes: 150_000 };

const typeDefs = /* GraphQL */ `
  scalar Upload

  input Album {
    cover: Upload!
    pages: [Upload!]!
  }

  type Query {
    hello: String
    "How many mutations have run."
    uploads: Int!
    "How many requests were refused."
    refusals: Int!
  }

  type Mutation {
    uploadFile(file: Upload!): File!
    uploadFiles(files: [Upload!]!): [File!]!
    uploadAlbum(album: Album!): [File!]!
  }

  "What has arrived of a file."
  type File {
    name: String!
    type: String!
    size: Int!
    sha256: String!
  }
`;

async function describe(file: File) {
  const hash = await crypto.subtle.digest('SHA-256', await file.arrayBuffer());
  const hex = Array.from(new Uint8Array(hash), (byte) => byte.toString(16).padStart(2, '0'));
  return { name: file.name, type: file.type, size: file.size, sha256: hex.join('') };
}

const pageHeaders = {
  'content-type': 'text/html; charset=utf-8',
  // @whatwg-node/server can compress only responses of its own class.
  'content-encoding': 'identity',
};

/** A page with two forms. A script sends the first one, and the browser itself sends the second one. */
const page = `<!doctype html>
<meta charset="utf-8">
<form id="by-script"><input type="file" name="files" multiple><button>Upload</button></form>
<form id="by-browser" method="post" action="/" enctype="multipart/form-data">
  <input type="hidden" name="operations" value='{"query":"mutation($file:Upload!){uploadFile(file:$file){name}}","variables":{"file":null}}'>
  <input type="hidden" name="map" value='{"0":["variables.file"]}'>
  <input type="file" name="0"><button>Upload</button>
</form>
<output></output>
<script>
  document.querySelector('form').onsubmit = async (event) => {
    event.preventDefault();
    const files = [...event.target.files.files];
    const body = new FormData();
    const query = 'mutation($files:[Upload!]!){uploadFiles(files:$files){name type size sha256}}';
    body.set('operations', JSON.stringify({ query, variables: { files: files.map(() => null) } }));
    body.set('map', JSON.stringify(Object.fromEntries(files.map((_, index) => [index, ['variables.files.' + index]]))));
    files.forEach((file, index) => body.set(index, file));
    const response = await fetch('/', { method: 'POST', headers: { 'apollo-require-preflight': 'true' }, body });
    document.querySelector('output').textContent = await response.text();
  };
</script>`;

/**
 * Creates the application that the suites about file uploads test. `/small` has small limits, `/off` accepts no
 * uploads, `/without-csrf-prevention` has no CSRF prevention, and `/form` is a page.
 */
export function createApp(): FetchHandler<unknown[]> {
  const counts = { uploads: 0, refusals: 0 };

  function createServer(csrfPrevention: boolean): ApolloServer {
    return new ApolloServer({
      typeDefs,
      resolvers: {
        Upload: GraphQLUpload,
        Query: { hello: () => 'world', uploads: () => counts.uploads, refusals: () => counts.refusals },
        Mutation: {
          uploadFile: async (_parent, { file }: { file: File }) => await describeAll([file]).then(([first]) => first),
          uploadFiles: async (_parent, { files }: { files: File[] }) => await describeAll(files),
          uploadAlbum: async (_parent, { album }: { album: { cover: File; pages: File[] } }) =>
            await describeAll([album.cover, ...album.pages]),
        },
      },
      plugins: [
        ApolloServerPluginLandingPageDisabled(),
        {
          async invalidRequestWasReceived() {
            counts.refusals++;
          },
        },
      ],
      csrfPrevention,
      includeStacktraceInErrorResponses: false,
      allowBatchedHttpRequests: true,
    });
  }

  async function describeAll(files: readonly File[]) {
    counts.uploads++;
    return await Promise.all(files.map(describe));
  }

  const server = createServer(true);
  const graphql = createFetchHandler(server, { multipart: multipart(limits) });
  const handlers: Readonly<Record<string, FetchHandler<unknown[]>>> = {
    '/small': createFetchHandler(server, { multipart: multipart(smallLimits) }),
    '/without-csrf-prevention': createFetchHandler(createServer(false), { multipart: multipart(limits) }),
    '/off': createFetchHandler(server),
    '/form': async () => new Response(page, { headers: pageHeaders }),
  };
  return async (request, ...platform) =>
    await (handlers[new URL(request.url).pathname] ?? graphql)(request, ...platform);
}
