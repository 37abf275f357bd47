// What an operation costs: before it runs, at most, from the page sizes it asks for; and afterwards, from what its answer holds. Both count with
// the same weights (graphql/cost.ts).
import {
  getNamedType,
  getNullableType,
  isCompositeType,
  isIntrospectionType,
  isListType,
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
import { listSizeOf, weightOf } from "../graphql/cost";
import { maxPageSize } from "../request/page-args";

export interface MeasuredOperation {
  /** Fields below each other. */
  depth: number;
  cost: number;
  /** Fields of the root, fragments spread. */
  fields: number;
  /** Names of the variables that the cost depends on. */
  dependsOn: readonly string[];
}

/**
 * Measures a valid operation before it runs.
 * @param variables the coerced values, so that `first: $n` counts as the number it stands for.
 */
export function measureOperation(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
  variables: Readonly<Record<string, unknown>>,
): MeasuredOperation {
  const measure = new Measure(schema, document, variables);
  return { ...measure.operation(operation), dependsOn: [...measure.usedVariables] };
}

interface Size {
  depth: number;
  /** Of one object of the selection's type, beside its own. */
  cost: number;
  fields: number;
}

const nothing: Size = { depth: 0, cost: 0, fields: 0 };

/** The page that a connection holds: which of its fields are that long. */
interface Page {
  size: number;
  fields: readonly string[];
}

const noPage: Page = { size: 1, fields: [] };

/** Each fragment is measured once for each page it is spread under, so nested spreads cannot make the measuring itself dear. */
class Measure {
  readonly #types: TypeReader;
  readonly #measured = new Map<string, Size>();
  readonly usedVariables = new Set<string>();

  constructor(
    schema: GraphQLSchema,
    document: DocumentNode,
    readonly variables: Readonly<Record<string, unknown>>,
  ) {
    this.#types = new TypeReader(schema, document);
  }

  operation(operation: OperationDefinitionNode): Size {
    const root = this.#types.rootOf(operation);
    return root ? this.#selection(operation.selectionSet, root, noPage) : nothing;
  }

  #selection(set: SelectionSetNode, type: GraphQLCompositeType, page: Page): Size {
    const total: Size = { ...nothing };
    for (const selection of set.selections) {
      const size =
        selection.kind === Kind.FIELD
          ? this.#field(selection, type, page)
          : selection.kind === Kind.INLINE_FRAGMENT
            ? this.#selection(selection.selectionSet, this.#types.named(selection.typeCondition) ?? type, page)
            : this.#fragment(selection.name.value, page);
      total.depth = Math.max(total.depth, size.depth);
      total.cost += size.cost;
      total.fields += size.fields;
    }
    return total;
  }

  #fragment(name: string, page: Page): Size {
    const key = `${name} ${page.size} ${page.fields.join()}`;
    const known = this.#measured.get(key);
    if (known) return known;
    const fragment = this.#types.fragments.get(name);
    const type = this.#types.named(fragment?.typeCondition);
    const size = fragment && type ? this.#selection(fragment.selectionSet, type, page) : nothing;
    this.#measured.set(key, size);
    return size;
  }

  #field(node: FieldNode, parent: GraphQLCompositeType, page: Page): Size {
    const field = this.#types.fieldOf(parent, node.name.value);
    // What is left without an entry is __typename.
    if (!field) return { depth: 1, cost: 0, fields: 1 };
    const weight = weightOf(field);
    const type = getNamedType(field.type);
    if (!node.selectionSet || !isCompositeType(type)) return { depth: 1, cost: weight, fields: 1 };
    const sizedFields = listSizeOf(field)?.sizedFields;
    const below = sizedFields ? { size: this.#listSize(field, node), fields: sizedFields } : noPage;
    const inner = this.#selection(node.selectionSet, type, below);
    // The lists of the introspection types are as long as the schema, whatever is asked.
    const isShort = !isListType(getNullableType(field.type)) || isIntrospectionType(parent);
    const count = isShort ? 1 : page.fields.includes(field.name) ? page.size : this.#listSize(field, node);
    return { depth: inner.depth + 1, cost: count * (weight + inner.cost), fields: 1 };
  }

  #listSize(field: GraphQLField<unknown, unknown>, node: FieldNode): number {
    const rule = listSizeOf(field);
    const asked = rule?.slicingArguments
      ?.map(name => this.#argument(node, name))
      .find(value => value !== undefined && value !== null);
    if (Array.isArray(asked)) return asked.length;
    if (asked === undefined && rule?.assumedSize !== undefined) return rule.assumedSize;
    // A size out of range is refused when the field runs; until then it counts as the largest.
    return typeof asked === "number" && asked >= 1 && asked <= maxPageSize ? asked : maxPageSize;
  }

  #argument(node: FieldNode, name: string): unknown {
    const argument = node.arguments?.find(candidate => candidate.name.value === name);
    if (!argument) return undefined;
    visit(argument.value, { Variable: variable => void this.usedVariables.add(variable.name.value) });
    return valueFromASTUntyped(argument.value, this.variables);
  }
}

/** Counts what the answers to one operation hold. */
export class AnswerCost {
  readonly #types: TypeReader;
  readonly #root: CountedField | null;

  constructor(schema: GraphQLSchema, document: DocumentNode, operation: OperationDefinitionNode) {
    this.#types = new TypeReader(schema, document);
    const type = this.#types.rootOf(operation);
    this.#root = type ? { weight: 0, sets: [[operation.selectionSet, type]], inner: null } : null;
  }

  /** @param data as it goes out: plain objects and lists. */
  of(data: unknown): number {
    return this.#root ? this.#count(data, this.#root) : 0;
  }

  #count(value: unknown, field: CountedField): number {
    if (value === null || value === undefined) return 0;
    if (Array.isArray(value)) {
      let total = 0;
      for (const item of value) total += this.#count(item, field);
      return total;
    }
    let total = field.weight;
    if (field.sets.length === 0) return total;
    field.inner ??= this.#innerOf(field);
    for (const [key, inner] of field.inner) total += this.#count((value as Record<string, unknown>)[key], inner);
    return total;
  }

  /** By the names in the answer. Of fields of several types that share one, the dearest counts. */
  #innerOf({ sets }: CountedField): ReadonlyMap<string, CountedField> {
    const fields = new Map<string, CountedField>();
    const spread = new Set<string>();
    const collect = (set: SelectionSetNode, type: GraphQLCompositeType): void => {
      for (const selection of set.selections) {
        if (selection.kind === Kind.INLINE_FRAGMENT) {
          collect(selection.selectionSet, this.#types.named(selection.typeCondition) ?? type);
        } else if (selection.kind === Kind.FRAGMENT_SPREAD) {
          const fragment = this.#types.fragments.get(selection.name.value);
          const condition = this.#types.named(fragment?.typeCondition);
          if (fragment && condition && !spread.has(selection.name.value)) {
            spread.add(selection.name.value);
            collect(fragment.selectionSet, condition);
          }
        } else this.#add(fields, selection, type);
      }
    };
    for (const [set, type] of sets) collect(set, type);
    return fields;
  }

  #add(fields: Map<string, CountedField>, node: FieldNode, parent: GraphQLCompositeType): void {
    const field = this.#types.fieldOf(parent, node.name.value);
    const weight = field ? weightOf(field) : 0;
    const type = field && getNamedType(field.type);
    const isObject = node.selectionSet !== undefined && isCompositeType(type);
    if (weight === 0 && !isObject) return;
    const key = node.alias?.value ?? node.name.value;
    const known = fields.get(key) ?? { weight: 0, sets: [], inner: null };
    known.weight = Math.max(known.weight, weight);
    if (node.selectionSet && isCompositeType(type)) known.sets.push([node.selectionSet, type]);
    fields.set(key, known);
  }
}

interface CountedField {
  weight: number;
  /** What is selected on one value, with the type it is selected on. */
  readonly sets: [SelectionSetNode, GraphQLCompositeType][];
  /** Made when an answer has such a value: then it is no larger than the answer. */
  inner: ReadonlyMap<string, CountedField> | null;
}

/** The types and fields that the parts of a document stand for. */
class TypeReader {
  readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>;

  constructor(
    readonly schema: GraphQLSchema,
    document: DocumentNode,
  ) {
    this.fragments = new Map(
      document.definitions.flatMap(definition =>
        definition.kind === Kind.FRAGMENT_DEFINITION ? [[definition.name.value, definition] as const] : [],
      ),
    );
  }

  rootOf({ operation }: OperationDefinitionNode): GraphQLCompositeType | undefined {
    return this.schema.getRootType(operation) ?? undefined;
  }

  named(condition: FragmentDefinitionNode["typeCondition"] | undefined): GraphQLCompositeType | undefined {
    const type = condition && this.schema.getType(condition.name.value);
    return isCompositeType(type) ? type : undefined;
  }

  fieldOf(parent: GraphQLCompositeType, name: string): GraphQLField<unknown, unknown> | undefined {
    if (parent === this.schema.getQueryType()) {
      if (name === SchemaMetaFieldDef.name) return SchemaMetaFieldDef;
      if (name === TypeMetaFieldDef.name) return TypeMetaFieldDef;
    }
    return isUnionType(parent) ? undefined : parent.getFields()[name];
  }
}
