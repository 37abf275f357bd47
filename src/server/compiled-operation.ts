// Execution of queries, with everything that is the same for each request done once for the operation: which fields a selection has on each
// type, their resolvers, arguments and the way their values are completed. The answer is written as JSON text while the fields are run. What
// is written is what the specification (Execution, October 2021) asks for, as graphql-js gives it; a test holds the two against each other.
// What does not simply succeed is left to graphql-js, which knows how to say why.
import {
  defaultFieldResolver,
  defaultTypeResolver,
  getArgumentValues,
  getDirectiveValues,
  getNamedType,
  GraphQLIncludeDirective,
  GraphQLSkipDirective,
  isAbstractType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
  Kind,
  OperationTypeNode,
  SchemaMetaFieldDef,
  TypeMetaFieldDef,
  TypeNameMetaFieldDef,
  typeFromAST,
  visit,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type FragmentSpreadNode,
  type GraphQLAbstractType,
  type GraphQLField,
  type GraphQLLeafType,
  type GraphQLList,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLResolveInfo,
  type GraphQLSchema,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from "graphql";
import { weightOf } from "../graphql/cost";
import { usesVariables } from "../graphql/selection";
import { remembered } from "../request/remembered";
import { jsonOf, JsonText } from "./json-text";

type Path = GraphQLResolveInfo["path"];
type NullableOutputType = GraphQLLeafType | GraphQLObjectType | GraphQLAbstractType | GraphQLList<GraphQLOutputType>;
type Variables = Readonly<Record<string, unknown>>;
type Arguments = Record<string, unknown>;

/** What an operation gave. */
export interface WrittenData {
  /** The data of the answer. */
  readonly json: string;
  /** Of what it holds (graphql/cost.ts). */
  readonly cost: number;
}

export interface CompiledOperation {
  /** @param variables coerced. @returns null as soon as anything in the answer would not be as it should. Never rejects. */
  execute(contextValue: unknown, variables: Variables): Promise<WrittenData | null>;
}

/** Writes a value of `field`. `path` leads to it, unless nothing below needs one. @throws when it is not as it should be. */
type Write = (run: Run, value: unknown, field: FieldPlan, path: Path | undefined, text: JsonText) => void;

interface FieldPlan {
  readonly responseName: string;
  /** What stands in the object before the value. */
  readonly before: string;
  /** Unique in the operation. */
  readonly number: number;
  readonly nodes: readonly FieldNode[];
  readonly definition: GraphQLField<unknown, unknown>;
  readonly parentType: GraphQLObjectType;
  /** Null for a field that is the object's property of its name. */
  readonly resolve: NonNullable<GraphQLField<unknown, unknown>["resolve"]> | null;
  /** Whether there are no fields below, nor a resolver: then nobody asks where it is. */
  readonly isPlain: boolean;
  /** The arguments where no variable stands in them; made when they are first needed. */
  fixedArgs: Arguments | null;
  readonly hasFixedArgs: boolean;
  /** What resolvers are told, but for the parts of one run. */
  readonly info: Omit<GraphQLResolveInfo, "path" | "variableValues" | "rootValue">;
  /** Of one value, beside what is below it. */
  readonly weight: number;
  readonly write: Write;
}

/** In the order in which they go out. */
interface ObjectPlan {
  readonly fields: readonly FieldPlan[];
  /** What stands behind the last. */
  readonly end: string;
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
  if (operation.operation !== OperationTypeNode.QUERY || !queryType || isIntrospecting(document)) return null;
  const compiler = new Compiler(schema, document, operation, variables);
  const root = compiler.objectPlan(queryType, [operation.selectionSet]);
  return {
    execute: (contextValue, values) =>
      new Promise(resolve => {
        const run = new Run(contextValue, values, resolve);
        run.attempt(() => writeObject(run, root, undefined, undefined, run.text));
      }),
  };
}

function isIntrospecting(document: DocumentNode): boolean {
  let found = false;
  visit(document, {
    Field: ({ name }) => {
      if (name.value === SchemaMetaFieldDef.name || name.value === TypeMetaFieldDef.name) found = true;
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
    const fields: FieldPlan[] = [];
    // What is the same in each object is one piece of text up to the next value.
    let before = "{";
    for (const [responseName, nodes] of nodesByName) {
      const name = nodes[0]?.name.value ?? "";
      const definition = definitions[name];
      const isTypeName = name === TypeNameMetaFieldDef.name;
      if (!isTypeName && !definition) continue;
      before += `"${responseName}":`;
      if (isTypeName) before += `"${type.name}"`;
      else if (definition) {
        fields.push(this.#fieldPlan(responseName, before, type, definition, nodes));
        before = "";
      }
      before += ",";
    }
    return { fields, end: `${before.replace(/,$/, "")}}` };
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
    before: string,
    parentType: GraphQLObjectType,
    definition: GraphQLField<unknown, unknown>,
    nodes: readonly FieldNode[],
  ): FieldPlan {
    const { resolve = defaultFieldResolver, name, type } = definition;
    const isProperty = resolve === defaultFieldResolver;
    return {
      responseName,
      before,
      nodes,
      definition,
      parentType,
      number: this.#fieldCount++,
      resolve: isProperty ? null : resolve,
      isPlain: isProperty && isLeafType(getNamedType(type)),
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
      weight: weightOf(definition),
      write: this.#writer(type, nodes),
    };
  }

  #writer(type: GraphQLOutputType, nodes: readonly FieldNode[]): Write {
    if (isNonNullType(type)) return presentOnly(this.#presentWriter(type.ofType, nodes));
    return presentOrNull(this.#presentWriter(type, nodes));
  }

  /** Of values that are there. */
  #presentWriter(type: NullableOutputType, nodes: readonly FieldNode[]): Write {
    if (isListType(type)) return listOf(this.#writer(type.ofType, nodes));
    if (isLeafType(type)) return leaf(type);
    const sets = nodes.flatMap(node => node.selectionSet ?? []);
    const objectWriter = (met: GraphQLObjectType) => objectOf(met, () => this.objectPlan(met, sets));
    return isObjectType(type) ? objectWriter(type) : abstractOf(this.#schema, type, objectWriter);
  }
}

/** One execution. */
class Run {
  readonly text = new JsonText();
  /** Of what was written. */
  cost = 0;
  /** Arguments that depend on variables, by the field's number: made once, however many objects have the field. */
  readonly args: (Arguments | undefined)[] = [];
  /** Parts that are not written yet. */
  private missing = 1;
  private hasFailed = false;

  constructor(
    readonly contextValue: unknown,
    readonly variables: Variables,
    private readonly finish: (written: WrittenData | null) => void,
  ) {}

  /** Writes a part. */
  attempt(write: () => void): void {
    if (this.hasFailed) return;
    try {
      write();
    } catch {
      return this.fail();
    }
    if (--this.missing === 0) this.finish({ json: this.text.toString(), cost: this.cost });
  }

  /** Writes a part when its value has come. */
  later<T>(value: PromiseLike<T>, write: (ready: T) => void): void {
    this.missing++;
    value.then(
      ready => this.attempt(() => write(ready)),
      () => this.fail(),
    );
  }

  private fail(): void {
    this.hasFailed = true;
    this.finish(null);
  }
}

function writeObject(run: Run, plan: ObjectPlan, source: unknown, path: Path | undefined, text: JsonText): void {
  for (const field of plan.fields) {
    text.open += field.before;
    const at = field.isPlain ? path : placeOf(field, path);
    writeValue(run, valueOf(run, field, source, at), field.write, field, at, text);
  }
  text.open += plan.end;
}

const placeOf = ({ responseName, parentType }: FieldPlan, prev: Path | undefined): Path => ({
  prev,
  key: responseName,
  typename: parentType.name,
});

/** Writes a value of `field`, or an item of its list. */
function writeValue(
  run: Run,
  value: unknown,
  write: Write,
  field: FieldPlan,
  path: Path | undefined,
  text: JsonText,
): void {
  // What writeWith does, without a function for each value that is there.
  if (!isThenable(value)) return write(run, value, field, path, text);
  writeWith(run, value, text, (ready, gap) => write(run, ready, field, path, gap));
}

function valueOf(run: Run, field: FieldPlan, source: unknown, path: Path | undefined): unknown {
  if (field.resolve) {
    return field.resolve(source, argumentsOf(run, field), run.contextValue, infoOf(run, field, path));
  }
  if (typeof source !== "object" && typeof source !== "function") return undefined;
  const value = (source as Readonly<Record<string, unknown>> | null)?.[field.definition.name];
  if (typeof value !== "function") return value;
  const at = field.isPlain ? placeOf(field, path) : path;
  return value.call(source, argumentsOf(run, field), run.contextValue, infoOf(run, field, at)) as unknown;
}

const infoOf = (run: Run, { info }: FieldPlan, path: Path | undefined): GraphQLResolveInfo =>
  new FieldInfo(info, run, path as Path);

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

/** A resolver may return an error instead of throwing it. */
function isPresent(value: unknown): boolean {
  if (typeof value === "object" && value instanceof Error) throw value;
  return value !== null && value !== undefined;
}

function presentOnly(write: Write): Write {
  return (run, value, field, path, text) => {
    if (!isPresent(value)) throw new Error("null where it cannot stand");
    write(run, value, field, path, text);
  };
}

function presentOrNull(write: Write): Write {
  return (run, value, field, path, text) => {
    if (isPresent(value)) write(run, value, field, path, text);
    else text.open += "null";
  };
}

function leaf(type: GraphQLLeafType): Write {
  return (run, value, field, _path, text) => {
    const serialized: unknown = type.serialize(value);
    if (serialized === null || serialized === undefined) throw new Error("a value that cannot be written");
    run.cost += field.weight;
    text.open += jsonOf(serialized);
  };
}

function listOf(write: Write): Write {
  return (run, value, field, path, text) => {
    if (typeof value !== "object" || !(Symbol.iterator in (value as object))) throw new Error("not a list");
    let index = 0;
    text.open += "[";
    for (const item of value as Iterable<unknown>) {
      if (index > 0) text.open += ",";
      const at: Path | undefined = field.isPlain ? undefined : { prev: path, key: index, typename: undefined };
      writeValue(run, item, write, field, at, text);
      index++;
    }
    text.open += "]";
  };
}

/** @param makePlan is called when the first object of the type is met: behind an interface are many types, and few of them are met. */
function objectOf(type: GraphQLObjectType, makePlan: () => ObjectPlan): Write {
  let plan: ObjectPlan | null = null;
  return (run, value, field, path, text) => {
    run.cost += field.weight;
    const ready = (plan ??= makePlan());
    if (!type.isTypeOf) return writeObject(run, ready, value, path, text);
    const isOfType = type.isTypeOf(value, run.contextValue, infoOf(run, field, path));
    writeWith(run, isOfType, text, (is, into) => {
      if (!is) throw new Error("a value of another type");
      writeObject(run, ready, value, path, into);
    });
  };
}

function abstractOf(
  schema: GraphQLSchema,
  type: GraphQLAbstractType,
  objectWriter: (type: GraphQLObjectType) => Write,
): Write {
  const resolveType = type.resolveType ?? defaultTypeResolver;
  const writers = new Map<unknown, Write>();
  const makeWriter = (name: unknown): Write => {
    const named = typeof name === "string" ? schema.getType(name) : undefined;
    if (isObjectType(named) && schema.isSubType(type, named)) return objectWriter(named);
    throw new Error("a value of none of the types");
  };
  return (run, value, field, path, text) => {
    const name = resolveType(value, run.contextValue, infoOf(run, field, path), type);
    writeWith(run, name, text, (ready, into) => {
      remembered(writers, ready, () => makeWriter(ready))(run, value, field, path, into);
    });
  };
}

/** Writes something that depends on `value`, which may have to be waited for. */
function writeWith<T>(
  run: Run,
  value: T | PromiseLike<T>,
  text: JsonText,
  write: (ready: T, text: JsonText) => void,
): void {
  if (!isThenable(value)) return write(value, text);
  const gap = text.gap();
  run.later(value, ready => write(ready, gap));
}

function isThenable<T>(value: T | PromiseLike<T>): value is PromiseLike<T> {
  return typeof value === "object" && value !== null && typeof (value as { then?: unknown }).then === "function";
}
