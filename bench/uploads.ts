/**
 * Measures uploads of a file of 1 MB and of 10 MB: the CPU time of the server per MB, and the server's peak memory.
 * Run `npx node bench/uploads.ts` on Linux. If the name of a subject is given, the program serves that subject.
 *
 * Each resolver reads all of its file.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { ApolloServer, HeaderMap } from '@apollo/server';
import GraphQLUploadStream from 'graphql-upload/GraphQLUpload.mjs';
import processRequest from 'graphql-upload/processRequest.mjs';
import { createSchema, createYoga } from 'graphql-yoga';
import { launchCommand } from '../scripts/launch.ts';
import { createFetchHandler } from '../src/index.ts';
import { createRequestListener } from '../src/node.ts';
import { GraphQLUpload, multipart } from '../src/uploads.ts';
import { listen } from './servers/listen.ts';
import { median, table } from './table.ts';

const MB = 1_000_000;
const sizes = [1, 10];
const rounds = 10;
const megabytesPerRound = 100;

const typeDefs = (scalar: string) => `
  scalar ${scalar}
  type Query { hello: String }
  type Mutation { countBytes(file: ${scalar}!): Int }
`;
const countBytes = async (_parent: unknown, { file }: { file: File }) => (await file.arrayBuffer()).byteLength;

/** A file as graphql-upload passes it to a resolver. */
interface FileUpload {
  createReadStream(): AsyncIterable<Uint8Array>;
}

async function startApollo(upload: object, resolver: unknown): Promise<ApolloServer> {
  const resolvers = { Upload: upload, Mutation: { countBytes: resolver } } as NonNullable<unknown>;
  const server = new ApolloServer({ typeDefs: typeDefs('Upload'), resolvers });
  await server.start();
  return server;
}

const subjects: Readonly<Record<string, () => RequestListener | Promise<RequestListener>>> = {
  async ours() {
    const server = await startApollo(GraphQLUpload, countBytes);
    const limits = { maxFileBytes: 20 * MB, maxTotalBytes: 21 * MB };
    return createRequestListener(createFetchHandler(server, { multipart: multipart(limits) }));
  },
  'graphql-yoga'() {
    const resolvers = { Mutation: { countBytes } };
    return createYoga({ schema: createSchema({ typeDefs: typeDefs('File'), resolvers }), logging: false });
  },
  async 'graphql-upload, Apollo Server'() {
    const server = await startApollo(GraphQLUploadStream, async (_parent: unknown, args: { file: unknown }) => {
      const { createReadStream } = (await args.file) as FileUpload;
      let size = 0;
      for await (const chunk of createReadStream()) size += chunk.byteLength;
      return size;
    });
    return async (req, res) => {
      const body = await processRequest(req, res);
      const headers = new HeaderMap(Object.entries(req.headers).map(([name, value]) => [name, String(value)]));
      const result = await server.executeHTTPGraphQLRequest({
        httpGraphQLRequest: { method: 'POST', headers, search: '', body },
        context: async () => ({}),
      });
      res.end(result.body.kind === 'complete' ? result.body.string : '');
    };
  },
};

/** This boundary is as long as the boundaries of browsers. */
const boundary = '----WebKitFormBoundary7MA4YWxkTrZu0gW';

function requestOf(megabytes: number, scalar: string): { headers: Record<string, string>; body: Blob } {
  const query = `mutation($file:${scalar}!){countBytes(file:$file)}`;
  const text = [
    `--${boundary}\r\nContent-Disposition: form-data; name="operations"\r\n\r\n`,
    JSON.stringify({ query, variables: { file: null } }),
    `\r\n--${boundary}\r\nContent-Disposition: form-data; name="map"\r\n\r\n{"0":["variables.file"]}\r\n--${boundary}\r\n`,
    'Content-Disposition: form-data; name="0"; filename="a"\r\nContent-Type: application/octet-stream\r\n\r\n',
  ].join('');
  const content = Uint8Array.from({ length: megabytes * MB }, () => Math.random() * 256);
  return {
    headers: { 'content-type': `multipart/form-data; boundary=${boundary}`, 'apollo-require-preflight': '1' },
    body: new Blob([text, content, `\r\n--${boundary}--\r\n`]),
  };
}

/** The CPU time of a process so far, in milliseconds. */
function cpuTime(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  // User time and system time, in ticks of 10 ms.
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

function peakMemory(pid: number): number {
  return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;
}

async function measure(name: string, megabytes: number): Promise<string> {
  const server = await launchCommand([process.execPath, fileURLToPath(import.meta.url), name]);
  const { headers, body } = requestOf(megabytes, name === 'graphql-yoga' ? 'File' : 'Upload');
  const url = `${server.url}/graphql`;
  const samples: number[] = [];
  try {
    for (let round = -2; round < rounds; round++) {
      const begin = cpuTime(server.pid);
      for (let sent = 0; sent < megabytesPerRound; sent += megabytes) {
        const response = await fetch(url, { method: 'POST', headers, body });
        const text = await response.text();
        if (!text.includes(String(megabytes * MB))) throw new Error(`${name}: ${text}`);
      }
      // The first rounds warm up.
      if (round >= 0) samples.push((cpuTime(server.pid) - begin) / megabytesPerRound);
      else writeFileSync(`/proc/${server.pid}/clear_refs`, '5');
    }
    return `${median(samples).toFixed(1)} ms, ${Math.round(peakMemory(server.pid))} MB`;
  } finally {
    await server.stop();
  }
}

const [, , subject] = process.argv;
if (subject === undefined) {
  const rows: string[][] = [];
  for (const name of Object.keys(subjects)) {
    const row = [name];
    for (const megabytes of sizes) row.push(await measure(name, megabytes));
    rows.push(row);
  }
  console.log(table(['CPU time for each MB, memory at the peak', ...sizes.map((size) => `${size} MB`)], rows));
} else {
  listen(createServer(await subjects[subject]?.()));
}
