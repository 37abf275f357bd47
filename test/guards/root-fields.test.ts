// Every root field declares who may use it and shows an example that runs; and what enforceAccess does with the declarations.
import { randomUUID } from "node:crypto";
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
import { sql } from "../../src/db/sql";
import { declaredAccess, enforceAccess } from "../../src/graphql/access";
import { createContext, type RequestContext, type Viewer } from "../../src/request/context";
import type { Services } from "../../src/request/services";
import { buildGraphQLSchema } from "../../src/server/schema";
import { createTestApi, type ExecuteOptions, type Result, type TestApi } from "../support/api";
import { createUser } from "../support/factories";

const schema = buildGraphQLSchema();
const rootFields = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()].flatMap(type =>
  type ? Object.values(type.getFields()).map(field => ({ path: `${type.name}.${field.name}`, field })) : [],
);

describe("root fields (R17, B12)", () => {
  let api: TestApi;
  let viewer: Viewer;

  beforeAll(async () => {
    // More attempts than one person may make.
    const attempts = { take: async () => undefined, reset: async () => undefined };
    api = await createTestApi({ golden: "catalogue", services: { attempts } });
    const passwordHash = await api.services.passwords.hash("notes-on-the-engine", "::1");
    const { id } = await createUser(api.database, { role: "ADMIN", passwordHash });
    viewer = { userId: id, role: "ADMIN", sessionId: randomUUID() };
  });

  afterAll(() => api.close());

  it("are there", () => {
    expect(rootFields.length).toBeGreaterThan(9);
  });

  /** A subscription gives something when something changes. */
  function run(
    path: string,
    example: string,
    options: ExecuteOptions,
  ): Promise<Result<Record<string, unknown> | null>> {
    if (!path.startsWith("Subscription.")) return api.execute(example, undefined, options);
    const change = sql`
      WITH "topics" AS (UPDATE "topic" SET "title" = "title") UPDATE "revision" SET "note" = "note" WHERE "id" = 1`;
    return api.firstEvent(example, () => api.database.query(change), options);
  }

  describe.each(rootFields)("$path", ({ path, field }) => {
    it("declares its access", () => {
      expect(["PUBLIC", "LEARNER", "EDITOR", "ADMIN"]).toContain(declaredAccess(field));
    });

    it("shows an example that uses it, is valid, and gives something without errors", async () => {
      const [, example = ""] = /\n\nExample: `([^`]+)`$/.exec(field.description ?? "") ?? [];
      const document = parse(example);
      expect(validate(schema, document)).toEqual([]);
      // Everybody may use what guests may.
      const { data, errors } = await run(path, example, { as: viewer });
      expect(errors).toEqual([]);
      expect(Object.keys(data ?? {})).toContain(field.name);
      expect(data?.[field.name] ?? null).not.toBeNull();
    });

    it.each(["guest", "LEARNER", "EDITOR", "ADMIN"] as const)("is open to %s or not, as it declares", async role => {
      const needed = ["PUBLIC", "LEARNER", "EDITOR", "ADMIN"].indexOf(declaredAccess(field) ?? "");
      const rank = ["guest", "LEARNER", "EDITOR", "ADMIN"].indexOf(role);
      const [, example = ""] = /Example: `([^`]+)`$/.exec(field.description ?? "") ?? [];
      const as = role === "guest" ? undefined : { ...viewer, role };
      const sent = await api.statements(async () => {
        const { data, errors } = await run(path, example, as ? { as } : {});
        const refusals = errors.filter(({ message }) =>
          ["Sign in to do this.", "You are not allowed to do this."].includes(message),
        );
        expect(refusals.map(({ extensions }) => extensions?.["code"])).toEqual(
          rank >= needed ? [] : [role === "guest" ? "UNAUTHENTICATED" : "FORBIDDEN"],
        );
        if (rank < needed) expect(data?.[field.name] ?? null).toBeNull();
      });
      // What is refused is refused before anything is looked up.
      if (rank < needed) expect(sent).toEqual([]);
    });
  });
});

describe("enforceAccess (R17)", () => {
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
      const viewer: Viewer | null = role === "guest" ? null : { userId: "1", role, sessionId: "1" };
      const contextValue = createContext({
        database: {} as Database,
        services: {} as Services,
        viewer,
        requestId: "1",
      });
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
