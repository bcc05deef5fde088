/**
 * Serves an Azure function with HTTP streams: `node serve.ts <file>`. Like the host of Azure Functions, it passes each
 * request to the proxy that `@azure/functions` has opened, and tells the library to call the function for the request.
 *
 * @see https://learn.microsoft.com/azure/azure-functions/functions-reference-node#http-streams
 */
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { registerHooks } from 'node:module';
import { join } from 'node:path';
import process from 'node:process';
import { pathToFileURL } from 'node:url';
import { host } from './core.ts';

const core = new URL('core.ts', import.meta.url).href;
registerHooks({
  resolve: (specifier, context, next) =>
    specifier === '@azure/functions-core' ? { url: core, shortCircuit: true } : next(specifier, context),
});

const [file = ''] = process.argv.slice(2);
await import(pathToFileURL(join(process.cwd(), file)).href);
const { model, function: registered } = host;
if (model === undefined || registered === undefined) throw new Error('The program registers no function.');
const { HttpUri: proxy } = await model.getCapabilities({});
if (proxy === undefined) throw new Error('The program does not switch HTTP streams on.');

createServer((req, res) => {
  const invocationId = crypto.randomUUID();
  forward(req, res, invocationId);
  invoke(req, invocationId).catch((error) => {
    console.error(error);
    if (!res.headersSent) res.writeHead(500);
    res.end();
  });
}).listen(Number(process.env.PORT), '127.0.0.1');

function forward(req: IncomingMessage, res: ServerResponse, invocationId: string): void {
  const { hostname, port } = new URL(proxy ?? '');
  // The origin is removed from a target in absolute form.
  const path = req.url?.replace(/^[a-z]+:\/\/[^/?]*/i, '');
  const headers = {
    ...req.headers,
    'x-ms-invocation-id': invocationId,
    'x-forwarded-host': req.headers.host ?? '',
    'x-forwarded-proto': 'http',
  };
  const outgoing = request({ hostname, port, method: req.method, path, headers, agent: false }, (incoming) => {
    const own = /^(connection|x-ms-invocation-id)$/i;
    const lines = incoming.rawHeaders.filter((_, i, all) => !own.test(all[i - (i % 2)] ?? ''));
    res.writeHead(incoming.statusCode ?? 500, lines);
    incoming.pipe(res);
  });
  outgoing.on('error', () => res.destroy());
  res.once('close', () => outgoing.destroy());
  req.pipe(outgoing);
}

async function invoke(req: IncomingMessage, invocationId: string): Promise<void> {
  if (model === undefined || registered === undefined) return;
  const { metadata, callback } = registered;
  const [trigger = ''] = Object.entries(metadata.bindings).find(([, { type }]) => type === 'httpTrigger') ?? [];
  const headers = Object.fromEntries(
    Object.entries(req.headersDistinct).map(([name, values]) => [name, values?.join(', ')]),
  );
  const invocation = model.getInvocationModel({
    invocationId,
    metadata,
    request: {
      inputData: [{ name: trigger, data: {} }],
      triggerMetadata: { Headers: { json: JSON.stringify(headers) } },
    },
    log: () => {},
  });
  const { context, inputs } = await invocation.getArguments();
  await invocation.getResponse(context, await invocation.invokeFunction(context, inputs, callback));
}
