import { createApp } from '../app.ts';

const { url } = Bun.serve({ port: 0, hostname: '127.0.0.1', idleTimeout: 0, fetch: createApp() });
console.log(url.origin);
