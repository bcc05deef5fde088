import { createServer } from 'node:http';
import { createRequestListener } from '../../../src/node.ts';
import { createApp } from '../app.ts';

const server = createServer(createRequestListener(createApp())).listen(0, '127.0.0.1', () => {
  const address = server.address();
  console.log(`http://127.0.0.1:${typeof address === 'object' ? address?.port : address}`);
});
