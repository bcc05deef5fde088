import 'reflect-metadata';
import process from 'node:process';
import { ApolloDriver } from '@nestjs/apollo';
import { NestFactory } from '@nestjs/core';
import { GraphQLModule } from '@nestjs/graphql';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { FetchDriver } from '../../src/nestjs.ts';
import { resolvers, typeDefs } from '../app.ts';

class App {}

const { ADAPTER, DRIVER, PARSER } = process.env;
const driver = DRIVER === 'apollo' ? ApolloDriver : FetchDriver;
const app = await NestFactory.create(
  { module: App, imports: [GraphQLModule.forRoot({ driver, typeDefs, resolvers, playground: false })] },
  ADAPTER === 'fastify' ? new FastifyAdapter() : new ExpressAdapter(),
  { logger: false, bodyParser: PARSER !== 'off' },
);
await app.listen(0, '127.0.0.1');
console.log(await app.getUrl());
