/** `npm run reference`: writes `docs/api` from the docstrings of the public entries. */
import { readdirSync } from 'node:fs';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { Application, type DeclarationReflection, type ProjectReflection, ReflectionKind } from 'typedoc';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Writes the reference of the public entries into a folder, and returns what their docstrings lack. */
export async function writeReference(out: string): Promise<string[]> {
  const app = await Application.bootstrapWithPlugins({
    plugin: ['typedoc-plugin-markdown'],
    entryPoints: readdirSync(`${root}src`)
      .filter((name) => name.endsWith('.ts'))
      .map((name) => `${root}src/${name}`),
    tsconfig: `${root}tsconfig.src.json`,
    out,
    readme: 'none',
    router: 'module',
    disableSources: true,
    hidePageHeader: true,
    hideBreadcrumbs: true,
    parametersFormat: 'table',
    interfacePropertiesFormat: 'table',
    logLevel: 'Warn',
  } as Parameters<typeof Application.bootstrapWithPlugins>[0]);
  const project = await app.convert();
  if (project === undefined) throw new Error('The sources do not compile.');
  const faults = faultsOf(project);
  // Each overload repeats the text of the first one.
  for (const { signatures = [] } of project.getReflectionsByKind(ReflectionKind.Function) as DeclarationReflection[]) {
    for (const overload of signatures.slice(1)) delete overload.comment;
  }
  await app.generateOutputs(project);
  return faults;
}

/** A linter cannot see what a docstring lacks, but the model of TypeDoc shows it. */
function faultsOf(project: ProjectReflection): string[] {
  const faults: string[] = [];
  for (const module of project.getReflectionsByKind(ReflectionKind.Module)) {
    if (!module.comment) faults.push(`${module.name}: no @module`);
  }
  for (const type of project.getReflectionsByKind(ReflectionKind.Interface | ReflectionKind.TypeAlias)) {
    if (!type.hasComment()) faults.push(`${type.getFullName()}: no docstring`);
    // Other types describe objects of hosts, whose members their own documentation explains.
    if (!type.name.endsWith('Options')) continue;
    for (const option of (type as DeclarationReflection).children ?? []) {
      const name = option.getFullName();
      if (!option.hasComment()) faults.push(`${name}: no docstring`);
      if (option.flags.isOptional && !option.comment?.getTag('@default')) faults.push(`${name}: no @default`);
    }
  }
  for (const { signatures = [] } of project.getReflectionsByKind(ReflectionKind.Function) as DeclarationReflection[]) {
    const [first] = signatures;
    if (first === undefined) continue;
    const name = first.getFullName();
    for (const tag of ['@returns', '@example'] as const) {
      if (!first.comment?.getTag(tag)) faults.push(`${name}: no ${tag}`);
    }
    for (const parameter of first.parameters ?? []) {
      if (!parameter.hasComment()) faults.push(`${name}: no @param ${parameter.name}`);
    }
  }
  return faults;
}

if (import.meta.main) {
  const faults = await writeReference(`${root}docs/api`);
  for (const fault of faults) console.error(fault);
  process.exitCode = faults.length === 0 ? 0 : 1;
}
