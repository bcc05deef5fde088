/**
 * Connects Apollo Server 5 to every runtime that speaks the Fetch API:
 * `import { createFetchHandler } from 'apollo-server-integration-fetch'`.
 *
 * @module
 */
export { createFetchHandler } from './core/handler.ts';
export type {
  BodyLimits,
  DocumentReader,
  FetchAPI,
  FetchContextFunctionArgument,
  FetchHandler,
  FetchHandlerOptions,
  MultipartReader,
} from './core/options.ts';
export type { ServerSource } from './core/start.ts';
