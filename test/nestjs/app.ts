/** An application with all that users of `ApolloDriver` have. */
import 'reflect-metadata';
import type { ApolloServerPlugin } from '@apollo/server';
import { Plugin as ApolloPlugin } from '@nestjs/apollo';
import {
  type CallHandler,
  Catch,
  type DynamicModule,
  type ExecutionContext,
  ForbiddenException,
  HttpException,
  Inject,
  Injectable,
  Module,
  ParseIntPipe,
  Scope,
  UnprocessableEntityException,
  UseFilters,
  UseGuards,
  UseInterceptors,
} from '@nestjs/common';
import {
  Args,
  CONTEXT,
  Context,
  Field,
  GqlExecutionContext,
  GraphQLModule,
  Int,
  Mutation,
  ObjectType,
  Parent,
  Query,
  ResolveField,
  Resolver,
  Subscription,
} from '@nestjs/graphql';
import { AuthGuard, PassportModule, PassportStrategy } from '@nestjs/passport';
import { GraphQLError } from 'graphql';
import { Strategy } from 'passport-http-bearer';
import { map, type Observable } from 'rxjs';
import { Plugin } from '../../src/nestjs.ts';
import { GraphQLUpload } from '../../src/uploads.ts';

/** What a guard and a resolver read of the request of Express, of Fastify or of no server. */
interface AnyRequest {
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly method: string;
  readonly body?: { readonly query?: string };
  readonly user?: { readonly name: string };
}

@Injectable()
class RoleGuard {
  canActivate(context: ExecutionContext): boolean {
    const { req } = GqlExecutionContext.create(context).getContext<{ req: AnyRequest }>();
    return req.headers['x-role'] === 'admin';
  }
}

@Injectable()
class BearerStrategy extends PassportStrategy(Strategy) {
  validate(token: string): { name: string } | null {
    return token === 'secret' ? { name: 'Ada' } : null;
  }
}

@Injectable()
class BearerGuard extends AuthGuard('bearer') {
  override getRequest(context: ExecutionContext): unknown {
    return GqlExecutionContext.create(context).getContext().req;
  }
}

class Exclaim {
  intercept(_context: ExecutionContext, next: CallHandler): Observable<string> {
    return next.handle().pipe(map((text) => `${text}!`));
  }
}

class Teapot extends Error {}

@Catch(Teapot)
class TeapotFilter {
  catch(): HttpException {
    return new HttpException({ statusCode: 418, message: 'Short and stout' }, 418);
  }
}

@Injectable({ scope: Scope.REQUEST })
class Visitor {
  static made = 0;
  readonly #context: { req: AnyRequest };
  readonly number = ++Visitor.made;
  constructor(@Inject(CONTEXT) context: { req: AnyRequest }) {
    this.#context = context;
  }
  describe(): string {
    return `${this.number}: ${this.#context.req.headers['x-visitor']}`;
  }
}

@ObjectType()
class Book {
  @Field(() => String)
  readonly title: string;
  constructor(title: string) {
    this.title = title;
  }
}

/** Events that a test publishes, and whether their source was closed. */
export class Events {
  static readonly opened: Events[] = [];
  readonly #queue: unknown[];
  isClosed = false;
  #wake = () => {};
  constructor(...events: unknown[]) {
    this.#queue = events;
    Events.opened.push(this);
  }
  async next(): Promise<IteratorResult<unknown>> {
    while (this.#queue.length === 0 && !this.isClosed) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return this.isClosed ? { done: true, value: undefined } : { done: false, value: this.#queue.shift() };
  }
  async return(): Promise<IteratorResult<unknown>> {
    this.isClosed = true;
    this.#wake();
    return { done: true, value: undefined };
  }
  [Symbol.asyncIterator](): this {
    return this;
  }
}

/** A request that a resolver is busy with. */
export class Held {
  static readonly all: Held[] = [];
  readonly ended: Promise<string>;
  end: (text: string) => void = () => {};
  constructor() {
    this.ended = new Promise((resolve) => {
      this.end = resolve;
    });
    Held.all.push(this);
  }
}

@Resolver(() => Book)
class BookResolver {
  @Query(() => String)
  hello(): string {
    return 'world';
  }
  @Query(() => Book)
  book(): Book {
    return new Book('Dune');
  }
  @ResolveField(() => String)
  shelf(@Parent() book: Book): string {
    return `shelf of ${book.title}`;
  }
  @Query(() => String)
  @UseGuards(RoleGuard)
  guarded(): string {
    return 'for admins';
  }
  @Query(() => String)
  @UseGuards(BearerGuard)
  me(@Context('req') req: AnyRequest): string {
    return req.user?.name ?? '';
  }
  @Query(() => String)
  @UseInterceptors(Exclaim)
  intercepted(): string {
    return 'hello';
  }
  @Query(() => Int)
  piped(@Args('number', { type: () => String }, ParseIntPipe) number: number): number {
    return number + 1;
  }
  @Query(() => String)
  @UseFilters(TeapotFilter)
  filtered(): string {
    throw new Teapot('Tip me over');
  }
  @Query(() => String)
  forbidden(): string {
    throw new ForbiddenException('Not you');
  }
  @Query(() => String)
  invalid(): string {
    throw new UnprocessableEntityException(['title is too short']);
  }
  @Query(() => String)
  crash(): string {
    throw new Error('Crashed');
  }
  @Query(() => String)
  body(@Context('req') req: AnyRequest): string {
    return `${req.method} ${req.body?.query}`;
  }
  @Query(() => String)
  status(): string {
    throw new GraphQLError('Short and stout', { extensions: { http: { status: 418 } } });
  }
  /** Waits for the test, or for the end of the request. */
  @Query(() => String)
  async held(@Context('signal') signal: AbortSignal): Promise<string> {
    const held = new Held();
    signal?.addEventListener('abort', () => held.end('aborted'));
    return await held.ended;
  }
  @Mutation(() => String)
  login(@Context('responseHeaders') headers: Headers): string {
    headers.append('set-cookie', 'session=1; HttpOnly');
    headers.append('set-cookie', 'theme=dark');
    return 'welcome';
  }
  @Mutation(() => Int)
  countBytes(@Args('file', { type: () => GraphQLUpload }) file: File): number {
    return file.size;
  }
  @Mutation(() => String)
  shout(@Args('text', { type: () => String }) text: string): string {
    return text.toUpperCase();
  }
  @Subscription(() => Int, {
    filter: (event: { odd: number }, variables: { failing?: boolean }) => {
      if (variables.failing && event.odd === 3) throw new Error('The filter failed');
      return event.odd % 2 === 1;
    },
  })
  odd(@Args('failing', { type: () => Boolean, nullable: true }) _failing?: boolean): Events {
    return new Events(...[1, 2, 3, 4, 5].map((odd) => ({ odd })));
  }
}

@Resolver()
class VisitorResolver {
  readonly #visitor: Visitor;
  constructor(@Inject(Visitor) visitor: Visitor) {
    this.#visitor = visitor;
  }
  @Query(() => String)
  visitor(): string {
    return this.#visitor.describe();
  }
}

/** Sets a header, to show that it was called. */
class HeaderPlugin implements ApolloServerPlugin {
  readonly name: string = 'x-plugin';
  async requestDidStart() {
    return {
      willSendResponse: async ({ response }: { response: { http: { headers: Map<string, string> } } }) =>
        void response.http.headers.set(this.name, 'called'),
    };
  }
}

@Plugin()
class OwnPlugin extends HeaderPlugin {
  override readonly name = 'x-own-plugin';
}

@ApolloPlugin()
class NestPlugin extends HeaderPlugin {
  override readonly name = 'x-nest-plugin';
}

@Module({
  imports: [PassportModule],
  providers: [BookResolver, VisitorResolver, Visitor, BearerStrategy, RoleGuard, OwnPlugin, NestPlugin],
})
export class BookModule {}

@Resolver()
class StoryResolver {
  @Query(() => String)
  story(): string {
    return 'Once upon a time';
  }
}

@Module({ providers: [StoryResolver] })
export class StoryModule {}

/** Returns the module of an application whose `GraphQLModule` has these options, one for each path. */
export function appModule(...options: Parameters<typeof GraphQLModule.forRoot>[0][]): DynamicModule {
  class AppModule {}
  return {
    module: AppModule,
    imports: [BookModule, StoryModule, ...options.map((each) => GraphQLModule.forRoot(each))],
  };
}
