/**
 * Serves a handler on AWS Lambda: `import { createLambdaHandler } from 'apollo-server-integration-fetch/aws-lambda'`.
 *
 * @module
 */

import { GraphQLError } from 'graphql';
import { type LambdaContext, startDeadline } from './aws-lambda/deadline.ts';
import { type LambdaEvent, type LambdaEventV1, type LambdaEventV2, toRequest } from './aws-lambda/event.ts';
import { type LambdaHead, type LambdaResult, toHead, toResult } from './aws-lambda/result.ts';
import { type LambdaStream, sendBody } from './aws-lambda/stream.ts';
import { toErrorResponse } from './core/response.ts';
import { isStream, protocolOf, watch } from './shared/watch.ts';

export type { LambdaContext, LambdaEvent, LambdaEventV1, LambdaEventV2, LambdaHead, LambdaResult, LambdaStream };

/** A fetch handler that takes what Lambda passes to a function, or less. */
export type LambdaFetchHandler<Event, Context> = (
  request: Request,
  event: Event,
  context: Context,
) => Response | Promise<Response>;

/** A global of Lambda's Node.js runtimes. */
declare const awslambda: {
  streamifyResponse<Handler>(handler: Handler): Handler;
  readonly HttpResponseStream: { from(stream: LambdaStream, head: LambdaHead): LambdaStream };
};

/**
 * Turns a fetch handler into a function of AWS Lambda. The function serves API Gateway (REST and HTTP APIs), Function
 * URLs, and Application Load Balancers with and without multi-value headers. After the request, the handler receives
 * Lambda's `event` and `context`.
 *
 * The signal of the request aborts a second before the function times out. If the function has less than ten seconds,
 * the signal aborts when a tenth of that time is left. Lambda does not tell a function that its client has
 * disconnected.
 *
 * The response is sent when it is complete, and Lambda limits it to 6 MB. {@link createLambdaStreamHandler} sends
 * larger responses, and streams part by part. An event that makes no valid request gets the status 400.
 *
 * @param handler A handler of this package, wrapped or not, or any other that takes a `Request`.
 * @returns The function to export as `handler`.
 * @throws TypeError from the function, for an event that is not an HTTP request, such as a scheduled event.
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
 * @see https://docs.aws.amazon.com/elasticloadbalancing/latest/application/lambda-functions.html
 *
 * @example
 * ```ts
 * import { ApolloServer } from '@apollo/server';
 * import { createFetchHandler } from 'apollo-server-integration-fetch';
 * import { createLambdaHandler } from 'apollo-server-integration-fetch/aws-lambda';
 *
 * const server = new ApolloServer({ typeDefs: 'type Query { hello: String }' });
 * export const handler = createLambdaHandler(createFetchHandler(server));
 * ```
 */
export function createLambdaHandler<
  Event extends LambdaEvent = LambdaEvent,
  Context extends LambdaContext = LambdaContext,
>(handler: LambdaFetchHandler<Event, Context>): (event: Event, context: Context) => Promise<LambdaResult> {
  return async function lambdaHandler(event, context) {
    return await respond(handler, event, context, async (response) => await toResult(response, event));
  };
}

/**
 * Like {@link createLambdaHandler}, for a function with response streaming: a Function URL whose invoke mode is
 * `RESPONSE_STREAM`, or a REST API whose response transfer mode is `STREAM`. Each part of the response is sent when it
 * is ready. A response that is still being sent when the function is about to time out ends with an error that says so.
 *
 * @param handler A handler of this package, wrapped or not, or any other that takes a `Request`.
 * @returns The function to export as `handler`.
 * @throws ReferenceError outside of Lambda, where there is no `awslambda`.
 * @see https://docs.aws.amazon.com/lambda/latest/dg/configuration-response-streaming.html
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/response-transfer-mode.html
 *
 * @example
 * ```ts
 * import { ApolloServer } from '@apollo/server';
 * import { createFetchHandler } from 'apollo-server-integration-fetch';
 * import { createLambdaStreamHandler } from 'apollo-server-integration-fetch/aws-lambda';
 *
 * const server = new ApolloServer({ typeDefs: 'type Query { hello: String }' });
 * export const handler = createLambdaStreamHandler(createFetchHandler(server));
 * ```
 */
export function createLambdaStreamHandler<
  Event extends LambdaEvent = LambdaEvent,
  Context extends LambdaContext = LambdaContext,
>(
  handler: LambdaFetchHandler<Event, Context>,
): (event: Event, stream: LambdaStream, context: Context) => Promise<void> {
  return awslambda.streamifyResponse(async (event, stream, context) => {
    // Half a second later than the request, which ends the source of a stream.
    const { signal, clear } = startDeadline(context, 500);
    try {
      await respond(handler, event, context, async (response) => {
        await sendBody(response.body, awslambda.HttpResponseStream.from(stream, toHead(response, event)), signal);
      });
    } finally {
      clear();
    }
  });
}

/** Passes an event to the handler, and sends the response. A stream that is not complete at the deadline ends there. */
async function respond<Event extends LambdaEvent, Context extends LambdaContext, Result>(
  handler: LambdaFetchHandler<Event, Context>,
  event: Event,
  context: Context,
  send: (response: Response) => Promise<Result>,
): Promise<Result> {
  const { signal, clear } = startDeadline(context, 1000);
  try {
    const request = toRequest(event, signal);
    const response = request === undefined ? invalid() : await handler(request, event, context);
    if (!isStream(response)) return await send(response);
    const { stream } = watch(response.body, signal, protocolOf(response), clear);
    return await send(new Response(stream, response));
  } finally {
    clear();
  }
}

function invalid(): Response {
  const error = new GraphQLError('Invalid request.', { extensions: { code: 'BAD_REQUEST' } });
  return toErrorResponse(globalThis, 400, error);
}
