import process from 'node:process';
import { createApp } from '../app.ts';

const { PORT } = process.env;
const server = Bun.serve({ fetch: createApp(), port: Number(PORT), hostname: '127.0.0.1' });
console.log(`http://127.0.0.1:${server.port}`);
