import type { APIEvent } from '@solidjs/start/server';
import { handler } from '../graphql';

export const GET = ({ request }: APIEvent) => handler(request);
export const POST = GET;
export const OPTIONS = GET;
