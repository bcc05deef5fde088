import { createServer } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import { createApp } from '../app.ts';
import { listen } from './listen.ts';

listen(createServer(getRequestListener(createApp())));
