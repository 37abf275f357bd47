// Execution of queries, with everything that is the same for each request done once for the operation: which fields a selection has on each
// type, their resolvers, arguments and the way their values are completed. It follows the specification (Execution, October 2021) as
// graphql-js does, whose results and errors it has to equal; a test holds the two against each other.
import {
  defaultFieldResolver,
  defaultTypeResolver,
  getArgumentValues,
  getDirectiveValues,
  GraphQLError,
  GraphQLIncludeDirective,
  GraphQLSkipDirective,
  isAbstractType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
  Kind,
  locatedError,
  OperationTypeNode,
  responsePathAsArray,
  SchemaMetaFieldDef,
  TypeMetaFieldDef,
  TypeNameMetaFieldDef,
  typeFromAST,
  visit,
  type DocumentNode,
  type ExecutionResult,
  type FieldNode,
  type FragmentDefinitionNode,
  type FragmentSpreadNode,
  type GraphQLAbstractType,
  type GraphQLField,
  type GraphQLLeafType,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLResolveInfo,
  type GraphQLSchema,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from "graphql";
import { usesVariables } from "../graphql/selection";
import { remembered } from "../request/remembered";

type Path = GraphQLResolveInfo["path"];
type Variables = Readonly<Record<string, unknown>>;
type Arguments = Record<string, unknown>;
type MaybePromise<T> = T | Promise<T>;

export interface CompiledOperation {
  /** @param variables coerced. @returns the result as graphql-js gives it. */
  execute(contextValue: unknown, variables: Variables): MaybePromise<ExecutionResult>;
}

/** One execution. */
interface Run {
  readonly contextValue: unknown;
  readonly variables: Variables;
  readonly errors: GraphQLError[];
  /** Arguments that depend on variables, by the field's number: made once, however many objects have the field. */
  readonly args: (Arguments | undefined)[];
}

/** Gives a value of `field` as it goes out. @throws what makes it null, and on a non-null field the object around it. */
type Complete = (run: Run, value: unknown, field: FieldPlan, path: Path) => unknown;

interface FieldPlan {
  readonly responseName: string;
  /** Unique in the operation. */
  readonly number: number;
  readonly nodes: readonly FieldNode[];
  readonly definition: GraphQLField<unknown, unknown>;
  readonly parentType: GraphQLObjectType;
  /** Null for a field that is the object's property of its name. */
  readonly resolve: NonNullable<GraphQLField<unknown, unknown>["resolve"]> | null;
  /** The arguments where no variable stands in them; made when they are first needed. */
  fixedArgs: Arguments | null;
  readonly hasFixedArgs: boolean;
  /** What resolvers are told, but for the parts of one run. */
  readonly info: Omit<GraphQLResolveInfo, "path" | "variableValues" | "rootValue">;
  readonly complete: Complete;
}

/** In the order in which they go out; `__typename` is text. */
interface ObjectPlan {
  readonly fields: readonly (FieldPlan | { readonly responseName: string; readonly typeName: string })[];
}

/**
 * Null for what this does not execute: mutations, which run one after the other, subscriptions, and introspection.
 * @param variables for @skip and @include: the compiled operation is for requests in which those that stand there have these values.
 */
export function compileOperation(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
  variables: Variables,
): CompiledOperation | null {
  const queryType = schema.getQueryType();
  if (operation.operation !== OperationTypeNode.QUERY || !queryType || hasUnusualNames(document)) return null;
  const compiler = new Compiler(schema, document, operation, variables);
  const root = compiler.objectPlan(queryType, [operation.selectionSet]);
  return { execute: (contextValue, values) => execute(root, contextValue, values) };
}

/** Introspection, and an alias that would set a prototype. */
function hasUnusualNames(document: DocumentNode): boolean {
  let found = false;
  visit(document, {
    Field: ({ name, alias }) => {
      if (name.value === SchemaMetaFieldDef.name || name.value === TypeMetaFieldDef.name) found = true;
      if (alias?.value === "__proto__") found = true;
    },
  });
  return found;
}

/** Names of the variables that decide, by @skip or @include, what the operation selects. */
export function decidingVariables(document: DocumentNode): readonly string[] {
  const names = new Set<string>();
  visit(document, {
    Directive: directive => {
      for (const { value } of directive.arguments ?? []) if (value.kind === Kind.VARIABLE) names.add(value.name.value);
    },
  });
  return [...names];
}

class Compiler {
  readonly #schema: GraphQLSchema;
  readonly #operation: OperationDefinitionNode;
  readonly #variables: Variables;
  readonly #fragments: Record<string, FragmentDefinitionNode> = Object.create(null) as Record<
    string,
    FragmentDefinitionNode
  >;
  #fieldCount = 0;

  constructor(schema: GraphQLSchema, document: DocumentNode, operation: OperationDefinitionNode, variables: Variables) {
    this.#schema = schema;
    this.#operation = operation;
    this.#variables = variables;
    for (const definition of document.definitions) {
      if (definition.kind === Kind.FRAGMENT_DEFINITION) this.#fragments[definition.name.value] = definition;
    }
  }

  objectPlan(type: GraphQLObjectType, sets: readonly SelectionSetNode[]): ObjectPlan {
    const nodesByName = new Map<string, FieldNode[]>();
    const spread = new Set<string>();
    for (const set of sets) this.#collect(type, set, nodesByName, spread);
    const definitions = type.getFields();
    const fields: ObjectPlan["fields"][number][] = [];
    for (const [responseName, nodes] of nodesByName) {
      const name = nodes[0]?.name.value ?? "";
      const definition = definitions[name];
      if (name === TypeNameMetaFieldDef.name) fields.push({ responseName, typeName: type.name });
      else if (definition) fields.push(this.#fieldPlan(responseName, type, definition, nodes));
    }
    return { fields };
  }

  #collect(
    type: GraphQLObjectType,
    set: SelectionSetNode,
    nodesByName: Map<string, FieldNode[]>,
    spread: Set<string>,
  ): void {
    for (const selection of set.selections) {
      if (!this.#isIncluded(selection)) continue;
      if (selection.kind === Kind.FIELD) {
        const name = selection.alias?.value ?? selection.name.value;
        const nodes = nodesByName.get(name);
        if (nodes) nodes.push(selection);
        else nodesByName.set(name, [selection]);
        continue;
      }
      const fragment = selection.kind === Kind.FRAGMENT_SPREAD ? this.#spreadOnce(selection, spread) : selection;
      if (fragment && this.#applies(type, fragment.typeCondition)) {
        this.#collect(type, fragment.selectionSet, nodesByName, spread);
      }
    }
  }

  /** Undefined when it was spread in this place before. */
  #spreadOnce({ name }: FragmentSpreadNode, spread: Set<string>): FragmentDefinitionNode | undefined {
    if (spread.has(name.value)) return undefined;
    spread.add(name.value);
    return this.#fragments[name.value];
  }

  #isIncluded(node: SelectionSetNode["selections"][number]): boolean {
    if (!node.directives?.length) return true;
    if (getDirectiveValues(GraphQLSkipDirective, node, this.#variables)?.["if"] === true) return false;
    return getDirectiveValues(GraphQLIncludeDirective, node, this.#variables)?.["if"] !== false;
  }

  #applies(type: GraphQLObjectType, condition: FragmentDefinitionNode["typeCondition"] | undefined): boolean {
    if (!condition) return true;
    const named = typeFromAST(this.#schema, condition);
    return named === type || (isAbstractType(named) && this.#schema.isSubType(named, type));
  }

  #fieldPlan(
    responseName: string,
    parentType: GraphQLObjectType,
    definition: GraphQLField<unknown, unknown>,
    nodes: readonly FieldNode[],
  ): FieldPlan {
    const { resolve = defaultFieldResolver, name, type } = definition;
    return {
      responseName,
      nodes,
      definition,
      parentType,
      number: this.#fieldCount++,
      resolve: resolve === defaultFieldResolver ? null : resolve,
      fixedArgs: null,
      hasFixedArgs: !nodes.some(usesVariables),
      info: {
        fieldName: name,
        fieldNodes: nodes,
        returnType: type,
        parentType,
        schema: this.#schema,
        fragments: this.#fragments,
        operation: this.#operation,
      },
      complete: this.#completer(type, nodes),
    };
  }

  #completer(type: GraphQLOutputType, nodes: readonly FieldNode[]): Complete {
    if (isNonNullType(type)) return nonNull(this.#completer(type.ofType, nodes));
    if (isListType(type)) return listOf(type.ofType, this.#completer(type.ofType, nodes));
    if (isLeafType(type)) return leaf(type);
    const sets = nodes.flatMap(node => node.selectionSet ?? []);
    // Made when the first object of the type is met: behind an interface are many types, and few of them are met.
    const plans = new Map<GraphQLObjectType, ObjectPlan>();
    const planOf = (met: GraphQLObjectType): ObjectPlan => remembered(plans, met, () => this.objectPlan(met, sets));
    return isObjectType(type) ? objectOf(type, planOf) : abstractOf(this.#schema, type, planOf);
  }
}

function execute(root: ObjectPlan, contextValue: unknown, variables: Variables): MaybePromise<ExecutionResult> {
  const run: Run = { contextValue, variables, errors: [], args: [] };
  const fail = (error: unknown) => {
    run.errors.push(error as GraphQLError);
    return resultOf(run, null);
  };
  try {
    const data = executeFields(run, root, undefined, undefined);
    return data instanceof Promise ? data.then(ready => resultOf(run, ready), fail) : resultOf(run, data);
  } catch (error) {
    return fail(error);
  }
}

function resultOf({ errors }: Run, data: Record<string, unknown> | null): ExecutionResult {
  return errors.length === 0 ? { data } : { errors, data };
}

function executeFields(
  run: Run,
  { fields }: ObjectPlan,
  source: unknown,
  path: Path | undefined,
): MaybePromise<Record<string, unknown>> {
  const result: Record<string, unknown> = {};
  let waits = false;
  try {
    for (const field of fields) {
      const value = "typeName" in field ? field.typeName : executeField(run, field, source, path);
      result[field.responseName] = value;
      waits ||= value instanceof Promise;
    }
  } catch (error) {
    if (!waits) throw error;
    // The others are still running, and may fail too.
    return settled(result).finally(() => {
      throw error;
    });
  }
  return waits ? settled(result) : result;
}

async function settled(result: Record<string, unknown>): Promise<Record<string, unknown>> {
  const names = Object.keys(result).filter(name => result[name] instanceof Promise);
  const values = await Promise.all(names.map(name => result[name]));
  names.forEach((name, index) => {
    result[name] = values[index];
  });
  return result;
}

function executeField(run: Run, field: FieldPlan, source: unknown, parent: Path | undefined): unknown {
  const path: Path = { prev: parent, key: field.responseName, typename: field.parentType.name };
  const { type } = field.definition;
  try {
    return completeValue(run, type, field.complete, valueOf(run, field, source, path), field, path);
  } catch (error) {
    return fieldFailed(run, type, error, field, path);
  }
}

/** The value of a field, or of an item of its list, as it goes out. @throws what makes it fail at once. */
function completeValue(
  run: Run,
  type: GraphQLOutputType,
  complete: Complete,
  value: unknown,
  field: FieldPlan,
  path: Path,
): unknown {
  const completed = isThenable(value)
    ? Promise.resolve(value).then(ready => complete(run, ready, field, path))
    : complete(run, value, field, path);
  return completed instanceof Promise
    ? completed.then(undefined, (error: unknown) => fieldFailed(run, type, error, field, path))
    : completed;
}

function valueOf(run: Run, field: FieldPlan, source: unknown, path: Path): unknown {
  if (field.resolve) {
    return field.resolve(source, argumentsOf(run, field), run.contextValue, infoOf(run, field, path));
  }
  if (typeof source !== "object" && typeof source !== "function") return undefined;
  const value = (source as Readonly<Record<string, unknown>> | null)?.[field.definition.name];
  return typeof value === "function"
    ? (value.call(source, argumentsOf(run, field), run.contextValue, infoOf(run, field, path)) as unknown)
    : value;
}

const infoOf = (run: Run, { info }: FieldPlan, path: Path): GraphQLResolveInfo => new FieldInfo(info, run, path);

/** Made at each call of a resolver, and rarely read: what is the same for all calls stays where it is. */
class FieldInfo implements GraphQLResolveInfo {
  readonly rootValue = undefined;
  readonly variableValues: GraphQLResolveInfo["variableValues"];

  constructor(
    private readonly of: FieldPlan["info"],
    run: Run,
    readonly path: Path,
  ) {
    this.variableValues = run.variables;
  }

  get fieldName() {
    return this.of.fieldName;
  }

  get fieldNodes() {
    return this.of.fieldNodes;
  }

  get returnType() {
    return this.of.returnType;
  }

  get parentType() {
    return this.of.parentType;
  }

  get schema() {
    return this.of.schema;
  }

  get fragments() {
    return this.of.fragments;
  }

  get operation() {
    return this.of.operation;
  }
}

/** @throws GraphQLError for variables that do not fit where they stand. */
function argumentsOf(run: Run, field: FieldPlan): Arguments {
  const { definition, nodes, number } = field;
  const known = field.fixedArgs ?? run.args[number];
  if (known) return known;
  const args = getArgumentValues(definition, nodes[0] as FieldNode, run.variables);
  if (field.hasFixedArgs) field.fixedArgs = args;
  else run.args[number] = args;
  return args;
}

/** Null in the place of a value of `type`, or, where null cannot stand, the error for what is around it. */
function fieldFailed(run: Run, type: GraphQLOutputType, cause: unknown, field: FieldPlan, path: Path): null {
  const error = locatedError(cause, field.nodes, responsePathAsArray(path));
  if (isNonNullType(type)) throw error;
  run.errors.push(error);
  return null;
}

/** A resolver may return an error instead of throwing it. */
function present(value: unknown): boolean {
  if (value instanceof Error) throw value;
  return value !== null && value !== undefined;
}

function nonNull(complete: Complete): Complete {
  return (run, value, field, path) => {
    const completed = complete(run, value, field, path);
    if (completed !== null) return completed;
    throw new Error(`Cannot return null for non-nullable field ${field.parentType.name}.${field.definition.name}.`);
  };
}

function leaf(type: GraphQLLeafType): Complete {
  return (_run, value) => {
    if (!present(value)) return null;
    const serialized: unknown = type.serialize(value);
    if (serialized === null || serialized === undefined)
      throw new Error(`${type.name} cannot be written from its value.`);
    return serialized;
  };
}

function listOf(itemType: GraphQLOutputType, complete: Complete): Complete {
  return (run, value, field, path) => {
    if (!present(value)) return null;
    if (typeof value !== "object" || !(Symbol.iterator in (value as object))) {
      throw new GraphQLError(
        `Expected Iterable, but did not find one for field "${field.parentType.name}.${field.definition.name}".`,
      );
    }
    const results: unknown[] = [];
    let waits = false;
    try {
      for (const item of value as Iterable<unknown>) {
        const at: Path = { prev: path, key: results.length, typename: undefined };
        const completed = completeItem(run, itemType, complete, item, field, at);
        results.push(completed);
        waits ||= completed instanceof Promise;
      }
    } catch (error) {
      // The others are still running, and nobody waits for them.
      void Promise.allSettled(results);
      throw error;
    }
    return waits ? Promise.all(results) : results;
  };
}

function completeItem(
  run: Run,
  type: GraphQLOutputType,
  complete: Complete,
  item: unknown,
  field: FieldPlan,
  path: Path,
): unknown {
  try {
    return completeValue(run, type, complete, item, field, path);
  } catch (error) {
    return fieldFailed(run, type, error, field, path);
  }
}

type PlanOf = (type: GraphQLObjectType) => ObjectPlan;

function objectOf(type: GraphQLObjectType, planOf: PlanOf): Complete {
  return (run, value, field, path) => {
    if (!present(value)) return null;
    if (!type.isTypeOf) return executeFields(run, planOf(type), value, path);
    const check = (isOfType: boolean) => {
      if (isOfType) return executeFields(run, planOf(type), value, path);
      throw new GraphQLError(`The value is no ${type.name}.`, { nodes: field.nodes });
    };
    const isOfType = type.isTypeOf(value, run.contextValue, infoOf(run, field, path));
    return isOfType instanceof Promise ? isOfType.then(check) : check(isOfType);
  };
}

function abstractOf(schema: GraphQLSchema, type: GraphQLAbstractType, planOf: PlanOf): Complete {
  const resolveType = type.resolveType ?? defaultTypeResolver;
  const typeNamed = (name: unknown): GraphQLObjectType => {
    const named = typeof name === "string" ? schema.getType(name) : undefined;
    if (isObjectType(named) && schema.isSubType(type, named)) return named;
    throw new GraphQLError(`The value is of none of the types of ${type.name}.`);
  };
  return (run, value, field, path) => {
    if (!present(value)) return null;
    const completeAs = (name: unknown) => objectOf(typeNamed(name), planOf)(run, value, field, path);
    const name = resolveType(value, run.contextValue, infoOf(run, field, path), type);
    return name instanceof Promise ? name.then(completeAs) : completeAs(name);
  };
}

/** Of what resolvers give; what is made here is a promise or is none. */
function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && typeof (value as { then?: unknown }).then === "function";
}
