import type { Command } from '../../scripts/launch.ts';
import type { Launch } from './launch.ts';

/** A way to serve an application, and everything that the suites know of it. */
export interface Host {
  /** Its name on a command line: `HOSTS=deno,bun npx vitest run --project conformance`. */
  readonly id: string;
  /** Its name in the results. */
  readonly name: string;
  /** Part of `npm test`. `npm run compat` takes the others too, which differ little from one that is. */
  readonly everyday: boolean;
  readonly launch: Launch;
  /** The suites that run on it. Default all of them. */
  readonly suites?: readonly string[];
  /** The only path that reaches the handler. Default every path does. */
  readonly route?: string;
  /** Builds what would take too long in a test. */
  readonly prepare?: () => Promise<void>;
  /** Where it is a file of this folder on a runtime. Apollo's suite runs inside of those. */
  readonly program?: Program;

  /** It serves HTTPS, and its clients speak this protocol. The options of a client are in `tls.ts`. */
  readonly tls?: 'http/1.1' | 'h2';
  /** A property by which to know what it passes after the request. Left out where it passes nothing. */
  readonly platform?: string;
  /** What it prints besides its URL, once, whatever an application does. */
  readonly prints?: RegExp;
  /** It responds to such a request itself. */
  readonly keeps?: (method: string, target: string) => boolean;
  /** It prints warnings of its own about requests. */
  readonly logsRequests?: true;
  /** It can be launched with another package in place of `graphql`. */
  readonly takesGraphQL?: true;
  /** An application can make it stop listening. */
  readonly closes?: true;
  /** The process that is launched is the one that serves, so its memory tells of the application. */
  readonly isOneProcess?: true;

  /** Each chunk of a request body costs it so much time that the suites send fewer. */
  readonly readsSlowly?: true;
  /** It resets the connection of an upload that goes on after the response, and the reset may overtake the response. */
  readonly resetsUploads?: true;
  /** It responds itself to some requests whose body is broken, and now and then to the request after one. */
  readonly hidesBrokenBodies?: true;
  /** It hides from the application that a client has disconnected. */
  readonly hidesDisconnects?: true;
  /** Kinds of disconnects that it notices only when it writes. */
  readonly noticesLate?: readonly ('FIN' | 'RST')[];
  /** It notices every disconnect late if the body came later than its headers or is longer than some 500 bytes. */
  readonly noticesLateAfterLateBody?: true;
  /**
   * It drops a response for which there is no client any more: it neither reads nor cancels it.
   * Before the compatibility date 2026-11-17 a Worker needs `enable_request_signal`.
   */
  readonly forgetsBeforeFirstPart?: true;
  /** It takes `content-encoding: identity` off a response. */
  readonly dropsIdentity?: true;

  /** The only place where an expectation gives way. A gap that has closed fails its suite. */
  readonly gaps?: readonly Gap[];
}

/** Cases that a host does not pass, by their names in a suite. */
export interface Gap {
  readonly suite: string;
  readonly cases: readonly string[];
  readonly reason: string;
}

/** A file of this folder that calls `serveApp`, and the way to run it. */
export interface Program {
  readonly file: string;
  command(): Promise<Command>;
  /** The way to run Apollo's suite in place of the application, which needs more permissions. Default `command`. */
  readonly suiteCommand?: Command;
  /** The runtime does not run TypeScript. */
  readonly isCompiled?: boolean;
}
