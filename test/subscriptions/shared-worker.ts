/** The application inside one Durable Object, and a Worker that passes all requests on to it. */
import { DurableObject } from 'cloudflare:workers';
import { createApp } from '../apps/subscriptions.ts';

interface Env {
  readonly APP: DurableObjectNamespace;
}

export class App extends DurableObject<Env> {
  readonly #app = createApp();

  override async fetch(request: Request): Promise<Response> {
    return await this.#app(request, this.ctx);
  }
}

export default {
  async fetch(request, env): Promise<Response> {
    return await env.APP.get(env.APP.idFromName('app')).fetch(request);
  },
} satisfies ExportedHandler<Env>;
