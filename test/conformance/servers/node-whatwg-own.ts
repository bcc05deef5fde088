import { createServer } from 'node:http';
import * as fetchAPI from '@whatwg-node/fetch';
import { createServerAdapter } from '@whatwg-node/server';
import { createApp } from '../app.ts';
import { listen } from './listen.ts';

listen(createServer(createServerAdapter(createApp(fetchAPI), { fetchAPI })));
