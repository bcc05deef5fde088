import { GraphQLError } from 'graphql';
import { expect, test } from 'vitest';
import { badRequest, internalServerError } from '../../src/core/error.ts';

test('a bad request is an error of GraphQL with its status and the code of Apollo', () => {
  const error = badRequest('No.', 413);
  expect(error).toBeInstanceOf(GraphQLError);
  expect(error.toJSON()).toEqual({
    message: 'No.',
    extensions: { code: 'BAD_REQUEST', http: { status: 413 } },
  });
});

test('a bad request is a 400 unless it says otherwise', () => {
  expect(badRequest('No.').extensions).toHaveProperty('http.status', 400);
});

test('an internal error tells nothing', () => {
  expect(internalServerError().toJSON()).toEqual({
    message: 'Internal server error',
    extensions: { code: 'INTERNAL_SERVER_ERROR' },
  });
});
