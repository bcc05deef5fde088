import { commands } from '../../../scripts/launch.ts';
import type { Gap } from '../host.ts';
import type { Project } from './project.ts';

/** The requests that a framework's own CSRF protection refuses. Apollo Server refuses them too, with status 400. */
const refusesForms = (host: string, ...more: string[]): Gap => ({
  suite: 'conformance',
  reason: `${host} itself refuses forms of other origins, with the status 403 and plain text`,
  cases: [
    'a POST of TEXT/PLAIN is blocked',
    'a POST of application/x-www-form-urlencoded is blocked',
    'a POST of multipart/form-data; boundary=x is blocked',
    'a POST of text/plain is blocked',
    'a POST of text/plain; application/json is blocked',
    'a POST of text/plain; charset=utf-8 is blocked',
    'a request that CSRF prevention refuses is not read',
    'a body is not read as application/x-www-form-urlencoded',
    'a body is not read as multipart/form-data; boundary=x',
    'a body is not read as text/plain; a=application/json',
    'an upload may have an id',
    'status 400 for a request that CSRF prevention refuses',
    'status 415 for a media type that is not supported',
    ...more,
  ],
});

const refusesUntyped = (host: string, ...more: string[]): Gap => ({
  suite: 'conformance',
  reason: `${host} itself refuses a request without a content type as if it were a form, except GET, HEAD and OPTIONS`,
  cases: [
    'a POST without a content type is blocked',
    'PUT is not allowed',
    'PATCH is not allowed',
    'DELETE is not allowed',
    ...more,
  ],
});

const refusesAbsoluteForm = (reason: string): Gap => ({
  suite: 'conformance',
  reason,
  cases: ['a target in absolute form', 'a POST to a target in absolute form'],
});

const bun = (program: string) => commands.bun(program).join(' ');

/** The fields that both versions of SvelteKit share. */
const svelteKit = {
  suites: ['conformance', 'incremental'],
  name: 'SvelteKit',
  package: '@sveltejs/kit',
  programs: [
    'docs/hosts/sveltekit.md#src/routes/graphql/+server.ts',
    'docs/hosts/sveltekit.md#src/routes/health/+server.ts',
  ],
  health: '/health',
  platform: 'locals',
  build: ['svelte-kit sync', 'svelte-check --tsconfig ./tsconfig.json', 'vite build'],
  start: 'node build',
} satisfies Omit<Project, 'id'>;

const svelteKitGaps = [
  refusesForms('SvelteKit'),
  refusesAbsoluteForm('SvelteKit appends the whole request target to the origin'),
];

/** Frameworks that bundle the program, and those that run on more than Node.js. */
export const frameworks: readonly Project[] = [
  {
    id: 'h3-2',
    suites: ['conformance', 'incremental'],
    name: 'h3',
    package: 'h3',
    programs: ['docs/hosts/nitro.md#h3.mts'],
    build: ['tsc'],
    start: 'node h3.mts',
    platform: 'req',
  },
  {
    id: 'nitro-3',
    suites: ['conformance', 'incremental'],
    name: 'Nitro',
    package: 'nitro',
    programs: ['docs/hosts/nitro.md#server/routes/graphql.ts', 'docs/hosts/nitro.md#server/routes/health.ts'],
    health: '/health',
    build: ['tsc', 'nitro build'],
    start: 'node .output/server/index.mjs',
    platform: 'req',
  },
  {
    id: 'nuxt-4',
    suites: ['conformance', 'incremental'],
    name: 'Nuxt',
    package: 'nuxt',
    programs: ['docs/hosts/nuxt.md#server/routes/graphql.ts', 'docs/hosts/nuxt.md#server/routes/health.ts'],
    health: '/health',
    build: ['nuxt typecheck', 'nuxt build'],
    start: 'node .output/server/index.mjs',
    prints: /^Listening on http:\/\/\[::\]:\d+$/m,
    platform: 'node',
    gaps: [refusesAbsoluteForm('h3 1 matches its routes against the whole request target')],
  },
  {
    ...svelteKit,
    id: 'sveltekit-2',
    // The signal of a request no longer aborts once the request body has been read.
    noticesLate: ['FIN', 'RST'],
    noticesLateAfterLateBody: true,
    gaps: svelteKitGaps,
  },
  {
    ...svelteKit,
    id: 'sveltekit-3',
    gaps: [...svelteKitGaps, refusesUntyped('SvelteKit 3', 'a body is not read as an empty type')],
  },
  {
    id: 'astro-7',
    suites: ['conformance', 'incremental'],
    name: 'Astro',
    package: 'astro',
    programs: ['docs/hosts/astro.md#src/pages/graphql.ts', 'docs/hosts/astro.md#src/pages/health.ts'],
    health: '/health',
    platform: 'locals',
    build: ['astro check', 'astro build'],
    start: 'node dist/server/entry.mjs',
    prints: /^\S+ \[@astrojs\/node\] Server listening on \S+$/m,
    gaps: [
      refusesForms('Astro', 'the body of a QUERY has the rules of POST'),
      refusesAbsoluteForm('@astrojs/node appends the whole request target to the origin'),
      refusesUntyped('Astro', 'QUERY without a content type is refused'),
      {
        suite: 'conformance',
        reason: '@astrojs/node itself responds with the status 400 to a target that cannot be decoded',
        cases: [
          'percent-encoded bytes that are not UTF-8',
          'a percent sign that encodes nothing',
          'a cut-off percent-encoding',
        ],
      },
      {
        suite: 'conformance',
        reason: '@astrojs/node finds no route, or responds with 500, for a Host that makes an invalid URL',
        cases: [
          'Host: a b',
          'Host: example.com:99999',
          'Host: [::1',
          'Host: %',
          'Host: <script>',
          'Host: user@example.com',
        ],
      },
    ],
  },
  {
    id: 'react-router-8',
    suites: [],
    name: 'React Router',
    package: 'react-router',
    programs: ['docs/hosts/frameworks.md#app/routes/graphql.ts'],
    build: ['react-router typegen', 'tsc', 'react-router build'],
    start: 'react-router-serve ./build/server/index.js',
  },
  {
    id: 'tanstack-start',
    suites: [],
    name: 'TanStack Start',
    package: '@tanstack/react-start',
    programs: ['docs/hosts/frameworks.md#src/routes/api/graphql.ts'],
    route: '/api/graphql',
    build: ['vite build', 'tsc'],
    start: 'node .output/server/index.mjs',
  },
  {
    id: 'elysia',
    suites: [],
    name: 'Elysia',
    package: 'elysia',
    programs: ['docs/hosts/frameworks.md#elysia.ts'],
    build: ['tsc'],
    start: bun('elysia.ts'),
  },
  {
    id: 'itty-router',
    suites: [],
    name: 'itty-router',
    package: 'itty-router',
    build: ['tsc'],
    start: bun('itty.ts'),
    platform: 'requestIP',
  },
  {
    id: 'solidstart-2',
    suites: [],
    name: 'SolidStart',
    package: '@solidjs/start',
    build: ['tsc', 'vite build'],
    start: 'node .output/server/index.mjs',
  },
  {
    id: 'waku',
    suites: [],
    name: 'Waku',
    package: 'waku',
    route: '/api/graphql',
    build: ['tsc', 'waku build'],
    start: 'waku start --port $PORT',
  },
  {
    id: 'fetch-router',
    suites: [],
    name: 'fetch-router',
    package: '@remix-run/fetch-router',
    build: ['tsc'],
    start: 'node fetch-router.mts',
  },
];
