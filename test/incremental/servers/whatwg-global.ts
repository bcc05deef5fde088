import { createServer } from 'node:http';
import { createServerAdapter } from '@whatwg-node/server';
import { createApp } from '../app.ts';
import { listen } from './listen.ts';

listen(createServer(createServerAdapter(createApp({ fetchAPI: globalThis }))));
