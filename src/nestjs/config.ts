import type { ApolloServerOptionsWithSchema, BaseContext } from '@apollo/server';
import type { GqlModuleOptions } from '@nestjs/graphql';
import type { FetchHandlerOptions } from '../core/options.ts';
import type { CORSOptions } from '../cors.ts';
import type { SubscriptionsOptions } from '../subscriptions.ts';
import type { DriverContext } from './context.ts';

type ServerOptions<TContext extends BaseContext> = Omit<
  ApolloServerOptionsWithSchema<TContext>,
  'schema' | 'typeDefs' | 'resolvers' | 'introspection'
>;

/** The options of `GraphQLModule` with `FetchDriver`: those of `@nestjs/graphql`, of Apollo Server, and these. */
export interface FetchDriverConfig<TContext extends BaseContext = BaseContext>
  extends ServerOptions<TContext>,
    Omit<GqlModuleOptions, 'context'> {
  /**
   * Creates the context value of a request, from {@link FetchDriverContext}. An object is copied for each request. If
   * the value has no `req`, it gets that of the argument, because guards look for it.
   *
   * @default the argument
   */
  readonly context?: DriverContext<TContext>;
  /** The other options of `createFetchHandler`: limits, uploads and trusted documents. */
  readonly handler?: Omit<FetchHandlerOptions<BaseContext, unknown[]>, 'context' | 'fetchAPI'>;
  /** The options of `cors` in `./cors`. Without them, Nest's own `enableCors` decides. */
  readonly cors?: CORSOptions<unknown[]>;
  /**
   * Serves subscriptions over plain HTTP: `true`, or the options of `subscriptions` in `./subscriptions`.
   *
   * @default false
   */
  readonly subscriptions?: boolean | SubscriptionsOptions;
  /**
   * Gives the error of an `HttpException` its code, such as `UNAUTHENTICATED` for 401, and its response as
   * `originalError`.
   *
   * @default true
   */
  readonly autoTransformHttpErrors?: boolean;
}
