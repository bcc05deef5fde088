export { createFetchHandler } from './core/handler.ts';
export type {
  FetchAPI,
  FetchContextFunctionArgument,
  FetchHandler,
  FetchHandlerOptions,
} from './core/options.ts';
export type { ServerSource } from './core/start.ts';
