import type { Command } from '../../scripts/launch.ts';
import type { Launch } from './launch.ts';

/** A way to serve an application, and everything that the suites know about it. */
export interface Host {
  /** Its name on a command line: `HOSTS=deno,bun npx vitest run --project conformance`. */
  readonly id: string;
  /** Its name in the results. */
  readonly name: string;
  /** Whether it is part of `npm test`. `npm run compat` adds the other hosts, which differ little from these. */
  readonly everyday: boolean;
  readonly launch: Launch;
  /** The suites that run on it. Default all of them. */
  readonly suites?: readonly string[];
  /** The only path that reaches the handler. Default is every path. */
  readonly route?: string;
  /** Builds the host before the tests, because the build would take too long in a test. */
  readonly prepare?: () => Promise<void>;
  /** The program, if the host is a file of this folder on a runtime. Apollo's suite runs inside such hosts. */
  readonly program?: Program;

  /** The protocol that its clients speak, if it serves HTTPS. The options of a client are in `tls.ts`. */
  readonly tls?: 'http/1.1' | 'h2';
  /** The name of a property of the objects that it passes after the request. Undefined if it passes nothing. */
  readonly platform?: string;
  /** The text that it prints once besides its URL, for every application. */
  readonly prints?: RegExp;
  /** Whether the host responds to a request itself, so that the request never reaches the handler. */
  readonly keeps?: (method: string, target: string) => boolean;
  /** It prints its own warnings about requests. */
  readonly logsRequests?: true;
  /** It can be launched with another package in place of `graphql`. */
  readonly takesGraphQL?: true;
  /** An application can make it stop listening. */
  readonly closes?: true;
  /** The launched process is the one that serves, so its memory is the memory of the application. */
  readonly isOneProcess?: true;

  /** It takes so long to read each chunk of a request body that the suites send fewer chunks. */
  readonly readsSlowly?: true;
  /** It resets the connection of an upload that continues after the response. The reset may overtake the response. */
  readonly resetsUploads?: true;
  /** It responds itself to some requests with a broken body, and sometimes to the request that follows. */
  readonly hidesBrokenBodies?: true;
  /** It hides from the application that a client has disconnected. */
  readonly hidesDisconnects?: true;
  /** The kinds of disconnects that it notices only when it writes. */
  readonly noticesLate?: readonly ('FIN' | 'RST')[];
  /** It notices every disconnect late if the body came later than its headers or is longer than about 500 bytes. */
  readonly noticesLateAfterLateBody?: true;
  /**
   * It drops a response whose client has disconnected, and neither reads nor cancels it.
   * Before the compatibility date 2026-11-17, a Worker needs `enable_request_signal` to avoid this.
   */
  readonly forgetsBeforeFirstPart?: true;
  /** It removes `content-encoding: identity` from a response. */
  readonly dropsIdentity?: true;

  /** The cases that it does not pass. A gap that has closed fails its suite. */
  readonly gaps?: readonly Gap[];
}

/** Cases that a host does not pass, by their names in a suite. */
export interface Gap {
  readonly suite: string;
  readonly cases: readonly string[];
  readonly reason: string;
}

/** A file of this folder that calls `serveApp`, and the command that runs it. */
export interface Program {
  readonly file: string;
  command(): Promise<Command>;
  /** The command for Apollo's suite in place of the application. It needs more permissions. Default `command`. */
  readonly suiteCommand?: Command;
  /** Whether the program has to be compiled, because the runtime does not run TypeScript. */
  readonly isCompiled?: boolean;
}
