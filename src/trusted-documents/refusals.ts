import { GraphQLError } from 'graphql';

/*
 * The codes are Apollo Router's. Its statuses are 400, 403 and 404. Here all are 400, the status of GraphQL over HTTP
 * for a request that is not executed. No message is one at which a client sends the text that belongs to its id.
 */

export function idRequired(): GraphQLError {
  return refusal('PERSISTED_QUERY_ID_REQUIRED', 'A request must have the id of a trusted document.');
}

export function notInSafelist(): GraphQLError {
  return refusal('QUERY_NOT_IN_SAFELIST', 'The text of the operation is not a trusted document.');
}

export function notInList(): GraphQLError {
  return refusal('PERSISTED_QUERY_NOT_IN_LIST', 'The id is not that of a trusted document.');
}

export function idAndText(): GraphQLError {
  return refusal('CANNOT_SEND_PQ_ID_AND_BODY', 'The text of the operation is not the document that its id names.');
}

function refusal(code: string, message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code, http: { status: 400 } } });
}
