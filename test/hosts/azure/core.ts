/** Replaces `@azure/functions-core`, which only Azure's host has. It stores the function that a program registers. */
interface Invocation {
  getArguments(): Promise<{ context: object; inputs: unknown[] }>;
  invokeFunction(context: object, inputs: unknown[], callback: unknown): Promise<unknown>;
  getResponse(context: object, result: unknown): Promise<object>;
}

interface Model {
  getCapabilities(capabilities: object): Promise<{ HttpUri?: string }>;
  getInvocationModel(context: object): Invocation;
}

interface Registered {
  readonly metadata: { readonly name: string; readonly bindings: Readonly<Record<string, { type: string }>> };
  readonly callback: unknown;
}

export const host: { model?: Model; function?: Registered } = {};

export function setProgrammingModel(model: Model): void {
  host.model = model;
}

export function registerFunction(metadata: Registered['metadata'], callback: unknown): void {
  host.function = { metadata, callback };
}

export function log(level: string, _category: string, message: string): void {
  if (level !== 'information' && level !== 'debug') console.error(message);
}
