/**
 * Serves an AWS Lambda function. `node serve.ts <front> <module.export>` turns requests into events. Lambda's own
 * runtime, `aws-lambda-ric`, calls the function in the current directory.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import process from 'node:process';
import { buffer } from 'node:stream/consumers';
import { fronts, type Incoming, type Outgoing, type Result } from './events.ts';
import { type Outcome, RuntimeAPI } from './runtime-api.ts';

const [front = '', handler = ''] = process.argv.slice(2);
const { toEvent, toHead } = fronts[front] ?? {};
if (toEvent === undefined || toHead === undefined) throw new Error(`There are ${Object.keys(fronts)}.`);

const api = new RuntimeAPI();
api.server.listen(0, '127.0.0.1');
await once(api.server, 'listening');
const { port } = api.server.address() as AddressInfo;

const runtime = spawn(process.execPath, ['node_modules/aws-lambda-ric/index.mjs'], {
  env: {
    ...process.env,
    AWS_LAMBDA_FUNCTION_NAME: 'graphql',
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '512',
    AWS_LAMBDA_LOG_GROUP_NAME: '/aws/lambda/graphql',
    AWS_LAMBDA_LOG_STREAM_NAME: 'stream',
    AWS_LAMBDA_RUNTIME_API: `127.0.0.1:${port}`,
    LAMBDA_TASK_ROOT: process.cwd(),
    _HANDLER: handler,
  },
  stdio: 'inherit',
});
process.on('exit', () => runtime.kill());
process.on('SIGTERM', () => process.exit(0));
runtime.once('exit', (code) => process.exit(code ?? 1));

createServer(async (req, res) => {
  try {
    await send(await api.invoke(toEvent(await read(req))), res);
  } catch (error) {
    console.error(error);
    // API Gateway and load balancers respond with 502 to a result that they cannot use.
    if (!res.headersSent) res.writeHead(502);
    res.end();
  }
}).listen(Number(process.env.PORT), '127.0.0.1');

async function read(req: IncomingMessage): Promise<Incoming> {
  const { method = '', url = '', rawHeaders } = req;
  const headers = rawHeaders.flatMap((name, i) =>
    i % 2 === 0 ? [[name, decode(rawHeaders[i + 1] ?? '')] as const] : [],
  );
  // The origin is removed from a target in absolute form.
  const target = url.replace(/^[a-z]+:\/\/[^/?]*/i, '');
  return { method, target, headers, body: await buffer(req) };
}

/** Decodes a header value, in which each character is a byte. */
function decode(value: string): string {
  return Buffer.from(value, 'latin1').toString();
}

async function send(outcome: Outcome, res: ServerResponse): Promise<void> {
  if (outcome.kind === 'error') throw new Error(outcome.json);
  if (outcome.kind === 'stream') {
    await sendStream(outcome.chunks, res);
    return;
  }
  const result: Result = JSON.parse(outcome.json);
  writeHead(res, toHead?.(result));
  res.end(Buffer.from(result.body ?? '', result.isBase64Encoded ? 'base64' : 'utf8'));
}

/** Sends a streamed response. Eight zero bytes separate its head from its body. */
async function sendStream(chunks: AsyncIterable<Uint8Array>, res: ServerResponse): Promise<void> {
  let head: Buffer | undefined = Buffer.of();
  for await (const chunk of chunks) {
    if (head === undefined) {
      if (!res.write(chunk)) await Promise.race([once(res, 'drain'), once(res, 'close')]);
      continue;
    }
    head = Buffer.concat([head, chunk]);
    const end = head.indexOf(Buffer.alloc(8));
    if (end === -1) continue;
    writeHead(res, toHead?.(JSON.parse(head.toString('utf8', 0, end))));
    // This sends the head, even if it writes no bytes of the body.
    res.write(head.subarray(end + 8));
    head = undefined;
  }
  if (head !== undefined) throw new Error(`The stream has no head: ${head}`);
  res.end();
}

function writeHead(res: ServerResponse, head: Outgoing | undefined): void {
  res.writeHead(head?.status ?? 500, head?.headers.flat() ?? []);
}
