/**
 * The driver for `GraphQLModule` of `@nestjs/graphql`: `import { FetchDriver } from
 * 'apollo-server-integration-fetch/nestjs'`.
 *
 * @module
 */
import { ApolloServer, type BaseContext } from '@apollo/server';
import { Inject, SetMetadata } from '@nestjs/common';
import { ModulesContainer, Reflector } from '@nestjs/core';
import { AbstractGraphQLDriver, BaseExplorerService } from '@nestjs/graphql';
import { type GraphQLSchema, printSchema } from 'graphql';
import { createFetchHandler } from './core/handler.ts';
import { logSafely } from './core/log.ts';
import type { FetchHandler } from './core/options.ts';
import { cors } from './cors.ts';
import { drain } from './drain.ts';
import type { FetchDriverConfig } from './nestjs/config.ts';
import { type DriverContext, type FetchDriverContext, withRequest } from './nestjs/context.ts';
import { transformHttpErrors } from './nestjs/errors.ts';
import { type EventFilter, filterEvents } from './nestjs/filter.ts';
import { requestHooks } from './nestjs/hooks.ts';
import { closeServer, mount } from './nestjs/mount.ts';
import { subscriptions } from './subscriptions.ts';

export type { DriverContext, FetchDriverConfig, FetchDriverContext };

const pluginKey = 'graphql:plugin';

/** The drivers of an application. Each of them has a path of its own. */
const neighbours = new WeakMap<ModulesContainer, Set<FetchDriver>>();

/**
 * Marks a provider as a plugin of Apollo Server, as the decorator of `@nestjs/apollo` does.
 *
 * @returns A decorator of a class that is an `ApolloServerPlugin`.
 *
 * @example
 * ```ts
 * import type { ApolloServerPlugin } from '@apollo/server';
 * import { Plugin } from 'apollo-server-integration-fetch/nestjs';
 *
 * class LoggingPlugin implements ApolloServerPlugin {
 *   async requestDidStart() {
 *     console.log('Request started');
 *   }
 * }
 * // As a decorator: `@Plugin() class LoggingPlugin`.
 * Plugin()(LoggingPlugin);
 * ```
 */
export function Plugin(): ClassDecorator {
  return SetMetadata(pluginKey, true);
}

/**
 * Serves the GraphQL API of a NestJS application with `createFetchHandler`, in place of `ApolloDriver`. With an HTTP
 * adapter, Express or Fastify, it serves the `path` of the module, whose default is `/graphql`. `app.close()` lets
 * requests in flight end, as `drain` does.
 *
 * Without a server, after `app.init()` or `NestFactory.createApplicationContext`, the application gives its fetch
 * handler: `app.get<GraphQLModule<FetchDriver>>(GraphQLModule).graphQlAdapter.handler`.
 *
 * @see https://docs.nestjs.com/graphql/quick-start
 *
 * @example
 * ```ts
 * import { GraphQLModule } from '@nestjs/graphql';
 * import { FetchDriver, type FetchDriverConfig } from 'apollo-server-integration-fetch/nestjs';
 *
 * export const graphql = GraphQLModule.forRoot<FetchDriverConfig>({ driver: FetchDriver, autoSchemaFile: true });
 * ```
 */
export class FetchDriver extends AbstractGraphQLDriver<FetchDriverConfig> {
  private readonly modules!: ModulesContainer;
  #server: ApolloServer<BaseContext> | undefined;
  #handler: FetchHandler<unknown[]> | undefined;
  #isStarted = false;
  #stopped: Promise<void> | undefined;

  static {
    Inject(ModulesContainer)(FetchDriver.prototype, 'modules');
  }

  /**
   * The Apollo Server.
   *
   * @throws Error before the application is initialized.
   */
  get instance(): ApolloServer<BaseContext> {
    return initialized(this.#server);
  }

  /**
   * The fetch handler, for AWS Lambda, for tests, and for any host that has a `Request`.
   *
   * @throws Error before the application is initialized.
   */
  get handler(): FetchHandler<unknown[]> {
    return initialized(this.#handler);
  }

  /** Creates the server as soon as its schema is there. Nest calls `start` only for an application with an adapter. */
  override async generateSchema(options: FetchDriverConfig): Promise<GraphQLSchema> {
    const schema = (await super.generateSchema(options)) as GraphQLSchema;
    if (options.definitions?.path) await this.graphQlFactory.generateDefinitions(printSchema(schema), options);
    const { autoTransformHttpErrors = true, formatError } = options;
    const format = autoTransformHttpErrors ? transformHttpErrors(formatError) : formatError;
    const server = new ApolloServer<BaseContext>({
      // Nest stops the server, if `app.enableShutdownHooks()` was called.
      stopOnTerminationSignals: false,
      ...options,
      schema,
      typeDefs: undefined,
      resolvers: undefined,
      plugins: [...(options.plugins ?? []), ...this.#findPlugins(options)],
      ...(format && { formatError: format }),
    });
    if (this.resolverDecoratorHost) server.addPlugin(requestHooks(this.resolverDecoratorHost));
    if (options.subscriptions) server.addPlugin(subscriptions(Object(options.subscriptions)));

    const handler = createFetchHandler(server, { ...options.handler, context: withRequest(options.context) });
    this.#handler = drain(options.cors ? cors(handler, options.cors) : handler, {
      server,
      close: () => closeServer(this.httpAdapterHost?.httpAdapter),
    });
    this.#server = server;
    return schema;
  }

  override async start({ path = '/graphql' }: FetchDriverConfig): Promise<void> {
    await this.onApplicationBootstrap();
    await mount(this.httpAdapterHost.httpAdapter, path, this.handler);
  }

  /** Starts the server of an application without an adapter. */
  async onApplicationBootstrap(): Promise<void> {
    if (this.#isStarted) return;
    await this.instance.start();
    this.#isStarted = true;
    const drivers = neighbours.get(this.modules) ?? new Set();
    neighbours.set(this.modules, drivers.add(this));
  }

  /** Ends open streams. With `stopOnApplicationShutdown`, Nest would wait for them before it calls `stop`. */
  async beforeApplicationShutdown(): Promise<void> {
    await this.stop();
  }

  /** Stops the drivers of all paths, because each of them waits until the responses of all of them are sent. */
  override async stop(): Promise<void> {
    await Promise.all([...(neighbours.get(this.modules) ?? [])].map((driver) => driver.#stop()));
  }

  /** Apollo never settles a second `stop()` that is called before the first has ended. */
  #stop(): Promise<void> {
    this.#stopped ??= this.instance.stop();
    return this.#stopped;
  }

  override subscriptionWithFilter(
    instance: unknown,
    isForSubscriber: (event: unknown, variables: unknown, context: unknown) => boolean | Promise<boolean>,
    createSubscribe: () => (...args: unknown[]) => Promise<AsyncIterator<unknown>>,
  ): (...args: unknown[]) => Promise<AsyncIterator<unknown>> {
    const subscribe = createSubscribe();
    return async (...args) => {
      const [, variables, context] = args;
      const filter: EventFilter = (event) => isForSubscriber.call(instance, event, variables, context);
      return filterEvents(await subscribe(...args), filter, (error) =>
        logSafely(() => this.instance.logger.error(error)),
      );
    };
  }

  #findPlugins({ include = [] }: FetchDriverConfig): NonNullable<FetchDriverConfig['plugins']> {
    const explorer = new BaseExplorerService();
    const reflector = new Reflector();
    return explorer.flatMap(explorer.getModules(this.modules, include), ({ instance }) =>
      instance && reflector.get(pluginKey, instance.constructor) ? instance : [],
    );
  }
}

function initialized<TValue>(value: TValue | undefined): TValue {
  if (value === undefined) throw new Error('The NestJS application is not initialized. Call `await app.init()` first.');
  return value;
}
