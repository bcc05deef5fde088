import fastifyApollo from '@as-integrations/fastify';
import fastify from 'fastify';
import { startApollo } from '../app.ts';

const app = fastify();
await app.register(fastifyApollo(await startApollo()));
console.log(await app.listen({ port: 0, host: '127.0.0.1' }));
