import process from 'node:process';
import { createHandler } from '../drain-app.ts';

const { PORT } = process.env;
const handler = createHandler((): Promise<void> => listener.shutdown());
const listener = Deno.serve({ port: Number(PORT), hostname: '127.0.0.1' }, handler);
