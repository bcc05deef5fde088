import { hapiGaps, parsesBodies, refusesBrokenTypes } from '../gaps.ts';
import type { Project } from './project.ts';

const express = {
  name: 'Express',
  package: 'express',
  programs: ['docs/hosts/express.md#express.mts'],
  build: ['tsc'],
  start: 'node express.mts',
  platform: 'req',
} as const;

/** With a parser that has read the body before. */
const parsed = {
  variant: 'express.json()',
  programs: ['docs/hosts/express.md#express-production.mts'],
  start: 'node express-production.mts',
  health: '/health',
  drains: true,
  gaps: parsesBodies,
} as const;

const suites = ['conformance', 'incremental'] as const;

const nest = {
  env: { NO_COLOR: '1' },
  platform: 'req',
  // What the start of an application prints.
  prints: /^\[Nest\].*successfully started.*?$/ms,
} as const;

/** Servers of Node.js and frameworks around them. */
export const node: readonly Project[] = [
  { ...express, id: 'express-4', suites },
  { ...express, id: 'express-5', suites },
  { ...express, ...parsed, id: 'express-4-json', folder: 'express-4' },
  { ...express, ...parsed, id: 'express-5-json', folder: 'express-5' },
  {
    ...express,
    id: 'express-20',
    folder: 'express-5',
    variant: 'Node 20',
    node: '20.20.2',
    build: ['tsc --noEmit false'],
    start: 'node express.mjs',
    suites,
  },
  {
    id: 'fastify',
    name: 'Fastify',
    package: 'fastify',
    programs: ['docs/hosts/fastify.md#fastify.mts'],
    build: ['tsc'],
    start: 'node fastify.mts',
    suites,
    gaps: [refusesBrokenTypes],
  },
  {
    id: 'fastify-parsed',
    folder: 'fastify',
    name: 'Fastify',
    package: 'fastify',
    variant: 'its own parsers',
    programs: ['docs/hosts/fastify.md#fastify-production.mts'],
    build: ['tsc'],
    start: 'node fastify-production.mts',
    // Fastify's parsers respond themselves to whatever they cannot read.
    suites: [],
    health: '/health',
    drains: true,
  },
  {
    id: 'koa',
    name: 'Koa',
    package: 'koa',
    programs: ['docs/hosts/koa.md#koa.mts'],
    build: ['tsc'],
    start: 'node koa.mts',
    suites,
    logsRequests: true,
  },
  {
    id: 'koa-listener',
    folder: 'koa',
    name: 'Koa',
    package: 'koa',
    variant: 'ctx.respond = false',
    programs: ['docs/hosts/koa.md#koa-production.mts'],
    build: ['tsc'],
    start: 'node koa-production.mts',
    logsRequests: true,
    platform: 'req',
    suites,
    health: '/health',
    drains: true,
  },
  {
    id: 'hapi',
    name: 'Hapi',
    package: '@hapi/hapi',
    programs: ['docs/hosts/hapi.md#hapi.mts'],
    build: ['tsc'],
    start: 'node hapi.mts',
    health: '/health',
    drains: true,
    suites,
    gaps: hapiGaps,
  },
  {
    id: 'nest-express',
    name: 'NestJS',
    package: '@nestjs/core',
    variant: 'Express',
    programs: ['docs/hosts/nestjs.md#src/main.ts'],
    build: ['nest build'],
    start: 'node dist/main',
    ...nest,
    suites,
    drains: true,
  },
  {
    id: 'nest-controller',
    folder: 'nest-express',
    name: 'NestJS',
    package: '@nestjs/core',
    variant: 'controller',
    programs: ['docs/hosts/nestjs.md#src/graphql.controller.ts', 'docs/hosts/nestjs.md#src/app.module.ts'],
    build: ['nest build'],
    start: 'node dist/main',
    ...nest,
    gaps: parsesBodies,
  },
  {
    id: 'nest-fastify',
    name: 'NestJS',
    package: '@nestjs/core',
    variant: 'Fastify',
    programs: ['docs/hosts/nestjs.md#src/main.fastify.ts'],
    build: ['nest build'],
    start: 'node dist/main.fastify',
    ...nest,
    suites,
  },
];
