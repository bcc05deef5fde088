/** From the start of the process to the first answer: Apollo Server alone. */
import { HeaderMap } from '@apollo/server';
import { assertAnswer, hello, startApollo } from '../app.ts';

const apollo = await startApollo();
const headers = new HeaderMap([['content-type', 'application/json']]);
const httpGraphQLRequest = { method: 'POST', headers, search: '', body: JSON.parse(hello.body) };
const answer = await apollo.executeHTTPGraphQLRequest({ httpGraphQLRequest, context: async () => ({}) });
if (answer.body.kind !== 'complete') throw new Error('Expected a complete answer.');
assertAnswer('direct', hello, answer.body.string);
console.log(performance.now());
