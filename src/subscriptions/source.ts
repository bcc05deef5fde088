import type { BaseContext, GraphQLRequestContextResponseForOperation } from '@apollo/server';
import { type ExecutionResult, getVariableValues, subscribe } from 'graphql';
import { internalServerError } from '../core/error.ts';
import { logSafely } from '../core/log.ts';

export type SourceContext = GraphQLRequestContextResponseForOperation<BaseContext>;

/** The source of a subscription that has ended before it was opened. It yields nothing. */
export const silence: AsyncIterator<ExecutionResult> = { next: () => new Promise(() => {}) };

/** Calls the `subscribe` function of the schema. It never rejects. */
export async function openSource(context: SourceContext): Promise<AsyncIterator<ExecutionResult> | ExecutionResult> {
  const { request, schema, document, contextValue, logger } = context;
  try {
    return await subscribe({
      schema,
      document,
      contextValue,
      variableValues: request.variables ?? null,
      operationName: request.operationName ?? null,
    });
  } catch (error) {
    // The schema is at fault: its `subscribe` function did not return an async iterable.
    logSafely(() => logger.error(error));
    return { errors: [internalServerError()] };
  }
}

export function hasBadVariables({ request, schema, operation }: SourceContext): boolean {
  const { errors } = getVariableValues(schema, operation.variableDefinitions ?? [], request.variables ?? {});
  return errors !== undefined;
}
