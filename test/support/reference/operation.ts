// Operations drawn from the schema itself: any field, any arguments, aliases, fragments, directives. What is drawn stays within the limits
// of the server, and does not name a cursor, which no reference can know.
import fc from "fast-check";
import {
  getNamedType,
  getNullableType,
  isAbstractType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  isObjectType,
  parse,
  validate,
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLInputType,
  type GraphQLNamedType,
  type GraphQLObjectType,
  type GraphQLSchema,
} from "graphql";
import { randomFrom, type Rows } from "./catalogue";

export interface Operation {
  text: string;
  variables: Record<string, unknown>;
}

/** Fields that no reference resolver has: what a search ranks first, and what is the viewer's, for editors or for admins, or of the past, is tested on its own. Cursors belong to the server that made them. */
const left = [
  "Query.search",
  "Query.suggest",
  "Query.viewer",
  "Query.users",
  "Query.auditEvents",
  "Query.revision",
  "Query.revisions",
  "Query.compareRevisions",
  "Query.contentHealth",
  "Topic.changesSince",
  "PageInfo.startCursor",
  "PageInfo.endCursor",
];

export function operationOf(schema: GraphQLSchema, rows: Rows): fc.Arbitrary<Operation> {
  return (
    fc
      .record({ seed: fc.integer(), size: fc.integer({ min: 3, max: 24 }) })
      .map(({ seed, size }) => new Draw(schema, rows, randomFrom(seed), size).operation())
      // Fragments on different types may want one response name for fields that are not alike.
      .filter(({ text }) => validate(schema, parse(text)).length === 0)
  );
}

/** Literal `filter` and `orderBy` for a root list, each as often left out as not; empty for neither. */
export function rootListOf(schema: GraphQLSchema, rows: Rows, field: string): fc.Arbitrary<string> {
  return fc.integer().map(seed => new Draw(schema, rows, randomFrom(seed), 0).listArguments(field));
}

class Draw {
  #budget: number;
  #aliases = 0;
  #directives = 0;
  readonly #fragments: string[] = [];
  readonly #variables = new Map<string, { type: string; value: unknown }>();

  constructor(
    readonly schema: GraphQLSchema,
    readonly rows: Rows,
    readonly random: () => number,
    size: number,
  ) {
    this.#budget = size;
  }

  operation(): Operation {
    const query = this.schema.getQueryType();
    if (!query) throw new Error("no query type");
    const body = this.#selection(query, 0);
    const declared = [...this.#variables].map(([name, { type }]) => `$${name}: ${type}`);
    return {
      text: [`query Drawn${declared.length > 0 ? `(${declared.join(", ")})` : ""} ${body}`, ...this.#fragments].join(
        "\n",
      ),
      variables: Object.fromEntries([...this.#variables].map(([name, { value }]) => [name, value])),
    };
  }

  listArguments(name: string): string {
    const field = this.schema.getQueryType()?.getFields()[name];
    if (!field) throw new Error(`no field ${name}`);
    return field.args
      .filter(argument => ["filter", "orderBy"].includes(argument.name) && this.random() < 0.6)
      .map(argument => {
        const type = getNamedType(argument.type);
        const value =
          argument.name === "filter" ? this.#filter(type, true, getNamedType(field.type).name) : this.#object(type, 0);
        return `${argument.name}: ${literal(value)}`;
      })
      .join(", ");
  }

  #below(n: number): number {
    return Math.floor(this.random() * n);
  }

  #pick<T>(values: readonly T[]): T {
    return values[this.#below(values.length)] as T;
  }

  #selection(type: GraphQLNamedType, depth: number): string {
    if (isAbstractType(type)) {
      const parts = this.schema
        .getPossibleTypes(type)
        .flatMap(possible => (this.random() < 0.6 ? [this.#fragment(possible, depth)] : []));
      return `{ __typename ${parts.join(" ")} }`;
    }
    if (!isObjectType(type)) return "";
    const fields = Object.values(type.getFields()).filter(
      field => !left.includes(`${type.name}.${field.name}`) && field.name !== "cursor",
    );
    const drawn: string[] = [];
    const used = new Map<string, string>();
    for (let count = 1 + this.#below(4); count > 0; count--) {
      const field = this.#pick(fields);
      const text = this.#field(field, depth);
      if (text === undefined) continue;
      const known = used.get(field.name);
      // The same response name needs the same arguments.
      if (known !== undefined && known !== text) {
        if (this.#aliases++ < 25) drawn.push(`a${this.#aliases}: ${text}`);
        continue;
      }
      used.set(field.name, text);
      drawn.push(text);
    }
    if (isNode(type) && this.random() < 0.3) drawn.push("... on Node { id }");
    return `{ ${drawn.length > 0 ? drawn.join(" ") : "__typename"} }`;
  }

  /** Inline or by name, on the type itself. */
  #fragment(type: GraphQLObjectType, depth: number): string {
    const body = this.#selection(type, depth);
    if (this.random() < 0.5 || this.#fragments.length > 20) return `... on ${type.name} ${body}`;
    const name = `F${this.#fragments.length}`;
    this.#fragments.push(`fragment ${name} on ${type.name} ${body}`);
    return `...${name}`;
  }

  #field(field: GraphQLField<unknown, unknown>, depth: number): string | undefined {
    const type = getNamedType(field.type);
    const isLeaf = !isObjectType(type) && !isAbstractType(type);
    if (!isLeaf && (depth > 9 || this.#budget <= 0)) return undefined;
    this.#budget--;
    const args = this.#arguments(field.args, depth, type.name);
    const directive = this.#directive();
    if (isLeaf) return `${field.name}${args}${directive}`;
    const inner =
      isObjectType(type) && this.random() < 0.2
        ? `{ ${this.#fragment(type, depth + 1)} }`
        : this.#selection(type, depth + 1);
    return `${field.name}${args}${directive} ${inner}`;
  }

  #directive(): string {
    if (this.random() > 0.08 || this.#directives++ > 20) return "";
    const value = this.random() < 0.5;
    return ` @${this.#pick(["include", "skip"])}(if: ${this.#value(value, "Boolean!")})`;
  }

  /** As a literal or as a variable. */
  #value(value: unknown, type: string): string {
    if (this.random() < 0.6 || this.#variables.size > 15) return literal(value);
    const name = `v${this.#variables.size}`;
    this.#variables.set(name, { type, value: withoutEnums(value) });
    return `$${name}`;
  }

  #arguments(args: readonly GraphQLArgument[], depth: number, returned: string): string {
    const given: string[] = [];
    const backward = this.random() < 0.3;
    for (const argument of args.filter(({ name }) => name !== "asOf")) {
      if (["after", "before"].includes(argument.name) || argument.name === (backward ? "first" : "last")) continue;
      const isPage = ["first", "last"].includes(argument.name);
      // Pages are always stated, and small, so that the operation does not cost too much.
      if (!isPage && !isNonNullType(argument.type) && this.random() < 0.5) continue;
      const value = isPage
        ? 1 + this.#below(depth === 0 ? 8 : 3)
        : argument.name === "filter"
          ? this.#filter(getNamedType(argument.type), depth === 0, returned)
          : this.#input(argument.type, argument.name, 0);
      given.push(`${argument.name}: ${this.#value(value, String(argument.type))}`);
    }
    return given.length > 0 ? `(${given.join(", ")})` : "";
  }

  /** At the root, with a condition that an index serves: the others are refused there. */
  #filter(type: GraphQLNamedType, atRoot: boolean, returned: string): unknown {
    const drawn = this.#object(type, 1);
    if (!atRoot) return drawn;
    const indexed = returned.startsWith("Fact")
      ? { asOf: { gte: "2000-01-01" } }
      : { createdAt: { gte: "2000-01-01T00:00:00Z" } };
    return this.random() < 0.5 ? { ...indexed, and: [drawn] } : { or: [{ ...indexed, ...drawn }, indexed] };
  }

  #object(type: GraphQLNamedType, depth: number): Record<string, unknown> {
    if (!isInputObjectType(type)) throw new Error(`${type.name} is no input`);
    if (type.isOneOf) return this.#lookup(type.name);
    const fields = Object.values(type.getFields());
    const nested = (name: string) => /Filter$/.test(name) && !/^(Text|Key|Int|Decimal|Date|DateTime)Filter$/.test(name);
    const affordable =
      depth < 4
        ? fields
        : fields.filter(
            field => !nested(getNamedType(field.type).name) && field.name !== "some" && field.name !== "none",
          );
    const required = fields.filter(field => isNonNullType(field.type) && field.defaultValue === undefined);
    const chosen =
      required.length > 0
        ? fields.filter(field => required.includes(field) || this.random() < 0.5)
        : [this.#pick(affordable.length > 0 ? affordable : fields)];
    if (required.length === 0 && this.random() < 0.3)
      chosen.push(this.#pick(affordable.length > 0 ? affordable : fields));
    if (depth >= 4 && affordable.length === 0) return {};
    return Object.fromEntries(
      chosen.map(field => [
        field.name,
        this.#input(field.type, `${type.name}.${field.name}`, depth + (nested(type.name) ? 1 : 0)),
      ]),
    );
  }

  #input(type: GraphQLInputType, name: string, depth: number): unknown {
    const nullable = getNullableType(type);
    if (isListType(nullable)) {
      if (name === "slugs") return this.#some("slug", ["tools"], 2, 3);
      if (name === "ids") return this.#ids();
      return Array.from({ length: this.#below(3) }, () => this.#input(nullable.ofType, name, depth));
    }
    if (isEnumType(nullable)) return new EnumValue(this.#pick(nullable.getValues()).name);
    if (isInputObjectType(nullable)) return this.#object(nullable, depth);
    return this.#scalar(getNamedType(type).name, name);
  }

  #scalar(type: string, name: string): unknown {
    if (type === "Boolean") return this.random() < 0.5;
    if (type === "Int") return this.#pick([1, 3, 5, 10, 20]);
    if (type === "ID") return this.#ids()[0];
    if (type === "Decimal") return this.#pick(["0", "9.5", "10", "20", "0.150"]);
    if (type === "Date") return `2026-06-${20 + this.#below(6)}`;
    if (type === "DateTime")
      return this.#pick(["2026-06-20T09:00:00.001Z", "2026-06-21T11:00:00+02:00", "2026-06-22T09:00:00Z"]);
    if (name === "KeyFilter.eq" || name === "KeyFilter.in") {
      return this.#pick([
        "topic-1",
        "topic-5",
        "tool-2",
        "tool-3",
        "lesson-4",
        "module-1",
        "users0",
        "context1",
        "USD",
        "none",
      ]);
    }
    if (name === "TextFilter.contains")
      return this.#pick(["age", "API", "review", "Nées", "mcp_x", "50%rev", "語彙集", "end api"]);
    if (name === "TextFilter.startsWith") return this.#pick(["a", "A", "back", "É", "50%", "mcp_", "zeta a\\", ""]);
    return this.#pick(["agents agents", "API", "Zeta", "zeta", "語彙集合", "a\\b"]);
  }

  #lookup(type: string): Record<string, unknown> {
    const table = `${type.replace(/By$/, "").toLowerCase()}s`;
    const [row] = this.#some("slug", [table], 1, 1);
    return this.random() < 0.1 ? { slug: "there-is-none" } : { slug: row };
  }

  #some(field: string, tables: readonly string[], least: number, most: number): unknown[] {
    const pool = tables.flatMap(name => (this.rows[name] ?? []).map(row => row[field]));
    return Array.from(
      { length: least + this.#below(most - least + 1) },
      () => pool.splice(this.#below(pool.length), 1)[0],
    );
  }

  #ids(): string[] {
    const pool = ["topics", "sections", "tools", "plans", "facts", "modules", "lessons"].flatMap(
      name => this.rows[name] ?? [],
    );
    return Array.from({ length: 1 + this.#below(4) }, () => {
      const row = this.#pick(pool);
      return Buffer.from(`${String(row["__typename"])}:${row.id}`).toString("base64url");
    });
  }
}

const isNode = (type: GraphQLObjectType) => type.getInterfaces().some(({ name }) => name === "Node");

/** Printed without quotes in a literal. */
class EnumValue {
  constructor(readonly name: string) {}
}

function literal(value: unknown): string {
  if (value instanceof EnumValue) return value.name;
  if (Array.isArray(value)) return `[${value.map(literal).join(", ")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  return `{ ${Object.entries(value)
    .map(([key, inner]) => `${key}: ${literal(inner)}`)
    .join(", ")} }`;
}

function withoutEnums(value: unknown): unknown {
  if (value instanceof EnumValue) return value.name;
  if (Array.isArray(value)) return value.map(withoutEnums);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, withoutEnums(inner)]));
}
