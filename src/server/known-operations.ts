// Queries that were valid before, ready to run: parsed, checked, compiled. They run without the pipeline that made them known, and what does
// not simply succeed goes through that pipeline again, which knows how to say why.
import {
  getOperationAST,
  getVariableValues,
  Kind,
  OperationTypeNode,
  parse,
  validate,
  type DocumentNode,
  type GraphQLSchema,
  type OperationDefinitionNode,
} from "graphql";
import { LRUCache } from "lru-cache";
import { maxAgeOf } from "../graphql/cache-control";
import type { RequestContext } from "../request/context";
import { compileOperation, decidingVariables, type CompiledOperation } from "./compiled-operation";
import { checkOperation, fixedLimits, type OperationLimits } from "./document-limits";
import { OperationFacts } from "../request/operation-record";

export interface OperationRequest {
  readonly query: string;
  readonly operationName: string | null;
  readonly variables: Readonly<Record<string, unknown>>;
}

/** Characters of all documents together; what is made of them takes some fifty times as many bytes. */
const mostCharacters = 1_000_000;
/** Of one operation, more ways to set the variables of its @skip and @include, or those that its cost depends on, are not kept. */
const mostVariants = 16;

export interface KnownResult {
  /** The data of the answer. */
  readonly json: string;
  /** What it might have cost. */
  readonly cost: number;
  /** For how many seconds others may keep it, when it is everybody's. */
  readonly maxAge: number;
  readonly facts: OperationFacts;
}

interface KnownOperation {
  readonly document: DocumentNode;
  readonly operation: OperationDefinitionNode;
  /** By the values of the variables that decide what is selected. */
  readonly compiled: Variants<CompiledOperation | null>;
  /** For how many seconds others may keep an answer that is everybody's. */
  readonly maxAge: number;
  /** By the values of the variables that it depends on. */
  readonly cost: Variants<number>;
  readonly facts: OperationFacts;
}

export class KnownOperations {
  readonly #schema: GraphQLSchema;
  readonly #limits: OperationLimits;
  readonly #operations = new LRUCache<string, KnownOperation>({ maxSize: mostCharacters });

  /** Of persisted documents: they never have to make room. */
  readonly #persisted = new Map<string, KnownOperation>();

  constructor(schema: GraphQLSchema, limits: OperationLimits) {
    this.#schema = schema;
    this.#limits = limits;
  }

  /** Makes the queries of a persisted document known for good. @returns why it does not fit the schema; empty when it does. */
  prepare(query: string): readonly string[] {
    try {
      const document = parse(query, { maxTokens: fixedLimits.maxTokens });
      const errors = validate(this.#schema, document);
      if (errors.length > 0) return errors.map(({ message }) => message);
      const names = operationNamesOf(document);
      for (const operationName of names.length === 1 ? [...names, null] : names) {
        // Which variables the cost depends on is found out with each set of values.
        const known = this.#knownOf(query, document, operationName, variableNamesOf(document));
        if (known) this.#persisted.set(keyOf({ query, operationName }), known);
      }
      return [];
    } catch (error) {
      return [error instanceof Error ? error.message : String(error)];
    }
  }

  /** From now on, the request's operation is known. It has passed every check. */
  remember(
    request: Pick<OperationRequest, "query" | "operationName">,
    document: DocumentNode,
    dependsOn: readonly string[],
  ): void {
    const key = keyOf(request);
    if (this.#persisted.has(key) || this.#operations.has(key)) return;
    const known = this.#knownOf(request.query, document, request.operationName, dependsOn);
    if (known) this.#operations.set(key, known, { size: key.length + 1 });
  }

  #knownOf(
    query: string,
    document: DocumentNode,
    name: string | null,
    dependsOn: readonly string[],
  ): KnownOperation | null {
    const operation = getOperationAST(document, name);
    if (operation?.operation !== OperationTypeNode.QUERY) return null;
    return {
      document,
      operation,
      maxAge: maxAgeOf(this.#schema, document, operation),
      compiled: new Variants<CompiledOperation | null>(decidingVariables(document)),
      cost: new Variants<number>(dependsOn),
      facts: new OperationFacts(operation.name?.value ?? null, operation.operation, query),
    };
  }

  /**
   * Null when the operation is not known, or when not everything in its result is as it should be.
   * @throws AppError RATE_LIMITED when it may cost more than is left of the budget.
   */
  async execute(request: OperationRequest, createContext: () => RequestContext): Promise<KnownResult | null> {
    const key = keyOf(request);
    const known = this.#persisted.get(key) ?? this.#operations.get(key);
    if (!known) return null;
    const { coerced } = getVariableValues(this.#schema, known.operation.variableDefinitions ?? [], request.variables, {
      maxErrors: fixedLimits.maxErrors,
    });
    if (!coerced) return null;
    const cost = this.#costOf(known, coerced);
    if (cost === undefined) return null;
    const { document, operation, compiled, maxAge, facts } = known;
    const ready = compiled.of(coerced, () => compileOperation(this.#schema, document, operation, coerced));
    if (!ready) return null;
    const context = createContext();
    context.charge?.take(cost);
    const written = await ready.execute(context, coerced);
    if (!written) return null;
    context.charge?.settle(written.cost);
    return { json: written.json, cost, maxAge, facts };
  }

  /** Undefined when it may not run. */
  #costOf({ document, operation, cost }: KnownOperation, variables: Variables): number | undefined {
    try {
      return cost.of(variables, () => checkOperation(this.#schema, document, operation, variables, this.#limits).cost);
    } catch {
      return undefined;
    }
  }
}

type Variables = Readonly<Record<string, unknown>>;

/** What is made of an operation, once for each set of values of some variables. */
class Variants<T> {
  readonly #names: readonly string[];
  readonly #made = new Map<string, T>();

  constructor(names: readonly string[]) {
    this.#names = names;
  }

  of(variables: Variables, make: () => T): T {
    const key = this.#names.length === 0 ? "" : JSON.stringify(this.#names.map(name => variables[name]));
    const known = this.#made.get(key);
    if (known !== undefined) return known;
    const made = make();
    if (this.#made.size < mostVariants) this.#made.set(key, made);
    return made;
  }
}

const keyOf = ({ query, operationName }: Pick<OperationRequest, "query" | "operationName">): string =>
  `${operationName ?? ""}\n${query}`;

const operationsOf = (document: DocumentNode): OperationDefinitionNode[] =>
  document.definitions.filter(definition => definition.kind === Kind.OPERATION_DEFINITION);

/** Null for an operation without a name. */
export const operationNamesOf = (document: DocumentNode): (string | null)[] =>
  operationsOf(document).map(({ name }) => name?.value ?? null);

const variableNamesOf = (document: DocumentNode): string[] => [
  ...new Set(
    operationsOf(document).flatMap(({ variableDefinitions = [] }) =>
      variableDefinitions.map(({ variable }) => variable.name.value),
    ),
  ),
];
