import fastifyApollo, { fastifyApolloDrainPlugin } from '@as-integrations/fastify';
import cors from '@fastify/cors';
import fastify from 'fastify';
import { createApollo, deployedOrigins } from '../app.ts';

const app = fastify();
const apollo = createApollo([fastifyApolloDrainPlugin(app)]);
await apollo.start();
await app.register(cors, { origin: [...deployedOrigins], credentials: true });
await app.register(fastifyApollo(apollo));
console.log(await app.listen({ port: 0, host: '127.0.0.1' }));
