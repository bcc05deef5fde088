import { join } from 'node:path';
import { findCommand } from '../../docs/commands.ts';
import {
  keepsLastParameter,
  makesURLOfHost,
  parsesBodies,
  replacesBytes,
  sendsOneCookie,
  wranglerGaps,
} from '../gaps.ts';
import type { Project } from './project.ts';

/** The command that bundles a Lambda function. */
const deploy = findCommand('esbuild');

/** Describes a Lambda function behind a front of `test/hosts/lambda/events.ts`. Lambda's own runtime calls it. */
function lambda(front: string, name: string, module = 'index'): Project {
  return {
    id: `lambda-${front}${module === 'stream' ? '-streaming' : ''}`,
    folder: 'aws-lambda',
    name: `AWS Lambda, ${name}${module === 'stream' ? ', streaming' : ''}, aws-lambda-ric`,
    package: 'aws-lambda-ric',
    programs: ['index', 'stream', 'context', 'warm-up'].map((name) => `docs/hosts/aws-lambda.md#${name}.mts`),
    build: ['tsc', deploy, deploy.replaceAll('index', 'stream')],
    start: `node ${join(import.meta.dirname, '../lambda/serve.ts')} ${front} ${module}.handler`,
    platform: 'getRemainingTimeInMillis',
    gaps: [replacesBytes, ...(front === 'alb' ? [sendsOneCookie, keepsLastParameter] : [])],
  };
}

/** Platforms that call a function for each request. */
export const serverless: readonly Project[] = [
  lambda('function-url', 'Function URL'),
  lambda('function-url', 'Function URL', 'stream'),
  lambda('api-gateway-v1', 'REST API'),
  lambda('api-gateway-v1', 'REST API', 'stream'),
  lambda('api-gateway-v2', 'HTTP API'),
  lambda('alb', 'load balancer'),
  lambda('alb-multi-value', 'load balancer with multi-value headers'),
  {
    id: 'cloudflare-pages',
    name: 'Cloudflare Pages, wrangler',
    package: 'wrangler',
    programs: ['docs/hosts/cloudflare.md#functions/graphql.ts'],
    build: ['tsc'],
    start: 'wrangler pages dev --ip 127.0.0.1 --port $PORT --inspector-port 0',
    // The program gets the environment variables of wrangler.
    env: {
      CLOUDFLARE_INCLUDE_PROCESS_ENV: 'true',
      WRANGLER_SEND_METRICS: 'false',
      CLOUDFLARE_CF_FETCH_ENABLED: 'false',
    },
    platform: 'passThroughOnException',
    gaps: wranglerGaps,
  },
  {
    id: 'google-cloud-functions',
    name: 'Google Cloud Functions, functions-framework',
    package: '@google-cloud/functions-framework',
    programs: ['docs/hosts/google-cloud-functions.md#index.ts'],
    build: ['tsc'],
    start: 'functions-framework --target=graphql',
    platform: 'req',
    gaps: parsesBodies,
  },
  {
    id: 'firebase',
    name: 'Firebase, firebase-functions',
    package: 'firebase-functions',
    programs: ['docs/hosts/google-cloud-functions.md#src/index.ts'],
    build: ['tsc'],
    start: 'functions-framework --target=graphql --signature-type=http',
    platform: 'req',
    gaps: parsesBodies,
  },
  {
    id: 'azure-functions',
    name: 'Azure Functions, @azure/functions',
    package: '@azure/functions',
    programs: ['docs/hosts/azure-functions.md#src/functions/graphql.ts'],
    build: ['tsc'],
    start: `node ${join(import.meta.dirname, '../azure/serve.ts')} dist/src/functions/graphql.js`,
    route: '/api/graphql',
    platform: 'invocationId',
    gaps: [sendsOneCookie, makesURLOfHost],
  },
];
