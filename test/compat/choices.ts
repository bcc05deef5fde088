import type { Host } from '../hosts/host.ts';
import { hostNamed } from '../hosts/hosts.ts';
import { projectHosts } from '../hosts/projects/index.ts';
import { formatTable } from './table.ts';

/** What a reader chooses between: a link, and the ids of the hosts whose tests speak for it. */
const choices: readonly (readonly [link: string, ...ids: string[]])[] = [
  ['[Cloudflare Workers](hosts/cloudflare.md)', 'workerd'],
  ['[Deno](hosts.md#deno)', 'deno'],
  ['[Bun](hosts.md#bun)', 'bun'],
  ['[Node.js](hosts/node.md)', 'node'],
  ['[Next.js](hosts/next.md)', 'next', 'next-app'],
  ['[Express 4](hosts/express.md)', 'express-4', 'express-4-drain'],
  ['[Express 5](hosts/express.md)', 'express-5', 'express-5-drain'],
  ['[Fastify](hosts/fastify.md)', 'fastify', 'fastify-parsed'],
  ['[Koa](hosts/koa.md)', 'koa', 'koa-drain'],
  ['[Hapi](hosts/hapi.md)', 'hapi'],
  ['[NestJS, with Express](hosts/nestjs.md)', 'nest-driver'],
  ['[NestJS, with Fastify](hosts/nestjs.md)', 'nest-driver-fastify'],
  ['[Hono on Node.js](hosts/hono.md)', 'hono-on-node'],
  ['[Nuxt](hosts/nuxt.md)', 'nuxt-4'],
  ['[Nitro](hosts/nitro.md)', 'nitro-3'],
  ['[h3](hosts/nitro.md#h3)', 'h3-2'],
  ['[SvelteKit 2](hosts/sveltekit.md)', 'sveltekit-2'],
  ['[SvelteKit 3](hosts/sveltekit.md)', 'sveltekit-3'],
  ['[Astro](hosts/astro.md)', 'astro-7'],
  ['[AWS Lambda](hosts/aws-lambda.md)', 'lambda-function-url-streaming'],
  ['[AWS Lambda behind a load balancer](hosts/aws-lambda.md)', 'lambda-alb'],
  ['[Azure Functions](hosts/azure-functions.md)', 'azure-functions'],
  ['[Google Cloud Functions](hosts/google-cloud-functions.md)', 'google-cloud-functions'],
  ['[Cloudflare Pages](hosts/cloudflare.md)', 'cloudflare-pages'],
];

const untested = '–';

function runs({ suites }: Host, suite: string): boolean {
  return suites === undefined || suites.includes(suite);
}

function disconnectsOf(host: Host | undefined): string {
  if (host === undefined || host.hidesDisconnects) return untested;
  const { noticesLate = [], noticesLateAfterLateBody } = host;
  if (noticesLate.length === 2) return 'when the next part is sent';
  if (noticesLate.length === 1) return 'a reset at once, a clean close when the next part is sent';
  return noticesLateAfterLateBody ? 'at once; after a long request body, when the next part is sent' : 'at once';
}

function cookiesOf(host: Host): string {
  const hasGap = host.gaps?.some(({ cases }) => cases.includes('several cookies are several lines'));
  return hasGap ? 'one' : 'several';
}

/** Formats what the tests know about each choice as Markdown, with a row for each. */
export function formatChoices(): string {
  const rows = choices.map(([link, ...ids]) => {
    const hosts = ids.map(hostNamed);
    const drained = projectHosts.filter(({ drains }) => drains).map(({ id }) => id);
    // A test of Lambda's own covers its streams.
    const isStreaming = hosts.some((host) => runs(host, 'incremental') || host.id.endsWith('-streaming'));
    return [
      link,
      isStreaming ? 'yes' : untested,
      disconnectsOf(hosts.find((host) => runs(host, 'incremental'))),
      hosts.some((host) => runs(host, 'uploads')) ? 'yes' : untested,
      cookiesOf(hosts.find((host) => runs(host, 'conformance')) ?? hostNamed(ids[0] ?? '')),
      hosts.some(({ id, closes }) => closes || drained.includes(id)) ? 'yes' : untested,
    ];
  });
  const header = ['', 'streams', 'a client that leaves is noticed', 'uploads', 'cookies', 'graceful stop'];
  return formatTable(header, rows);
}
