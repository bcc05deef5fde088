import type { DynamicModule, INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { onTestFinished } from 'vitest';

export const adapters = ['Express', 'Fastify'] as const;
export type Adapter = (typeof adapters)[number];

/** Creates an application that neither listens nor is initialized. */
export async function create(module: DynamicModule, adapter: Adapter, options = {}): Promise<INestApplication> {
  const http = adapter === 'Express' ? new ExpressAdapter() : new FastifyAdapter();
  return await NestFactory.create(module, http, { logger: false, abortOnError: false, ...options });
}

/** Serves an application until the test is over, and returns its origin. */
export async function serve(app: INestApplication): Promise<string> {
  await app.listen(0, '127.0.0.1');
  onTestFinished(() => app.close());
  return await app.getUrl();
}

export type Operation = string | { readonly query: string; readonly variables?: object };

/** Sends an operation to `/graphql`. */
export async function post(origin: string, operation: Operation, init: RequestInit = {}): Promise<Response> {
  const { headers, ...rest } = init;
  return await fetch(`${origin}/graphql`, {
    method: 'POST',
    body: JSON.stringify(typeof operation === 'string' ? { query: operation } : operation),
    headers: { 'content-type': 'application/json', ...headers },
    ...rest,
  });
}
