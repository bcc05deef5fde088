/**
 * Replaces the package's own `createFetchHandler` in a project, so that an unchanged program of the docs serves the
 * application of a suite.
 */
import process from 'node:process';
import { createFetchHandler as createOwn, type FetchHandler } from '../../../src/index.ts';
import { loadApp } from '../../apps/index.ts';

/** Creates a handler for the application that `APP` names, or for the program's own server if `APP` is not set. */
export const createFetchHandler = ((...args: Parameters<typeof createOwn>) => {
  const own = createOwn(...args);
  let app: Promise<FetchHandler<unknown[]>> | undefined;
  return async (request: Request, ...platform: unknown[]) => {
    // `APP` is read when a request arrives, because some platforms set the environment no sooner.
    const { APP } = process.env;
    if (!APP) return await own(request, ...platform);
    app ??= loadApp(APP).then((createApp) => createApp());
    return await (await app)(request, ...platform);
  };
}) as typeof createOwn;
