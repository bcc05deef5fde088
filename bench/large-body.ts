/**
 * One request of 10 MB, arriving in chunks of 64 kB, in a process of its own for each sample: what it takes of CPU time and
 * memory at its peak. Without an argument it starts those processes and prints the samples as JSON.
 */
import { execFile } from 'node:child_process';
import process from 'node:process';
import { promisify } from 'node:util';
import { HeaderMap } from '@apollo/server';
import { createFetchHandler } from '../src/index.ts';
import { assertAnswer, headersOf, startApollo, variables } from './app.ts';
import { type Comparison, effort } from './measure.ts';

interface Usage {
  readonly cpu: number;
  readonly peak: number;
}

const names = {
  direct: 'direct, from the chunks of a body',
  ours: 'apollo-server-integration-fetch',
};

const [mode] = process.argv.slice(2);
if (mode === undefined) {
  const usages: Record<keyof typeof names, Usage[]> = { direct: [], ours: [] };
  for (let round = 0; round < effort().rounds; round++) {
    for (const mode of ['direct', 'ours'] as const) {
      const { stdout } = await promisify(execFile)(process.execPath, [import.meta.filename, mode]);
      usages[mode].push(JSON.parse(stdout));
    }
  }
  const comparison = (name: string, key: keyof Usage): Comparison => ({
    name,
    results: (['direct', 'ours'] as const).map((mode) => ({
      name: names[mode],
      samples: usages[mode].map((usage) => usage[key]),
    })),
  });
  console.log(JSON.stringify([comparison('CPU, ms', 'cpu'), comparison('peak memory, MB', 'peak')]));
} else {
  console.log(JSON.stringify(await once(mode)));
}

async function once(mode: string): Promise<Usage> {
  const operation = variables('10 MB', 1e7);
  const apollo = await startApollo();
  const handler = createFetchHandler(apollo, { maxBodyBytes: 16 * 2 ** 20 });
  const headers = headersOf(operation, 6);
  // Touched before the measurement: the classes load on first use, which is no matter of this request.
  const init = { method: 'POST', headers, body: chunksOf(Buffer.from(operation.body)), duplex: 'half' } as const;
  const request = new Request('http://localhost:4000/', init);
  const begin = process.cpuUsage();
  const answer = mode === 'ours' ? await (await handler(request)).text() : await direct();
  const { user, system } = process.cpuUsage(begin);
  assertAnswer(mode, operation, answer);
  return { cpu: (user + system) / 1e3, peak: process.resourceUsage().maxRSS / 1e3 };

  async function direct(): Promise<string> {
    const chunks: Uint8Array[] = [];
    for await (const chunk of request.body ?? []) chunks.push(chunk);
    const body = JSON.parse(Buffer.concat(chunks).toString('utf8'));
    const httpGraphQLRequest = { method: 'POST', headers: new HeaderMap(Object.entries(headers)), search: '', body };
    const answer = await apollo.executeHTTPGraphQLRequest({ httpGraphQLRequest, context: async () => ({}) });
    if (answer.body.kind !== 'complete') throw new Error('Expected a complete answer.');
    return answer.body.string;
  }
}

function chunksOf(bytes: Uint8Array): ReadableStream<Uint8Array> {
  let offset = 0;
  return new ReadableStream({
    pull(controller) {
      if (offset >= bytes.byteLength) return controller.close();
      controller.enqueue(bytes.slice(offset, offset + 65_536));
      offset += 65_536;
    },
  });
}
