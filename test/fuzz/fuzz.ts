/**
 * Throws random requests at the handler and looks at every answer:
 *
 *     node test/fuzz/fuzz.ts [--runtime node|deno|bun|workerd] [--requests 100000] [--seed 1] [--first 0]
 *
 * In this process unless a runtime is named: then over sockets. A fault names the seed and the number of its request,
 * and `--seed <seed> --first <number> --requests 1` sends it again.
 */
import { Agent, request as httpRequest } from 'node:http';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { runtimeNames } from '../../scripts/launch.ts';
import { handler, maxBodyBytes } from '../front-door/app.ts';
import { serve } from '../front-door/servers.ts';
import { type FuzzAnswer, faultOf } from './answer.ts';
import { Random } from './random.ts';
import { type FuzzRequest, randomRequest } from './request.ts';

export interface FuzzRun {
  readonly seed: number;
  readonly requests: number;
  /** The number of the first request. */
  readonly first?: number;
}

export interface FuzzReport {
  /** How many answers there were of each status. */
  readonly statuses: Readonly<Record<number, number>>;
  readonly faults: readonly string[];
}

/** In this process: the handler itself, with the platform's own classes. */
export async function fuzzHandler(run: FuzzRun): Promise<FuzzReport> {
  const unhandled: string[] = [];
  const onUnhandled = (error: unknown) => void unhandled.push(`unhandled rejection: ${error}`);
  process.on('unhandledRejection', onUnhandled);
  const { statuses, faults } = await fuzz(run, askHandler, 20);
  // Rejections are told of once the event loop has turned.
  await new Promise((resolve) => setTimeout(resolve));
  process.off('unhandledRejection', onUnhandled);
  const pollution = Object.keys(Object.prototype).map((key) => `Object.prototype.${key}`);
  return { statuses, faults: [...faults, ...unhandled, ...pollution] };
}

/** Over sockets: a server on one of the runtimes. */
export async function fuzzServer(url: string, run: FuzzRun): Promise<FuzzReport> {
  const agent = new Agent({ keepAlive: true });
  try {
    return await fuzz(run, (request) => askServer(url, agent, request), 20);
  } finally {
    agent.destroy();
  }
}

async function fuzz(
  { seed, requests, first = 0 }: FuzzRun,
  ask: (request: FuzzRequest) => Promise<FuzzAnswer | undefined>,
  concurrency: number,
): Promise<FuzzReport> {
  const statuses: Record<number, number> = {};
  const faults: string[] = [];
  let next = first;
  async function work(): Promise<void> {
    while (next < first + requests) {
      const number = next++;
      const request = randomRequest(new Random(Math.imul(seed, 0x9e3779b1) + number));
      const fault = await ask(request).then(
        (answer) => {
          // Nobody waited for it.
          if (answer === undefined) return undefined;
          statuses[answer.status] = (statuses[answer.status] ?? 0) + 1;
          const fault = faultOf(request, answer);
          return fault && `${fault}: ${JSON.stringify(answer).slice(0, 500)}`;
        },
        (error) => `rejected: ${error}`,
      );
      if (fault !== undefined) faults.push(`seed ${seed}, request ${number}: ${fault}\n${describe(request)}`);
    }
  }
  await Promise.all(Array.from({ length: concurrency }, work));
  return { statuses, faults };
}

async function askHandler({ method, target, headers, body, endsEarly }: FuzzRequest): Promise<FuzzAnswer> {
  const request = new Request(`http://a.test${target}`, {
    method,
    headers,
    body: body === undefined ? null : streamOf(body, endsEarly),
    ...{ duplex: 'half' },
  });
  const response = await handler(request);
  return { status: response.status, contentType: response.headers.get('content-type'), body: await response.text() };
}

function streamOf(pieces: readonly Uint8Array[], endsEarly: boolean): ReadableStream<Uint8Array> {
  const left = [...pieces];
  return new ReadableStream({
    pull(controller) {
      const piece = left.shift();
      if (piece !== undefined) controller.enqueue(piece);
      else if (endsEarly) controller.error(new Error('reset by peer'));
      else controller.close();
    },
  });
}

async function askServer(url: string, agent: Agent, request: FuzzRequest): Promise<FuzzAnswer | undefined> {
  const { method, target, body = [], endsEarly } = request;
  const length = Buffer.concat(body).length;
  // Declared or chunked: what Node would choose depends on the method.
  const framing =
    body.length === 1 ? { 'content-length': length + (endsEarly ? 1 : 0) } : { 'transfer-encoding': 'chunked' };
  return await new Promise((resolve, reject) => {
    const outgoing = httpRequest(`${url}${target}`, {
      method,
      headers: { ...request.headers, ...(body.length === 0 ? {} : framing) },
      // What is too large costs Node its connection, and what comes next on it would be reset.
      agent: length <= maxBodyBytes && agent,
    });
    outgoing.on('response', (response) => {
      let text = '';
      response
        .setEncoding('utf8')
        .on('data', (part: string) => {
          text += part;
        })
        .on('end', () => {
          const { statusCode = 0, headers } = response;
          resolve({ status: statusCode, contentType: headers['content-type'] ?? null, body: text });
        })
        .on('error', reject);
    });
    outgoing.on('error', (error) => (endsEarly ? resolve(undefined) : reject(error)));
    for (const piece of body) outgoing.write(piece);
    if (endsEarly) outgoing.write('', () => outgoing.destroy(new Error('left')));
    else outgoing.end();
  });
}

function describe({ method, target, headers, body }: FuzzRequest): string {
  const text = body && Buffer.concat(body).toString('utf8');
  return `  ${method} ${target.slice(0, 500)}\n  ${JSON.stringify(headers)}\n  ${JSON.stringify(text)?.slice(0, 1000)}`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values } = parseArgs({
    options: {
      runtime: { type: 'string' },
      requests: { type: 'string', default: '100000' },
      seed: { type: 'string', default: '1' },
      first: { type: 'string', default: '0' },
    },
  });
  const run = { seed: Number(values.seed), requests: Number(values.requests), first: Number(values.first) };
  const runtime = runtimeNames.find((name) => name === values.runtime);
  const server = runtime && (await serve(runtime));
  const start = performance.now();
  const { statuses, faults } = server ? await fuzzServer(server.url, run) : await fuzzHandler(run);
  console.log(`${Math.round(performance.now() - start)} ms`, statuses);
  for (const fault of faults.slice(0, 20)) console.error(fault);
  console.log(`${faults.length} faults`);
  await server?.stop();
  process.exitCode = faults.length === 0 ? 0 : 1;
}
