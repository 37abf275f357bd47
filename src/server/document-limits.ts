// How much an operation may ask for, measured before it runs: depth, aliases, root fields, directives, and its cost in objects.
import {
  getNamedType,
  getNullableType,
  isCompositeType,
  isIntrospectionType,
  isListType,
  isObjectType,
  isUnionType,
  Kind,
  SchemaMetaFieldDef,
  TypeMetaFieldDef,
  valueFromASTUntyped,
  visit,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLCompositeType,
  type GraphQLField,
  type GraphQLSchema,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from "graphql";
import { AppError } from "../errors/app-error";
import { defaultPageSize, maxPageSize } from "../request/page-args";

export interface OperationLimits {
  /** Deepest nesting of fields. */
  maxDepth: number;
  /** Most objects that the answer may hold, from the page sizes asked for. */
  maxCost: number;
}

/** Limits that no honest document comes near; they are not for operators to change. */
export const fixedLimits = {
  maxDocumentBytes: 20_000,
  maxTokens: 2_000,
  maxNesting: 60,
  maxComments: 200,
  maxDefinitions: 60,
  maxOperations: 10,
  maxAliases: 30,
  maxRootFields: 20,
  maxDirectives: 50,
  /** How many errors of one document, or of one request's variables, are listed. */
  maxErrors: 10,
} as const;

export interface OperationSize {
  /** How many objects the answer may hold. */
  cost: number;
  /** Names of the variables that the cost depends on. */
  dependsOn: readonly string[];
}

/** What a plain list is counted as that declares no `listSize` in its extensions: such lists are short by nature. */
const plainListSize = 10;

/**
 * Checks the text of a document before it is parsed, since the parser descends once for each bracket.
 * @throws AppError QUERY_TOO_COMPLEX
 */
export function checkDocumentText(text: string): void {
  if (Buffer.byteLength(text) > fixedLimits.maxDocumentBytes) {
    throw tooComplex(`The document is larger than ${fixedLimits.maxDocumentBytes} bytes.`);
  }
  const { nesting, comments } = scan(text);
  if (nesting > fixedLimits.maxNesting)
    throw tooComplex(`The document is nested deeper than ${fixedLimits.maxNesting} brackets.`);
  if (comments > fixedLimits.maxComments)
    throw tooComplex(`The document has more than ${fixedLimits.maxComments} comments.`);
}

/** One pass over strings, comments and brackets, whatever stands between them. */
function scan(text: string): { nesting: number; comments: number } {
  let depth = 0;
  let nesting = 0;
  let comments = 0;
  for (const [token] of text.matchAll(/"""(?:\\"""|[^])*?(?:"""|$)|"(?:\\.|[^"\\\n\r])*"?|#[^\n\r]*|[{}[\]()]/g)) {
    if (token.startsWith("#")) comments++;
    else if (token === "{" || token === "[" || token === "(") nesting = Math.max(nesting, ++depth);
    else if (token === "}" || token === "]" || token === ")") depth--;
  }
  return { nesting, comments };
}

/**
 * Checks a valid operation.
 * @param variables the coerced values, so that `first: $n` counts as the number it stands for.
 * @throws AppError QUERY_TOO_COMPLEX that states the limit, and for the cost also the cost.
 */
export function checkOperation(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
  variables: Readonly<Record<string, unknown>>,
  limits: OperationLimits,
): OperationSize {
  checkCounts(document);
  const measure = new Measure(schema, document, variables);
  const { depth, cost, fields } = measure.operation(operation);
  if (fields > fixedLimits.maxRootFields)
    throw tooComplex(`The operation has more than ${fixedLimits.maxRootFields} root fields.`);
  if (depth > limits.maxDepth) {
    throw tooComplex(`The operation is ${depth} fields deep; at most ${limits.maxDepth} are allowed.`);
  }
  if (cost > limits.maxCost) {
    throw tooComplex(
      `The operation may give ${cost} objects; at most ${limits.maxCost} are allowed. Ask for smaller pages.`,
      {
        cost: { requested: cost, limit: limits.maxCost },
      },
    );
  }
  return { cost, dependsOn: [...measure.usedVariables] };
}

function checkCounts(document: DocumentNode): void {
  let aliases = 0;
  let directives = 0;
  visit(document, {
    Field: field => {
      if (field.alias) aliases++;
    },
    Directive: () => {
      directives++;
    },
  });
  if (document.definitions.length > fixedLimits.maxDefinitions) {
    throw tooComplex(`The document has more than ${fixedLimits.maxDefinitions} definitions.`);
  }
  const operations = document.definitions.filter(definition => definition.kind === Kind.OPERATION_DEFINITION);
  if (operations.length > fixedLimits.maxOperations)
    throw tooComplex(`The document has more than ${fixedLimits.maxOperations} operations.`);
  if (aliases > fixedLimits.maxAliases)
    throw tooComplex(`The document has more than ${fixedLimits.maxAliases} aliases.`);
  if (directives > fixedLimits.maxDirectives)
    throw tooComplex(`The document has more than ${fixedLimits.maxDirectives} directives.`);
}

interface Size {
  depth: number;
  /** Objects below one object of the selection's type. */
  cost: number;
  /** Fields of the selection itself, fragments spread. */
  fields: number;
}

/** Each fragment is measured once for each page size it is spread under, so nested spreads cannot make the measuring itself dear. */
class Measure {
  readonly #fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  readonly #measured = new Map<string, Size>();
  readonly usedVariables = new Set<string>();

  constructor(
    readonly schema: GraphQLSchema,
    document: DocumentNode,
    readonly variables: Readonly<Record<string, unknown>>,
  ) {
    this.#fragments = new Map(
      document.definitions.flatMap(definition =>
        definition.kind === Kind.FRAGMENT_DEFINITION ? [[definition.name.value, definition] as const] : [],
      ),
    );
  }

  operation(operation: OperationDefinitionNode): Size {
    const root = this.schema.getRootType(operation.operation);
    if (!root) return { depth: 0, cost: 0, fields: 0 };
    return this.#selection(operation.selectionSet, root, 1);
  }

  /** @param pageSize how many items the lists of the connection that this selection is on may hold; 1 elsewhere. */
  #selection(set: SelectionSetNode, type: GraphQLCompositeType, pageSize: number): Size {
    const total: Size = { depth: 0, cost: 0, fields: 0 };
    for (const selection of set.selections) {
      const size =
        selection.kind === Kind.FIELD
          ? this.#field(selection, type, pageSize)
          : selection.kind === Kind.INLINE_FRAGMENT
            ? this.#selection(
                selection.selectionSet,
                this.#typeOf(selection.typeCondition?.name.value) ?? type,
                pageSize,
              )
            : this.#fragment(selection.name.value, pageSize);
      total.depth = Math.max(total.depth, size.depth);
      total.cost += size.cost;
      total.fields += size.fields;
    }
    return total;
  }

  #fragment(name: string, pageSize: number): Size {
    const key = `${name} ${pageSize}`;
    const known = this.#measured.get(key);
    if (known) return known;
    const fragment = this.#fragments.get(name);
    const type = this.#typeOf(fragment?.typeCondition.name.value);
    const size =
      fragment && type ? this.#selection(fragment.selectionSet, type, pageSize) : { depth: 0, cost: 0, fields: 0 };
    this.#measured.set(key, size);
    return size;
  }

  #field(node: FieldNode, parent: GraphQLCompositeType, pageSize: number): Size {
    const field = this.#fieldOf(parent, node.name.value);
    const type = field && getNamedType(field.type);
    if (!field || !node.selectionSet || !isCompositeType(type)) return { depth: 1, cost: 0, fields: 1 };
    const isList = isListType(getNullableType(field.type));
    const count = isList ? this.#listSize(field, node, parent, pageSize) : 1;
    const inner = this.#selection(node.selectionSet, type, this.#pageSizeOf(field, node));
    return { depth: inner.depth + 1, cost: count * (1 + inner.cost), fields: 1 };
  }

  #listSize(
    field: GraphQLField<unknown, unknown>,
    node: FieldNode,
    parent: GraphQLCompositeType,
    pageSize: number,
  ): number {
    // The lists of the introspection types are as long as the schema, whatever is asked.
    if (isIntrospectionType(parent)) return 1;
    if (isObjectType(parent) && parent.name.endsWith("Connection")) return pageSize;
    if (field.args.some(argument => argument.name === "first")) return this.#pageSizeOf(field, node);
    const ids = this.#argument(node, "ids");
    if (Array.isArray(ids) && field.args.some(argument => argument.name === "ids")) return ids.length;
    const declared = field.extensions["listSize"];
    return typeof declared === "number" ? declared : plainListSize;
  }

  #pageSizeOf(field: GraphQLField<unknown, unknown>, node: FieldNode): number {
    if (!field.args.some(argument => argument.name === "first")) return 1;
    const asked = this.#argument(node, "first") ?? this.#argument(node, "last") ?? defaultPageSize;
    // A size out of range is refused when the field runs; until then it counts as the largest.
    return typeof asked === "number" && asked >= 1 && asked <= maxPageSize ? asked : maxPageSize;
  }

  #argument(node: FieldNode, name: string): unknown {
    const argument = node.arguments?.find(candidate => candidate.name.value === name);
    if (!argument) return undefined;
    visit(argument.value, { Variable: variable => void this.usedVariables.add(variable.name.value) });
    return valueFromASTUntyped(argument.value, this.variables);
  }

  #fieldOf(parent: GraphQLCompositeType, name: string): GraphQLField<unknown, unknown> | undefined {
    if (parent === this.schema.getQueryType()) {
      if (name === SchemaMetaFieldDef.name) return SchemaMetaFieldDef;
      if (name === TypeMetaFieldDef.name) return TypeMetaFieldDef;
    }
    // What is left without an entry is __typename, which is no object.
    return isUnionType(parent) ? undefined : parent.getFields()[name];
  }

  #typeOf(name: string | undefined): GraphQLCompositeType | undefined {
    const type = name === undefined ? undefined : this.schema.getType(name);
    return isCompositeType(type) ? type : undefined;
  }
}

function tooComplex(message: string, details: Readonly<Record<string, unknown>> = {}): AppError {
  return new AppError("QUERY_TOO_COMPLEX", message, details);
}
