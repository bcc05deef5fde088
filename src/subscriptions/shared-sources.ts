import type { BaseContext, GraphQLRequest } from '@apollo/server';
import type { DocumentNode } from 'graphql';
import { createHub, type Hub } from './hub.ts';
import { keyOf } from './key.ts';
import { readerOf } from './reader.ts';
import type { Call } from './results.ts';
import { openSource, type SourceContext } from './source.ts';

/** A subscription that may be shared. */
export interface ShareArgument<TContext extends BaseContext = BaseContext> {
  readonly document: DocumentNode;
  readonly operationName: string | null;
  readonly variables: Readonly<Record<string, unknown>>;
  readonly contextValue: TContext;
  readonly request: GraphQLRequest;
}

type Share<TContext extends BaseContext> = (subscription: ShareArgument<TContext>) => string | undefined;

/** A source that subscriptions share. */
interface SharedSource {
  readonly hub: Hub;
  readonly opening: ReturnType<typeof openSource>;
}

/** The sources that subscriptions share now, by what these have in common. */
export class SharedSources<TContext extends BaseContext> {
  readonly #sources = new Map<string, SharedSource>();
  readonly #share: Share<TContext>;
  readonly #heartbeatIntervalMillis: number;

  constructor(share: Share<TContext>, heartbeatIntervalMillis: number) {
    this.#share = share;
    this.#heartbeatIntervalMillis = heartbeatIntervalMillis;
  }

  /** Finds or opens the source of a subscription. Returns `undefined` if the subscription shares nothing. */
  find(context: SourceContext, call: Call): SharedSource | undefined {
    const { document, operationName, request } = context;
    const variables = request.variables ?? {};
    const contextValue = context.contextValue as TContext;
    const name = this.#share({ document, operationName, variables, contextValue, request });
    // Whoever is first opens the source, so it must not be a client that has left.
    const { server, signal } = call.exchange;
    if (typeof name !== 'string' || server === undefined || signal.aborted) return undefined;
    const key = keyOf(name, server, context);
    return key === undefined ? undefined : (this.#sources.get(key) ?? this.#open(key, context, call));
  }

  #open(key: string, context: SourceContext, call: Call): SharedSource {
    const abort = call.exchange.shareSignal();
    const opening = openSource(context);
    const forget = () => {
      if (this.#sources.get(key) === source) this.#sources.delete(key);
    };
    const reader = readerOf(opening, call, context.logger);
    const hub = createHub(reader, this.#heartbeatIntervalMillis, forget, abort);
    const source = { hub, opening };
    this.#sources.set(key, source);
    void opening.then((result) => {
      if (!('next' in result)) hub.exhaust();
    });
    return source;
  }
}
