export { createFetchHandler } from './core/handler.ts';
export type {
  BodyLimits,
  FetchAPI,
  FetchContextFunctionArgument,
  FetchHandler,
  FetchHandlerOptions,
  MultipartReader,
} from './core/options.ts';
export type { ServerSource } from './core/start.ts';
