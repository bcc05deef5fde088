/** The package has its types in JSDoc, which TypeScript does not read. */
declare module 'graphql-upload/GraphQLUpload.mjs' {
  import type { GraphQLScalarType } from 'graphql';

  const GraphQLUpload: GraphQLScalarType;
  export default GraphQLUpload;
}

declare module 'graphql-upload/processRequest.mjs' {
  import type { IncomingMessage, ServerResponse } from 'node:http';

  export default function processRequest(req: IncomingMessage, res: ServerResponse): Promise<unknown>;
}
