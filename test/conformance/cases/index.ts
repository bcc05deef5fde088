import type { Family } from '../case.ts';
import { apq } from './apq.ts';
import { batching } from './batching.ts';
import { bodies } from './bodies.ts';
import { mediaTypes } from './media-types.ts';
import { methods } from './methods.ts';

export const families: readonly Family[] = [methods, mediaTypes, bodies, apq, batching];
