/**
 * Sends random requests to the handler and checks every response:
 *
 *     node test/fuzz/fuzz.ts [--host node] [--requests 100000] [--seed 1] [--first 0]
 *
 * It calls the handler in this process, or it sends the requests over sockets to the host that `--host` names. A fault
 * names the seed and the number of its request. `--seed <seed> --first <number> --requests 1` sends the request again.
 */
import { Agent, request as httpRequest } from 'node:http';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { createApp, maxBodyBytes } from '../apps/front-door.ts';
import type { Host } from '../hosts/host.ts';
import { hostNamed } from '../hosts/hosts.ts';
import { Random } from './random.ts';
import { type FuzzRequest, randomRequest } from './request.ts';
import { type FuzzResponse, faultOf } from './response.ts';

const handler = createApp();

export interface FuzzRun {
  readonly seed: number;
  readonly requests: number;
  /** The number of the first request. */
  readonly first?: number;
}

export interface FuzzReport {
  /** The number of responses by status. */
  readonly statuses: Readonly<Record<number, number>>;
  readonly faults: readonly string[];
}

/** Sends requests to the handler itself in this process, with the platform's own classes. */
export async function fuzzHandler(run: FuzzRun): Promise<FuzzReport> {
  const unhandled: string[] = [];
  const onUnhandled = (error: unknown) => void unhandled.push(`unhandled rejection: ${error}`);
  process.on('unhandledRejection', onUnhandled);
  const { statuses, faults } = await fuzz(run, askHandler, 20);
  // Unhandled rejections are reported after a turn of the event loop.
  await new Promise((resolve) => setTimeout(resolve));
  process.off('unhandledRejection', onUnhandled);
  const pollution = Object.keys(Object.prototype).map((key) => `Object.prototype.${key}`);
  return { statuses, faults: [...faults, ...unhandled, ...pollution] };
}

/** Sends requests to the application `front-door` on a host, over sockets. */
export async function fuzzHost(host: Host, run: FuzzRun): Promise<FuzzReport> {
  const { url, stop } = await host.launch('front-door');
  const agent = new Agent({ keepAlive: true });
  try {
    return await fuzz(run, (request) => askServer(url, agent, request), 20, host.keeps);
  } finally {
    agent.destroy();
    await stop();
  }
}

async function fuzz(
  { seed, requests, first = 0 }: FuzzRun,
  ask: (request: FuzzRequest) => Promise<FuzzResponse | undefined>,
  concurrency: number,
  isKept: Host['keeps'] = () => false,
): Promise<FuzzReport> {
  const statuses: Record<number, number> = {};
  const faults: string[] = [];
  let next = first;
  async function work(): Promise<void> {
    while (next < first + requests) {
      const number = next++;
      const request = randomRequest(new Random(Math.imul(seed, 0x9e3779b1) + number));
      if (isKept(request.method, request.target)) continue;
      const fault = await ask(request).then(
        (response) => {
          // The client disconnected and received no response.
          if (response === undefined) return undefined;
          statuses[response.status] = (statuses[response.status] ?? 0) + 1;
          const fault = faultOf(request, response);
          return fault && `${fault}: ${JSON.stringify(response).slice(0, 500)}`;
        },
        (error) => `rejected: ${error}`,
      );
      if (fault !== undefined) faults.push(`seed ${seed}, request ${number}: ${fault}\n${describe(request)}`);
    }
  }
  await Promise.all(Array.from({ length: concurrency }, work));
  return { statuses, faults };
}

async function askHandler({ method, target, headers, body, endsEarly }: FuzzRequest): Promise<FuzzResponse> {
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

async function askServer(url: string, agent: Agent, request: FuzzRequest): Promise<FuzzResponse | undefined> {
  const { method, target, body = [], endsEarly } = request;
  const length = Buffer.concat(body).length;
  // The framing is explicit, because Node's default depends on the method.
  const framing =
    body.length === 1 ? { 'content-length': length + (endsEarly ? 1 : 0) } : { 'transfer-encoding': 'chunked' };
  return await new Promise((resolve, reject) => {
    const outgoing = httpRequest(`${url}${target}`, {
      method,
      headers: { ...request.headers, ...(body.length === 0 ? {} : framing) },
      // A connection does not survive a refusal before the end of the body, and the next request on it would be reset.
      agent: length <= maxBodyBytes && !/multipart/i.test(request.headers['content-type'] ?? '') && agent,
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
      host: { type: 'string' },
      requests: { type: 'string', default: '100000' },
      seed: { type: 'string', default: '1' },
      first: { type: 'string', default: '0' },
    },
  });
  const run = { seed: Number(values.seed), requests: Number(values.requests), first: Number(values.first) };
  const start = performance.now();
  const { statuses, faults } =
    values.host === undefined ? await fuzzHandler(run) : await fuzzHost(hostNamed(values.host), run);
  console.log(`${Math.round(performance.now() - start)} ms`, statuses);
  for (const fault of faults.slice(0, 20)) console.error(fault);
  console.log(`${faults.length} faults`);
  process.exitCode = faults.length === 0 ? 0 : 1;
}
