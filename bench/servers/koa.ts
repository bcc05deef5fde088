import { createServer } from 'node:http';
import { koaMiddleware } from '@as-integrations/koa';
import { bodyParser } from '@koa/bodyparser';
import Koa from 'koa';
import { startApollo } from '../app.ts';
import { listen } from './listen.ts';

const app = new Koa();
app.use(bodyParser());
app.use(koaMiddleware(await startApollo()));
listen(createServer(app.callback()));
