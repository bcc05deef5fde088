import { createServer } from 'node:http';
import { expressMiddleware } from '@as-integrations/express5';
import express from 'express';
import { startApollo } from '../app.ts';
import { listen } from './listen.ts';

const app = express();
app.use('/graphql', express.json(), expressMiddleware(await startApollo()));
listen(createServer(app));
