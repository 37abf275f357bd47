// The whole built schema held to the rules of api-conventions.md, so that a new field cannot forget one: descriptions, names, connections,
// bounded lists, ids, lookups. Access and examples of root fields are in root-fields.test.ts.
import {
  getNamedType,
  getNullableType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isListType,
  isNonNullType,
  isObjectType,
  isScalarType,
  isSpecifiedScalarType,
  isCompositeType,
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLInputField,
  type GraphQLInputType,
  type GraphQLNamedType,
  type GraphQLOutputType,
} from "graphql";
import { buildGraphQLSchema } from "../../src/server/schema";

const schema = buildGraphQLSchema();
const DateTime = schema.getType("DateTime");
const types = Object.values(schema.getTypeMap()).filter(
  type => !type.name.startsWith("__") && !(isScalarType(type) && isSpecifiedScalarType(type)),
);
const roots: readonly GraphQLNamedType[] = [
  schema.getQueryType(),
  schema.getMutationType(),
  schema.getSubscriptionType(),
].filter(type => !!type);

interface Place<T> {
  path: string;
  parent: GraphQLNamedType;
  item: T;
}

const fields: Place<GraphQLField<unknown, unknown>>[] = types
  .filter(type => isObjectType(type) || isInterfaceType(type))
  .flatMap(parent =>
    Object.values(parent.getFields()).map(item => ({ path: `${parent.name}.${item.name}`, parent, item })),
  );
const fieldArguments: Place<GraphQLArgument>[] = fields.flatMap(({ path, parent, item }) =>
  item.args.map(argument => ({ path: `${path}(${argument.name}:)`, parent, item: argument })),
);
const inputFields: Place<GraphQLInputField>[] = types
  .filter(isInputObjectType)
  .flatMap(parent =>
    Object.values(parent.getFields()).map(item => ({ path: `${parent.name}.${item.name}`, parent, item })),
  );
const enumValues = types
  .filter(isEnumType)
  .flatMap(parent => parent.getValues().map(item => ({ path: `${parent.name}.${item.name}`, parent, item })));
/** Inputs that hold the operators of one type, such as `DateFilter`: their fields are called after what they do. */
const isOperators = ({ name }: GraphQLNamedType): boolean => /^(Text|Key|Int|Decimal|Date|DateTime)Filter$/.test(name);
const everyField: readonly Place<{ name: string; type: GraphQLOutputType | GraphQLInputType }>[] = [
  ...fields,
  ...inputFields.filter(({ parent }) => !isOperators(parent)),
];

/** The paths that break a rule; each test expects none. */
function broken<T>(places: readonly Place<T>[], holds: (item: T, parent: GraphQLNamedType) => boolean): string[] {
  return places.filter(({ item, parent }) => !holds(item, parent)).map(({ path }) => path);
}

/** The name of a type; of a condition on a scalar, such as `DateFilter`, the name of the scalar. */
const typeOf = (item: { type: GraphQLOutputType | GraphQLInputType }): string => {
  const type = getNamedType(item.type);
  return isOperators(type) ? type.name.replace(/Filter$/, "") : type.name;
};
const describes = (item: { description?: string | null | undefined }): boolean =>
  /^\p{Lu}[^]*[.`]$/u.test(item.description?.trim() ?? "");

describe("descriptions", () => {
  const typePlaces = types.map(type => ({ path: type.name, parent: type, item: type }));

  it.each<[string, readonly Place<{ description?: string | null | undefined }>[]]>([
    ["type", typePlaces],
    ["field", fields],
    ["argument", fieldArguments],
    ["input field", inputFields],
    ["enum value", enumValues],
  ])("every %s has one, in sentences", (_, places) => {
    expect(places.length).toBeGreaterThan(5);
    expect(broken(places, describes)).toEqual([]);
  });

  it("a nullable field says when it is null", () => {
    // A lookup by the name of one object says so in its own way; a page cursor that is not given is no value.
    expect(broken(fields, item => isNonNullType(item.type) || /\bnull\b/i.test(item.description ?? ""))).toEqual([]);
  });
});

describe("names", () => {
  it("types are PascalCase, and only links, URLs and the like keep their capitals", () => {
    expect(types.map(({ name }) => name).filter(name => !/^([A-Z][a-z0-9]+)+$/.test(name) && name !== "URL")).toEqual(
      [],
    );
  });

  it("fields, arguments and input fields are camelCase, without get and list", () => {
    const named = [...everyField, ...fieldArguments] as Place<{ name: string }>[];
    expect(
      broken(
        named,
        ({ name }) => /^[a-z][a-z0-9]*([A-Z][a-z0-9]+)*$/.test(name) && !/^(get|list|fetch)[A-Z]/.test(name),
      ),
    ).toEqual([]);
  });

  it("enum values are SCREAMING_SNAKE", () => {
    expect(broken(enumValues, ({ name }) => /^[A-Z][A-Z0-9]*(_[A-Z0-9]+)*$/.test(name))).toEqual([]);
  });

  it("booleans start with is, has or can, and nothing else does", () => {
    expect(
      broken(everyField, item => (typeOf(item) === "Boolean") === /^(is|has|can)[A-Z]|^can$/.test(item.name)),
    ).toEqual([]);
  });

  it("instants end in At, and nothing else does", () => {
    expect(broken(everyField, item => (typeOf(item) === "DateTime") === /[a-z]At$/.test(item.name))).toEqual([]);
  });

  it("days end in On, and nothing else does", () => {
    // asOf: the day a statement or price holds for; staleAfter: the last day on which it holds. "On" would say neither.
    const named = ["asOf", "staleAfter"];
    const isDay = ({ name }: { name: string }) => /[a-z]On$/.test(name) || named.includes(name);
    expect(broken(everyField, item => (typeOf(item) === "Date") === isDay(item))).toEqual([]);
  });

  it("durations and counts carry their unit", () => {
    expect(
      broken(
        everyField,
        ({ name }) =>
          !/duration|timeout|interval|elapsed/i.test(name) || /(Minutes|Seconds|Milliseconds|Hours|Days)$/.test(name),
      ),
    ).toEqual([]);
    expect(broken(everyField, ({ name, type }) => !/Count$/.test(name) || typeOf({ type }) === "Int")).toEqual([]);
  });

  it("inputs, payloads, filters, orders, connections and edges are called so", () => {
    const ends = (suffix: string) => types.filter(({ name }) => name.endsWith(suffix));
    expect(
      types
        .filter(isInputObjectType)
        .filter(({ name }) => !/(Input|By|Filter|Order)$/.test(name))
        .map(({ name }) => name),
    ).toEqual([]);
    expect([...ends("Connection"), ...ends("Edge"), ...ends("Payload")].filter(type => !isObjectType(type))).toEqual(
      [],
    );
    expect([...ends("Input"), ...ends("Filter")].filter(type => !isInputObjectType(type))).toEqual([]);
  });
});

describe("identity", () => {
  it("no output field is a bare foreign key, and no id but a global one", () => {
    // Of what may be gone, an event can give the id alone; called `id`, it would be taken for the id of the event by client caches.
    const events = ["CatalogChange.nodeId", "TopicPublishedPayload.nodeId", "RevisionUpdatedPayload.nodeId"];
    const named = fields.filter(({ path }) => !events.includes(path));
    expect(broken(named, ({ name }) => !/[a-z]Ids?$/.test(name))).toEqual([]);
    expect(
      broken(
        named,
        (item, parent) => (typeOf(item) === "ID") === (item.name === "id") && (typeOf(item) !== "ID" || isNode(parent)),
      ),
    ).toEqual([]);
  });

  const isNode = (type: GraphQLNamedType): boolean =>
    type.name === "Node" || (isObjectType(type) && type.getInterfaces().some(({ name }) => name === "Node"));

  it("whatever has an id of its own, a slug or a creation time implements Node", () => {
    const entities = fields.filter(({ item }) => ["id", "slug", "createdAt"].includes(item.name));
    expect(broken(entities, (_, parent) => isNode(parent))).toEqual([]);
    expect(entities.length).toBeGreaterThan(10);
  });

  it("a lookup by several keys is @oneOf: nullable fields, no defaults", () => {
    const lookups = types.filter(isInputObjectType).filter(({ name }) => name.endsWith("By"));
    expect(lookups.length).toBeGreaterThan(3);
    expect(lookups.filter(type => !type.isOneOf).map(({ name }) => name)).toEqual([]);
    const keys = inputFields.filter(({ parent }) => isInputObjectType(parent) && parent.isOneOf);
    expect(broken(keys, item => !isNonNullType(item.type) && item.defaultValue === undefined)).toEqual([]);
    expect(broken(fieldArguments, item => item.name !== "by" || isNonNullType(item.type))).toEqual([]);
  });

  it("a root field that looks up one object can be null", () => {
    const lookups = fields.filter(
      ({ parent, item }) =>
        parent === schema.getQueryType() && isNode(getNamedType(item.type)) && !isListType(getNullableType(item.type)),
    );
    expect(lookups.length).toBeGreaterThan(3);
    expect(broken(lookups, item => !isNonNullType(item.type))).toEqual([]);
  });
});

describe("connections", () => {
  const connections = types.filter(isObjectType).filter(({ name }) => name.endsWith("Connection"));
  const edges = types.filter(isObjectType).filter(({ name }) => name.endsWith("Edge"));
  const signature = (type: GraphQLNamedType, field: string) =>
    isObjectType(type) ? String(type.getFields()[field]?.type) : "";

  it("have edges, nodes, pageInfo and totalCount of the right types", () => {
    expect(connections.length).toBeGreaterThan(4);
    for (const connection of connections) {
      const edge = schema.getType(connection.name.replace(/Connection$/, "Edge"));
      const node = edge ? signature(edge, "node") : "";
      expect([connection.name, signature(connection, "edges")]).toEqual([connection.name, `[${edge?.name}!]!`]);
      expect([connection.name, signature(connection, "nodes")]).toEqual([connection.name, `[${node}]!`]);
      expect(signature(connection, "pageInfo")).toBe("PageInfo!");
      expect(signature(connection, "totalCount")).toBe("Int!");
    }
  });

  it("have edges with a node and a cursor", () => {
    expect(edges).toHaveLength(connections.length);
    expect(edges.map(edge => signature(edge, "cursor")).filter(type => type !== "String!")).toEqual([]);
    expect(edges.map(edge => signature(edge, "node")).filter(type => !/^[A-Z]\w+!$/.test(type))).toEqual([]);
  });

  it("are non-null fields that take first, after, last and before", () => {
    const connecting = fields.filter(({ item }) => typeOf(item).endsWith("Connection"));
    expect(connecting.length).toBeGreaterThan(8);
    const paging = { first: "Int", after: "String", last: "Int", before: "String" };
    expect(
      broken(connecting, item => {
        const given = Object.fromEntries(item.args.map(({ name, type }) => [name, String(type)]));
        return isNonNullType(item.type) && Object.entries(paging).every(([name, type]) => given[name] === type);
      }),
    ).toEqual([]);
  });

  it("PageInfo is Relay's", () => {
    const info = schema.getType("PageInfo");
    if (!isObjectType(info)) throw new Error("no PageInfo");
    expect(Object.fromEntries(Object.values(info.getFields()).map(({ name, type }) => [name, String(type)]))).toEqual({
      hasNextPage: "Boolean!",
      hasPreviousPage: "Boolean!",
      startCursor: "String",
      endCursor: "String",
    });
  });
});

describe("lists (R8)", () => {
  const lists = fields.filter(({ item }) => isListType(getNullableType(item.type)));

  it("are [T!]!", () => {
    // nodes gives null in the place of each object that is not there; no field may be to blame.
    expect(broken(lists, item => /^\[\w+!\]!$/.test(String(item.type)))).toEqual(["Query.nodes", "UserError.path"]);
  });

  it("of objects are inside a connection or say how long they can be", () => {
    const plain = lists.filter(
      ({ parent, item }) => isCompositeType(getNamedType(item.type)) && !parent.name.endsWith("Connection"),
    );
    expect(plain.length).toBeGreaterThan(3);
    const bounded = (texts: readonly (string | null | undefined)[]) =>
      texts.some(text => /\bat most [\d,]+/.test(text ?? ""));
    expect(
      broken(plain, item => bounded([item.description, ...item.args.map(({ description }) => description)])),
    ).toEqual([]);
  });

  it("in the input say how long they can be, which is 100 at most", () => {
    const inputs = [...fieldArguments, ...inputFields].filter(({ item }) => isListType(getNullableType(item.type)));
    expect(
      broken(inputs as Place<{ description?: string | null }>[], item =>
        /\bat most (?:100|\d\d?)\b/.test(item.description ?? ""),
      ),
    ).toEqual([]);
  });

  it("never stand in each other", () => {
    expect(broken(everyField, item => !String(item.type).includes("[["))).toEqual([]);
  });
});

describe("secrets (R17)", () => {
  it("are in no output but the tokens that a client asked for", () => {
    const secret = /password|hash|secret|token|credential|private|signing/i;
    expect(broken(fields, ({ name, type }) => !secret.test(name) || getNamedType(type) === DateTime).sort()).toEqual([
      // Of content, which is no secret.
      "AuditEvent.afterHash",
      "AuditEvent.beforeHash",
      "CreateGuestPayload.guestToken",
      // Of mutations, which take a password and answer with a payload.
      "Mutation.changePassword",
      "Mutation.requestPasswordReset",
      "Mutation.resetPassword",
      "RefreshSessionPayload.tokens",
      "SessionTokens.accessToken",
      "SessionTokens.refreshToken",
      "SignInPayload.tokens",
    ]);
  });
});

describe("mutations (B14)", () => {
  it("are not in the roots without a payload that carries userErrors", () => {
    const mutations = fields.filter(({ parent }) => parent === schema.getMutationType());
    expect(
      broken(mutations, item => {
        const payload = getNamedType(item.type);
        return (
          isObjectType(payload) &&
          payload.name.endsWith("Payload") &&
          String(payload.getFields()["userErrors"]?.type) === "[UserError!]!"
        );
      }),
    ).toEqual([]);
    expect(roots).not.toHaveLength(0);
  });
});
