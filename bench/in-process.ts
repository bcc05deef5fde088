/** Measures every target in process on the `RUNTIME`, and prints the samples as JSON. */
import { assertResponse, hello, list, type Operation, variables } from './app.ts';
import { compare } from './compare.ts';
import { type Case, targets } from './targets.ts';

const cases = [
  withHeaders(hello, 6),
  withHeaders(hello, 20),
  withHeaders(hello, 100),
  withHeaders(list(50), 6),
  withHeaders(list(1000), 6),
  withHeaders(variables('1 kB', 1e3), 6),
  withHeaders(variables('1 MB', 1e6), 6),
  withHeaders(variables('10 MB', 1e7), 6),
];
await compare(cases, targets, assertResponse);

function withHeaders(operation: Operation, headers: number): Case {
  return { ...operation, name: `${operation.name}, ${headers} headers`, headers };
}
