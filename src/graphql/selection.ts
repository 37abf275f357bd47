// Which columns an operation asks of an entity: read from the selection set, through fragments, aliases, @include and @skip.
import {
  getDirectiveValues,
  GraphQLIncludeDirective,
  GraphQLSkipDirective,
  isAbstractType,
  Kind,
  type GraphQLResolveInfo,
  type SelectionNode,
  type SelectionSetNode,
  type ValueNode,
} from "graphql";
import type { ColumnSet, EntityDefinition, FieldNeeds } from "../request/entity";
import { remembered } from "../request/remembered";

/** The parts of `info` that are read here: an executor other than graphql-js only has to provide these. */
export type SelectionInfo = Pick<GraphQLResolveInfo, "fieldNodes" | "fragments" | "schema" | "variableValues">;

/**
 * The columns that the fields selected on `entity` are made of. `paths` leads from the current field to the entity, e.g. `[["edges",
 * "node"], ["nodes"]]`; the empty path is the field itself. What was read is kept by the array: one that is made at each call is read each time. Fields that need no column of their own add none.
 */
export function selectedColumns<Row>(
  info: SelectionInfo,
  entity: EntityDefinition<Row>,
  paths: readonly (readonly string[])[] = itself,
): ColumnSet {
  const byPaths = oncePerSelection(info, entity, () => new WeakMap<object, ColumnSet>());
  return remembered(byPaths, paths, () => readColumns(info, entity, paths));
}

const itself = [[]];

/** What was read from a selection, by what reads it. */
type KnownOfSelection = WeakMap<object, unknown>;
const known = new WeakMap<object, WeakMap<FieldNode, KnownOfSelection>>();
/** In the place of the variables, for selections that are the same with all of them. */
const anyVariables = {};

/**
 * Reads something from the selection of the current field once: for all requests with the same document, or, where @skip or @include
 * decide, for one. `reader` is who asks: it reads one thing of each field only.
 */
export function oncePerSelection<T>(info: SelectionInfo, reader: object, read: () => T): T {
  const [node] = info.fieldNodes;
  if (!node || info.fieldNodes.length > 1) return read();
  const scope = hasConditions(node, info.fragments) ? info.variableValues : anyVariables;
  const byNode = remembered(known, scope, () => new WeakMap<FieldNode, KnownOfSelection>());
  const byReader = remembered(byNode, node, () => new WeakMap<object, unknown>());
  if (!byReader.has(reader)) byReader.set(reader, read());
  return byReader.get(reader) as T;
}

const conditional = new WeakMap<FieldNode, boolean>();

/** Whether any directive stands in the selection, in its fragments too. */
function hasConditions(node: FieldNode, fragments: SelectionInfo["fragments"]): boolean {
  const { selectionSet } = node;
  return remembered(
    conditional,
    node,
    () => selectionSet !== undefined && selectionHasConditions(selectionSet, fragments),
  );
}

function selectionHasConditions({ selections }: SelectionSetNode, fragments: SelectionInfo["fragments"]): boolean {
  return selections.some(selection => {
    if (selection.directives?.length) return true;
    const inner = selection.kind === Kind.FRAGMENT_SPREAD ? fragments[selection.name.value] : selection;
    return inner?.selectionSet !== undefined && selectionHasConditions(inner.selectionSet, fragments);
  });
}

function readColumns<Row>(
  info: SelectionInfo,
  entity: EntityDefinition<Row>,
  paths: readonly (readonly string[])[],
): ColumnSet {
  const columns = new Set<string>();
  for (const path of paths) {
    for (const field of fieldsAt(info, path, entity.name)) {
      const name = field.name.value;
      const needs = entity.needs?.[name];
      if (needs) addNeeds(columns, needs, info, field.selectionSet);
      else if (name in entity.columns) columns.add(name);
    }
  }
  return columns;
}

/** Whether something is selected at `path` below the current field. */
export function isSelected(info: SelectionInfo, ...path: string[]): boolean {
  return fieldNodesAt(info, path).length > 0;
}

/** The names of the fields selected at `path` below the current field. */
export function selectedNames(info: SelectionInfo, ...path: string[]): ReadonlySet<string> {
  return new Set(
    fieldNodesAt(info, path).flatMap(node => fieldsOf(info, node.selectionSet).map(field => field.name.value)),
  );
}

/**
 * Whether the current field is on the object of the operation's only root field, and selected once there: then nothing else of the operation
 * can see what it does to the context.
 */
export function isAlone({ operation, fragments, fieldNodes, path }: GraphQLResolveInfo): boolean {
  const roots = spreadFields(operation.selectionSet, fragments);
  return roots.length === 1 && fieldNodes.length === 1 && path.prev?.prev === undefined;
}

/** All fields of a selection set with its fragments spread, whatever types and conditions these have. */
export function spreadFields(set: SelectionSetNode, fragments: SelectionInfo["fragments"]): FieldNode[] {
  return set.selections.flatMap(selection => {
    if (selection.kind === Kind.FIELD) return [selection];
    const fragment = selection.kind === Kind.FRAGMENT_SPREAD ? fragments[selection.name.value] : selection;
    return fragment ? spreadFields(fragment.selectionSet, fragments) : [];
  });
}

type FieldNode = Extract<SelectionNode, { kind: Kind.FIELD }>;

function fieldsAt(info: SelectionInfo, path: readonly string[], typeName: string): FieldNode[] {
  return fieldNodesAt(info, path).flatMap(node => fieldsOf(info, node.selectionSet, typeName));
}

function fieldNodesAt(info: SelectionInfo, path: readonly string[]): readonly FieldNode[] {
  let nodes = info.fieldNodes;
  for (const step of path) {
    nodes = nodes.flatMap(node => fieldsOf(info, node.selectionSet)).filter(field => field.name.value === step);
  }
  return nodes;
}

/** The fields of a selection set with its fragments spread. With `typeName`, fragments on other object types are left out. */
function fieldsOf(info: SelectionInfo, set: SelectionSetNode | undefined, typeName?: string): FieldNode[] {
  return (set?.selections ?? []).flatMap(selection => {
    if (!isIncluded(info, selection)) return [];
    if (selection.kind === Kind.FIELD) return [selection];
    const fragment = selection.kind === Kind.FRAGMENT_SPREAD ? info.fragments[selection.name.value] : selection;
    if (!fragment || !appliesTo(info, fragment.typeCondition?.name.value, typeName)) return [];
    return fieldsOf(info, fragment.selectionSet, typeName);
  });
}

function appliesTo(info: SelectionInfo, condition: string | undefined, typeName: string | undefined): boolean {
  if (condition === undefined || typeName === undefined || condition === typeName) return true;
  return isAbstractType(info.schema.getType(condition));
}

function isIncluded({ variableValues }: SelectionInfo, selection: SelectionNode): boolean {
  if (!selection.directives?.length) return true;
  if (getDirectiveValues(GraphQLSkipDirective, selection, variableValues)?.["if"] === true) return false;
  return getDirectiveValues(GraphQLIncludeDirective, selection, variableValues)?.["if"] !== false;
}

function addNeeds(
  columns: Set<string>,
  needs: FieldNeeds,
  info: SelectionInfo,
  set: SelectionSetNode | undefined,
): void {
  if (Array.isArray(needs)) {
    for (const column of needs as readonly string[]) columns.add(column);
    return;
  }
  for (const field of fieldsOf(info, set)) {
    const inner = (needs as Readonly<Record<string, FieldNeeds>>)[field.name.value];
    if (inner) addNeeds(columns, inner, info, field.selectionSet);
  }
}

const withVariables = new WeakMap<FieldNode, boolean>();

/** Whether a variable stands in the arguments of a field. */
export function usesVariables(node: FieldNode): boolean {
  return remembered(withVariables, node, () => (node.arguments ?? []).some(({ value }) => holdsVariable(value)));
}

function holdsVariable(value: ValueNode): boolean {
  if (value.kind === Kind.LIST) return value.values.some(holdsVariable);
  if (value.kind === Kind.OBJECT) return value.fields.some(field => holdsVariable(field.value));
  return value.kind === Kind.VARIABLE;
}
