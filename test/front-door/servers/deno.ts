import process from 'node:process';
import { handler } from '../app.ts';

const { PORT } = process.env;
Deno.serve({ port: Number(PORT), hostname: '127.0.0.1' }, handler);
