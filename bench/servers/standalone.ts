import { startStandaloneServer } from '@apollo/server/standalone';
import { createApollo } from '../app.ts';

const { url } = await startStandaloneServer(createApollo(), { listen: { port: 0, host: '127.0.0.1' } });
console.log(url);
