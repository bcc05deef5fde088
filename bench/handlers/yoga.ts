import { createSchema, createYoga } from 'graphql-yoga';
import { resolvers, typeDefs } from '../app.ts';

const yoga = createYoga({ schema: createSchema({ typeDefs, resolvers }), logging: false });

export default { fetch: (request: Request): Response | Promise<Response> => yoga.fetch(request) };
