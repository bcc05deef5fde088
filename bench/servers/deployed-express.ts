import { createServer } from 'node:http';
import { ApolloServerPluginDrainHttpServer } from '@apollo/server/plugin/drainHttpServer';
import { expressMiddleware } from '@as-integrations/express5';
import cors from 'cors';
import express from 'express';
import { createApollo, deployedOrigins } from '../app.ts';
import { listen } from './listen.ts';

const app = express();
const httpServer = createServer(app);
const apollo = createApollo([ApolloServerPluginDrainHttpServer({ httpServer })]);
await apollo.start();
app.use(
  '/graphql',
  cors({ origin: [...deployedOrigins], credentials: true }),
  express.json(),
  expressMiddleware(apollo),
);
listen(httpServer);
