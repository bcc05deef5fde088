/** From the start of the process to the first answer. */
import { createFetchHandler } from '../../dist/index.js';
import { assertAnswer, hello, startApollo } from '../app.ts';

const handler = createFetchHandler(await startApollo());
const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body: hello.body };
const answer = await handler(new Request('http://localhost:4000/', init));
assertAnswer('ours', hello, await answer.text());
console.log(performance.now());
