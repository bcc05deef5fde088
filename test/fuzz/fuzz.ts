/**
 * Sends random requests to the handler and checks every response:
 *
 *     node test/fuzz/fuzz.ts [--host node] [--requests 100000] [--seed 1] [--path 12:0:3]
 *
 * It calls the handler in this process, or it sends the requests over sockets to the host that `--host` names. It shrinks
 * the first requests that have a fault. `--seed` and `--path`, which the fault names, send the shrunk requests again.
 */
import { Agent, request as httpRequest } from 'node:http';
import process from 'node:process';
import { setImmediate, setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import fc from 'fast-check';
import { createApp, maxBodyBytes } from '../apps/front-door.ts';
import type { Host } from '../hosts/host.ts';
import { hostNamed } from '../hosts/hosts.ts';
import { type FuzzRequest, request } from './request.ts';
import { type FuzzResponse, faultOf } from './response.ts';

const handler = createApp();

/** The number of requests that are sent at once. */
const concurrency = 20;

export interface FuzzRun {
  readonly seed: number;
  /** The number of requests, which is rounded up to a multiple of `concurrency`. */
  readonly requests: number;
  /** Where the requests of a fault are, as the fault names it. */
  readonly path?: string;
}

export interface FuzzReport {
  /** The number of responses by status. */
  readonly statuses: Readonly<Record<number, number>>;
  readonly faults: readonly string[];
}

/** Sends a request. Gives `undefined` if the client disconnected and received no response. */
type Ask = (request: FuzzRequest) => Promise<FuzzResponse | undefined>;

interface FuzzOptions {
  readonly keeps?: Host['keeps'];
  /** Gives the faults since the last call that no response shows. */
  readonly sideEffects?: () => string[];
}

/** Sends requests to the handler itself in this process, with the platform's own classes. */
export async function fuzzHandler(run: FuzzRun): Promise<FuzzReport> {
  const unhandled: string[] = [];
  const onUnhandled = (error: unknown) => void unhandled.push(`unhandled rejection: ${error}`);
  const sideEffects = () => [...unhandled.splice(0), ...takePollution()];
  process.on('unhandledRejection', onUnhandled);
  const { statuses, faults } = await fuzz(run, askHandler, { sideEffects });
  // A timer of the handler may still cause a fault.
  await setTimeout();
  process.off('unhandledRejection', onUnhandled);
  return { statuses, faults: [...faults, ...sideEffects()] };
}

/** Removes what was added to `Object.prototype`, so that other requests are not blamed for it. */
function takePollution(): string[] {
  return Object.keys(Object.prototype).map((key) => {
    Reflect.deleteProperty(Object.prototype, key);
    return `Object.prototype.${key}`;
  });
}

/** Sends requests to the application `front-door` on a host, over sockets. */
export async function fuzzHost({ launch, keeps }: Host, run: FuzzRun): Promise<FuzzReport> {
  const { url, stop } = await launch('front-door');
  const agent = new Agent({ keepAlive: true });
  try {
    return await fuzz(run, (request) => askServer(url, agent, request), { keeps });
  } finally {
    agent.destroy();
    await stop();
  }
}

export async function fuzz(
  { seed, requests, path = '' }: FuzzRun,
  ask: Ask,
  { keeps = () => false, sideEffects = () => [] }: FuzzOptions = {},
): Promise<FuzzReport> {
  const statuses: Record<number, number> = {};
  let first: string | undefined;

  async function faultIn(request: FuzzRequest): Promise<string | undefined> {
    try {
      const response = await ask(request);
      if (response === undefined) return undefined;
      statuses[response.status] = (statuses[response.status] ?? 0) + 1;
      const fault = faultOf(request, response);
      return fault && `${fault}: ${JSON.stringify(response).slice(0, 500)}`;
    } catch (error) {
      return `rejected: ${error}`;
    }
  }

  // Hardly any request is left out at first, but a fault shrinks to the requests that it needs.
  const maybe = fc.option(request, { nil: undefined, freq: 1_000_000 });
  const all = fc.array(maybe, { minLength: concurrency, maxLength: concurrency });
  // Without bias, the requests that are sent first differ as much as all others.
  const together = fc.noBias(all).map((requests) => requests.filter((request) => request !== undefined));
  const property = fc.asyncProperty(together, async (requests) => {
    const sent = requests.filter(({ method, target }) => !keeps(method, target));
    const results = await Promise.all(sent.map(faultIn));
    // Unhandled rejections are reported before the next turn of the event loop.
    await setImmediate();
    const faults = [...results.filter((fault) => fault !== undefined), ...sideEffects()];
    if (faults.length === 0) return;
    first ??= faults[0];
    throw new Error([...faults, ...sent.map(describe)].join('\n'));
  });
  const numRuns = Math.ceil(requests / concurrency);
  const { counterexamplePath, errorInstance } = await fc.check(property, { seed, path, numRuns });
  if (!(errorInstance instanceof Error)) return { statuses, faults: [] };
  return {
    statuses,
    faults: [`seed ${seed}, path ${counterexamplePath}: ${errorInstance.message}\nAt first: ${first}`],
  };
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

function describe({ method, target, headers, body, endsEarly }: FuzzRequest): string {
  const pieces = body?.map((piece) => Buffer.from(piece).toString('utf8'));
  const end = endsEarly ? ', and the client disconnects' : '';
  return `  ${method} ${target.slice(0, 500)}\n  ${JSON.stringify(headers)}\n  ${JSON.stringify(pieces)?.slice(0, 1000)}${end}`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values } = parseArgs({
    options: {
      host: { type: 'string' },
      requests: { type: 'string', default: '100000' },
      seed: { type: 'string', default: '1' },
      path: { type: 'string', default: '' },
    },
  });
  const run = { seed: Number(values.seed), requests: Number(values.requests), path: values.path };
  const start = performance.now();
  const { statuses, faults } =
    values.host === undefined ? await fuzzHandler(run) : await fuzzHost(hostNamed(values.host), run);
  console.log(`${Math.round(performance.now() - start)} ms`, statuses);
  for (const fault of faults) console.error(fault);
  console.log(`${faults.length} faults`);
  process.exitCode = faults.length === 0 ? 0 : 1;
}
