import process from 'node:process';
import { createApp } from '../app.ts';

const { PORT } = process.env;
Deno.serve({ port: Number(PORT), hostname: '127.0.0.1' }, createApp());
