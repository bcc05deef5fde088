import type { Family } from '../case.ts';
import { methods } from './methods.ts';

export const families: readonly Family[] = [methods];
