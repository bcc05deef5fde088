import { createServer } from 'node:http';
import { createServerAdapter } from '@whatwg-node/server';
import { handler } from '../app.ts';
import { listen } from './listen.ts';

listen(createServer(createServerAdapter(handler)));
