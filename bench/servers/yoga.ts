import { createServer } from 'node:http';
import { createSchema, createYoga } from 'graphql-yoga';
import { resolvers, typeDefs } from '../app.ts';
import { listen } from './listen.ts';

listen(createServer(createYoga({ schema: createSchema({ typeDefs, resolvers }), logging: false })));
