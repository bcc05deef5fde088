import type { BaseContext, GraphQLRequestContextValidationDidStart } from '@apollo/server';
import { type DirectiveNode, type DocumentNode, Kind, OperationTypeNode, type SelectionSetNode } from 'graphql';

/**
 * Refuses a subscription with `@skip` or `@include` at its root, as the specification and graphql 17 do. graphql 16
 * throws while it validates some of them, and starts the others even if no field is left.
 *
 * @see https://spec.graphql.org/September2025/#sec-Single-Root-Field
 */
export async function validationDidStart(context: GraphQLRequestContextValidationDidStart<BaseContext>): Promise<void> {
  const condition = findCondition(context.document);
  // A plugin cannot report an error here. So Apollo validates a document that has this error and nothing else.
  if (condition !== undefined) Object.assign(context, { document: misplace(condition) });
}

/** Finds a `@skip` or `@include` in the root selection of a subscription, fragments included. */
function findCondition({ definitions }: DocumentNode): DirectiveNode | undefined {
  const selectionSets: SelectionSetNode[] = [];
  const fragments = new Map<string, SelectionSetNode>();
  for (const definition of definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition.selectionSet);
    else if (definition.kind === Kind.OPERATION_DEFINITION && definition.operation === OperationTypeNode.SUBSCRIPTION) {
      selectionSets.push(definition.selectionSet);
    }
  }
  // This is a list that grows, and no recursion, because a client chooses how long a chain of fragments is.
  for (const { selections } of selectionSets) {
    for (const selection of selections) {
      const condition = selection.directives?.find(({ name }) => name.value === 'skip' || name.value === 'include');
      if (condition !== undefined) return condition;
      if (selection.kind === Kind.INLINE_FRAGMENT) selectionSets.push(selection.selectionSet);
      if (selection.kind !== Kind.FRAGMENT_SPREAD) continue;
      const fragment = fragments.get(selection.name.value);
      fragments.delete(selection.name.value);
      if (fragment !== undefined) selectionSets.push(fragment);
    }
  }
  return undefined;
}

/** Makes a document that is invalid because `Directive "@include" may not be used on SUBSCRIPTION.` */
function misplace(condition: DirectiveNode): DocumentNode {
  const name = { kind: Kind.NAME, value: 'if' } as const;
  const argument = { kind: Kind.ARGUMENT, name, value: { kind: Kind.BOOLEAN, value: true } } as const;
  return {
    kind: Kind.DOCUMENT,
    definitions: [
      {
        kind: Kind.OPERATION_DEFINITION,
        operation: OperationTypeNode.SUBSCRIPTION,
        directives: [{ ...condition, arguments: [argument] }],
        selectionSet: { kind: Kind.SELECTION_SET, selections: [] },
      },
    ],
  };
}
