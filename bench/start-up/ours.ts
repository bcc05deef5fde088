/** Measures the time from the start of the process to the first response of this package. */
import { createFetchHandler } from '../../dist/index.js';
import { assertResponse, hello, startApollo } from '../app.ts';

const handler = createFetchHandler(await startApollo());
const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body: hello.body };
const response = await handler(new Request('http://localhost:4000/', init));
assertResponse('ours', hello, await response.text());
console.log(performance.now());
