import process from 'node:process';
import { serve } from '@hono/node-server';
import { createApp } from '../app.ts';

const { PORT } = process.env;
serve({ fetch: createApp(), port: Number(PORT), hostname: '127.0.0.1' }, ({ port }) => {
  console.log(`http://127.0.0.1:${port}`);
});
