import type { BaseContext, GraphQLRequestContext, HTTPGraphQLHead } from '@apollo/server';
import type { ApolloServerErrorCode } from '@apollo/server/errors';
import type { GraphQLError } from 'graphql';

/** Apollo's codes for a document that parses and is not executed. */
const refusals: readonly unknown[] = [
  'BAD_USER_INPUT',
  'GRAPHQL_VALIDATION_FAILED',
  'OPERATION_RESOLUTION_FAILURE',
] satisfies `${ApolloServerErrorCode}`[];

/** An operation, and who has set the status of its response. */
export class Outcome {
  readonly #context: GraphQLRequestContext<BaseContext>;
  #head: HTTPGraphQLHead | undefined;
  /** How often the status was set after the errors were known. */
  #writes = 0;

  constructor(context: GraphQLRequestContext<BaseContext>) {
    this.#context = context;
  }

  /** Counts from now on how often the status is set: Apollo sets it once, for a request that is not executed. */
  watch(): void {
    const { http } = this.#context.response;
    let { status } = http;
    // A plugin has set it before.
    if (status !== undefined) return;
    this.#head = http;
    Object.defineProperty(http, 'status', {
      configurable: true,
      enumerable: true,
      get: () => status,
      set: (value: number | undefined) => {
        this.#writes++;
        status = value;
      },
    });
  }

  /** The status of the draft, or `undefined` if the response keeps its own. */
  get status(): number | undefined {
    const { errors = [], source, response } = this.#context;
    const { http, body } = response;
    if (http !== this.#head || body?.kind !== 'single' || !body.singleResult.errors?.length) return undefined;
    if (body.singleResult.data !== undefined) return this.#writes === 0 ? 294 : undefined;
    if (this.#writes !== 1 || http.status !== 400) return undefined;
    // Without a text there is no operation that a plugin or a rule could have refused.
    const isRefused = source === undefined ? errors.every(isMalformed) : errors.every(isRefusal);
    return isRefused ? 422 : undefined;
  }
}

/** Whether the request has no query at all. */
function isMalformed({ extensions }: GraphQLError): boolean {
  return extensions.code === ('BAD_REQUEST' satisfies `${ApolloServerErrorCode}`);
}

/** Whether Apollo has refused to execute the operation, and nobody else has chosen the status for that. */
function isRefusal(error: GraphQLError): boolean {
  // Apollo adds a status to an error of graphql by wrapping it.
  const { extensions }: Partial<GraphQLError> = error.originalError ?? error;
  return refusals.includes(error.extensions.code) && Object(extensions).http === undefined;
}
