/**
 * `npm start`: serves the example application on every runtime, sends the same queries to each runtime and shows the
 * responses side by side. Then it runs until Ctrl-C. `npm start -- node bun` serves it on those runtimes only.
 */
import process from 'node:process';
import { ask, hear } from './ask.ts';
import { commands, launch, type Server } from './launch.ts';
import { freePort } from './ports.ts';
import { formatResponses } from './table.ts';

const examples = {
  node: { program: 'node-example/server.ts', port: 4000 },
  wrangler: { program: 'wrangler.toml', port: 8787 },
  deno: { program: 'deno-example/main.ts', port: 8000 },
  bun: { program: 'bun-example/server.ts', port: 3000 },
} satisfies Record<keyof typeof commands, { program: string; port: number }>;

type ExampleName = keyof typeof examples;

const exampleNames = Object.keys(examples) as ExampleName[];

const questions = [
  '{ visitor { name } book(id: "first") { title author } }',
  '{ book(id: "first") { title ... @defer { reviews { critic } } } }',
];

const subscription = 'subscription { bookAdded { title addedBy } }';
const mutation = 'mutation { addBook(title: "Zami", author: "Audre Lorde") { id } }';

interface Example {
  readonly name: ExampleName;
  readonly server: Server;
}

async function start(name: ExampleName): Promise<Example> {
  const { program, port } = examples[name];
  const free = await freePort(port);
  if (free !== port) console.log(`Port ${port} is taken: ${name} listens on ${free}.`);
  try {
    return { name, server: await launch(commands[name], program, { PORT: String(free) }) };
  } catch (error) {
    throw new Error(`${name} did not start.`, { cause: error });
  }
}

async function compare(running: readonly Example[], question: string): Promise<void> {
  const responses = await Promise.all(
    running.map(async ({ name, server }) => [name, await ask(server.url, question)] as const),
  );
  console.log(`\n${question}\n\n${formatResponses(new Map(responses))}`);
}

/** Runs until one of the servers ends, and then throws, because none should end. */
async function run(starting: readonly Promise<Example>[]): Promise<never> {
  const running = await Promise.all(starting);
  for (const { name, server } of running) {
    console.log(`${name.padEnd(10)}${server.url}/`);
    server.onOutput((text) => console.error(`[${name}] ${text.trimEnd()}`));
  }
  // The first request starts Apollo Server, which would dominate the times.
  await Promise.all(questions.flatMap((question) => running.map(({ server }) => ask(server.url, question))));
  for (const question of questions) await compare(running, question);
  const heard = await Promise.all(
    running.map(async ({ name, server }) => [name, await hear(server.url, subscription, mutation)] as const),
  );
  console.log(`\n${subscription}\n${mutation}\n\n${formatResponses(new Map(heard))}`);
  console.log("\nThe times are those of each server's second response. All servers were asked at the same moment.\n");
  const url = running[0]?.server.url;
  console.log(`Apollo Sandbox: ${url}/`);
  console.log(`A page whose reviews come later: ${url}/shelf`);
  console.log('Documentation: README.md, docs/');
  console.log('Ctrl-C stops.');
  return await Promise.race(
    running.map(async ({ name, server }) => {
      throw new Error(`${name} ended with ${await server.exited}.`);
    }),
  );
}

async function stop(starting: readonly Promise<Example>[]): Promise<void> {
  await Promise.allSettled(starting.map(async (example) => await (await example).server.stop()));
}

function interruption(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => resolve());
  });
}

function messagesOf(error: unknown): string[] {
  return error instanceof Error ? [error.message, ...messagesOf(error.cause)] : [];
}

const isExampleName = (name: string): name is ExampleName => Object.hasOwn(examples, name);

const chosen = process.argv.slice(2);
const unknown = chosen.filter((name) => !isExampleName(name));
if (unknown.length > 0) {
  console.error(`Unknown runtime: ${unknown.join(', ')}. Choose from ${exampleNames.join(', ')}.`);
  process.exit(1);
}

const interrupted = interruption();
const starting = (chosen.length > 0 ? chosen.filter(isExampleName) : exampleNames).map(start);
try {
  await Promise.race([run(starting), interrupted]);
} catch (error) {
  // A terminal sends Ctrl-C to the servers too, so it is no failure if they end then.
  const wasInterrupted = await Promise.race([interrupted.then(() => true), false]);
  if (!wasInterrupted) {
    console.error(messagesOf(error).join('\n'));
    process.exitCode = 1;
  }
} finally {
  await stop(starting);
}
