/** Measures the time that this package adds to a process that has started Apollo Server already, in milliseconds. */
import { startApollo } from '../app.ts';

const apollo = await startApollo();
const begin = performance.now();
const { createFetchHandler } = await import('../../dist/index.js');
createFetchHandler(apollo);
console.log(performance.now() - begin);
