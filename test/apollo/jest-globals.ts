/**
 * What Apollo's suite imports from `@jest/globals`: the parts of Jest itself, which a bundler can carry into runtimes
 * that Jest cannot run in.
 */
export { afterAll, afterEach, beforeAll, beforeEach, describe, it, test } from 'jest-circus';
export { expect } from './expect.ts';

import { fn, spyOn } from 'jest-mock';

export const jest = { fn, spyOn };
