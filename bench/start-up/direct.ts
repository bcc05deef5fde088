/** Measures the time from the start of the process to the first response of Apollo Server alone. */
import { HeaderMap } from '@apollo/server';
import { assertResponse, hello, startApollo } from '../app.ts';

const apollo = await startApollo();
const headers = new HeaderMap([['content-type', 'application/json']]);
const httpGraphQLRequest = { method: 'POST', headers, search: '', body: JSON.parse(hello.body) };
const response = await apollo.executeHTTPGraphQLRequest({ httpGraphQLRequest, context: async () => ({}) });
if (response.body.kind !== 'complete') throw new Error('Expected a complete response.');
assertResponse('direct', hello, response.body.string);
console.log(performance.now());
