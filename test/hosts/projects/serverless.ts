import { join } from 'node:path';
import type { Project } from './project.ts';

/** A function of Lambda, called by Lambda's own runtime, behind one of the fronts of `test/hosts/lambda/events.ts`. */
function lambda(front: string, name: string, module = 'index', gaps: Project['gaps'] = []): Project {
  return {
    id: `lambda-${front}${module === 'stream' ? '-streaming' : ''}`,
    folder: 'aws-lambda',
    name: `AWS Lambda, ${name}${module === 'stream' ? ', streaming' : ''}, aws-lambda-ric`,
    package: 'aws-lambda-ric',
    programs: ['index', 'stream', 'context', 'warm-up'].map((name) => `docs/hosts/aws-lambda.md#${name}.mts`),
    build: ['tsc'],
    start: `node ${join(import.meta.dirname, '../lambda/serve.ts')} ${front} ${module}.handler`,
    platform: 'getRemainingTimeInMillis',
    gaps,
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
];
