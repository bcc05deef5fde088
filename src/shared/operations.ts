import type { ApolloServerPlugin } from '@apollo/server';
import { ApolloRequest } from '../core/request.ts';

/** The members that are used of an Apollo Server. */
export interface ObservedServer {
  addPlugin(plugin: ApolloServerPlugin): void;
  readonly logger: { error(message: unknown): void };
}

/** Tells the observers of requests about their operations. It keeps no state, so servers and wrappers can share it. */
export const operationsPlugin: ApolloServerPlugin = {
  async requestDidStart(context) {
    const { http } = context.request;
    // An operation of a batch has no exchange.
    if (http) ApolloRequest.exchangeOf(http)?.observer?.onStart(context);
  },
};

const observed = new WeakSet<ObservedServer>();

/** Adds the plugin once, however many wrappers observe the server. */
export function observeOperations(server: ObservedServer): void {
  if (observed.has(server)) return;
  server.addPlugin(operationsPlugin);
  observed.add(server);
}
