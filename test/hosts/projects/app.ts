/**
 * Takes the place of the package's own `createFetchHandler` in a project, so that a program of the docs serves a suite
 * without a change in it.
 */
import process from 'node:process';
import { createFetchHandler as createOwn, type FetchHandler } from '../../../src/index.ts';
import { loadApp } from '../../apps/index.ts';

/** The handler of the application that `APP` names, or where it names none, the one that the program asks for. */
export const createFetchHandler = ((...args: Parameters<typeof createOwn>) => {
  const own = createOwn(...args);
  let app: Promise<FetchHandler<unknown[]>> | undefined;
  return async (request: Request, ...platform: unknown[]) => {
    // Read when a request comes: some platforms set the environment no sooner.
    const { APP } = process.env;
    if (!APP) return await own(request, ...platform);
    app ??= loadApp(APP).then((createApp) => createApp());
    return await (await app)(request, ...platform);
  };
}) as typeof createOwn;
