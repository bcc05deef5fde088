/** What this package adds to a process that has already loaded and started Apollo Server, in milliseconds. */
import { startApollo } from '../app.ts';

const apollo = await startApollo();
const begin = performance.now();
const { createFetchHandler } = await import('../../dist/index.js');
createFetchHandler(apollo);
console.log(performance.now() - begin);
