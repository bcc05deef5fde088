import type { ApolloServerOptions, BaseContext } from '@apollo/server';
import { unwrapResolverError } from '@apollo/server/errors';
import type { GraphQLFormattedError } from 'graphql';

type FormatError = NonNullable<ApolloServerOptions<BaseContext>['formatError']>;

/** The members of an `HttpException`, which may come from another copy of `@nestjs/common`. */
interface HttpException {
  readonly message: string;
  readonly status: number;
  readonly response: { readonly statusCode: number };
}

const codes: Readonly<Record<number, string>> = {
  400: 'BAD_REQUEST',
  401: 'UNAUTHENTICATED',
  403: 'FORBIDDEN',
  422: 'BAD_USER_INPUT',
};

/** Gives the errors of an `HttpException` its code and its response, before the application formats them. */
export function transformHttpErrors(formatError: FormatError = (formatted) => formatted): FormatError {
  return (formatted, error) => {
    const cause = unwrapResolverError(error);
    return formatError(isHttpException(cause) ? transform(formatted, cause) : formatted, error);
  };
}

function isHttpException(error: unknown): error is HttpException {
  const { response, status } = Object(error);
  return Boolean(response?.statusCode && status);
}

function transform(
  formatted: GraphQLFormattedError,
  { message, status, response }: HttpException,
): GraphQLFormattedError {
  const code = codes[status];
  return {
    ...formatted,
    message,
    extensions: {
      ...formatted.extensions,
      ...(code === undefined ? { code: 'INTERNAL_SERVER_ERROR', status } : { code }),
      originalError: response,
    },
  };
}
