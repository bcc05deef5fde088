/**
 * The exports of `@jest/globals` that Apollo's suite imports. They come from Jest's own packages, which can be bundled
 * for runtimes where Jest as a whole cannot run.
 */
export { afterAll, afterEach, beforeAll, beforeEach, describe, it, test } from 'jest-circus';
export { expect } from './expect.ts';

import { fn, spyOn } from 'jest-mock';

export const jest = { fn, spyOn };
