import { createFetchHandler } from '../../src/index.ts';
import { createApollo } from '../app.ts';

export default { fetch: createFetchHandler(createApollo()) };
