import type { Family } from '../case.ts';
import { accept } from './accept.ts';
import { apq } from './apq.ts';
import { audits } from './audits.ts';
import { batching } from './batching.ts';
import { bodies } from './bodies.ts';
import { context } from './context.ts';
import { csrf } from './csrf.ts';
import { landingPage } from './landing-page.ts';
import { mediaTypes } from './media-types.ts';
import { methods } from './methods.ts';
import { queries } from './queries.ts';
import { queryMethod } from './query-method.ts';
import { responses } from './responses.ts';
import { start } from './start.ts';
import { statuses } from './statuses.ts';
import { trusted } from './trusted-documents.ts';

export const families: readonly Family[] = [
  methods,
  queryMethod,
  queries,
  mediaTypes,
  bodies,
  accept,
  csrf,
  apq,
  batching,
  trusted,
  context,
  responses,
  statuses,
  landingPage,
  start,
  audits,
];
