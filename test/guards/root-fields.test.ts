// Every root field declares who may use it and shows an example that runs; and what enforceAccess does with the declarations.
import {
  execute,
  GraphQLObjectType,
  GraphQLSchema,
  GraphQLString,
  parse,
  validate,
  type GraphQLFieldConfigMap,
} from "graphql";
import type { Database } from "../../src/db/database";
import { declaredAccess, enforceAccess } from "../../src/graphql/access";
import { createContext, type RequestContext, type Viewer } from "../../src/request/context";
import { buildGraphQLSchema } from "../../src/server/schema";
import { createTestApi, type TestApi } from "../support/api";

const schema = buildGraphQLSchema();
const rootFields = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()].flatMap(type =>
  type ? Object.values(type.getFields()).map(field => ({ path: `${type.name}.${field.name}`, field })) : [],
);

describe("root fields", () => {
  let api: TestApi;

  beforeAll(async () => {
    api = await createTestApi({ golden: "catalogue" });
  });

  afterAll(() => api.close());

  it("are there", () => {
    expect(rootFields.length).toBeGreaterThan(9);
  });

  describe.each(rootFields)("$path", ({ field }) => {
    it("declares its access", () => {
      expect(["PUBLIC", "LEARNER", "EDITOR", "ADMIN"]).toContain(declaredAccess(field));
    });

    it("shows an example that uses it, is valid, and gives something without errors", async () => {
      const [, example = ""] = /\n\nExample: `([^`]+)`$/.exec(field.description ?? "") ?? [];
      const document = parse(example);
      expect(validate(schema, document)).toEqual([]);
      const { data, errors } = await api.execute<Record<string, unknown>, never>(example);
      expect(errors).toEqual([]);
      expect(Object.keys(data)).toContain(field.name);
      expect(data[field.name] ?? null).not.toBeNull();
    });
  });
});

describe("enforceAccess", () => {
  const asked: string[] = [];

  function schemaWith(access: Record<string, unknown>): GraphQLSchema {
    const fields: GraphQLFieldConfigMap<unknown, RequestContext> = Object.fromEntries(
      Object.entries(access).map(([name, value]) => [
        name,
        {
          type: GraphQLString,
          extensions: { access: value },
          resolve: () => {
            asked.push(name);
            return "secret";
          },
        },
      ]),
    );
    return new GraphQLSchema({ query: new GraphQLObjectType({ name: "Query", fields }) });
  }

  it("refuses a schema with root fields that declare nothing or nonsense, and names them", () => {
    const undeclared = schemaWith({ good: "PUBLIC", bad: undefined, worse: "EVERYBODY", worst: "toString" });
    expect(() => enforceAccess(undeclared)).toThrow("no access declared on Query.bad, Query.worse, Query.worst");
  });

  it("looks at mutations and subscriptions too", () => {
    const empty = (name: string) => new GraphQLObjectType({ name, fields: { open: { type: GraphQLString } } });
    const query = schemaWith({ good: "PUBLIC" }).getQueryType() ?? null;
    const undeclared = new GraphQLSchema({ query, mutation: empty("Mutation"), subscription: empty("Subscription") });
    expect(() => enforceAccess(undeclared)).toThrow("Mutation.open, Subscription.open");
  });

  const roles = ["guest", "LEARNER", "EDITOR", "ADMIN"] as const;
  const declared = { open: "PUBLIC", learners: "LEARNER", editors: "EDITOR", admins: "ADMIN" };

  it.each(roles)(
    "lets %s into what is declared for that role or a lower one, and runs no other resolver",
    async role => {
      const guarded = schemaWith(declared);
      enforceAccess(guarded);
      asked.length = 0;
      const viewer: Viewer | null = role === "guest" ? null : { userId: "1", role };
      const contextValue = createContext({ database: {} as Database, viewer, requestId: "1" });
      const { data, errors = [] } = await execute({
        schema: guarded,
        document: parse("{ open learners editors admins }"),
        contextValue,
      });
      const rank = roles.indexOf(role);
      const allowed = Object.keys(declared).slice(0, rank + 1);
      const refused = Object.keys(declared).slice(rank + 1);
      expect(asked).toEqual(allowed);
      expect(data).toEqual({
        ...Object.fromEntries(allowed.map(name => [name, "secret"])),
        ...Object.fromEntries(refused.map(name => [name, null])),
      });
      expect(errors.map(({ path }) => path?.[0])).toEqual(refused);
      const code = role === "guest" ? "UNAUTHENTICATED" : "FORBIDDEN";
      for (const { originalError } of errors) expect(originalError).toMatchObject({ code });
    },
  );
});
