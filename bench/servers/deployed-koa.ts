import { createServer } from 'node:http';
import { ApolloServerPluginDrainHttpServer } from '@apollo/server/plugin/drainHttpServer';
import { koaMiddleware } from '@as-integrations/koa';
import { bodyParser } from '@koa/bodyparser';
import cors from '@koa/cors';
import Koa from 'koa';
import { createApollo, deployedOrigins } from '../app.ts';
import { listen } from './listen.ts';

const app = new Koa();
const httpServer = createServer();
const apollo = createApollo([ApolloServerPluginDrainHttpServer({ httpServer })]);
await apollo.start();
const isKnown = (origin = '') => (deployedOrigins.includes(origin) ? origin : '');
app.use(cors({ origin: (ctx) => isKnown(ctx.get('origin')), credentials: true }));
app.use(bodyParser());
app.use(koaMiddleware(apollo));
httpServer.on('request', app.callback());
listen(httpServer);
