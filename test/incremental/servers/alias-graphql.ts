/** `--import` this, and `graphql` is the package named by `GRAPHQL`, for every importer. */
import { registerHooks } from 'node:module';
import process from 'node:process';

const { GRAPHQL = 'graphql' } = process.env;

registerHooks({
  resolve: (specifier, context, next) => next(specifier.replace(/^graphql(?=\/|$)/, GRAPHQL), context),
});
