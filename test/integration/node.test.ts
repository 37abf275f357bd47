// Global ids: node and nodes for every type that has one, and who may see a user.
import fc from "fast-check";
import { getNamedType, isAbstractType, isInterfaceType, isObjectType } from "graphql";
import { encodeNodeId } from "../../src/graphql/node-id";
import type { Viewer } from "../../src/request/context";
import { buildGraphQLSchema } from "../../src/server/schema";
import { createTestApi, expectCode, expectStatements, type TestApi } from "../support/api";
import { createUser } from "../support/factories";

let api: TestApi;
let user: Awaited<ReturnType<typeof createUser>>;
let self: Viewer;

beforeAll(async () => {
  api = await createTestApi({ golden: "catalogue" });
  user = await createUser(api.database, { email: "Secret@example.org", emailKey: "secret@example.org" });
  const { id: sessionId } = await api.database.models.userSession.create({
    data: { userId: user.id, expiresAt: new Date("2100-01-01"), address: "::1" },
  });
  await api.database.models.bookmark.create({ data: { learnerId: user.id, toolId: 1 } });
  await api.database.models.auditEvent.create({
    data: { actorName: "A", action: "publishRevision", entity: "Tool", entityId: "1" },
  });
  self = { userId: user.id, role: "ADMIN", sessionId };
});

afterAll(() => api.close());

const schema = buildGraphQLSchema();
const nodeInterface = schema.getType("Node");
if (!isInterfaceType(nodeInterface)) throw new Error("no interface Node");
/** What only its owner sees. */
const personal = ["User", "UserSession", "Bookmark"];
/** And what only editors or admins see. */
const restricted = [...personal, "Revision", "AuditEvent"];
const nodeTypes = schema.getPossibleTypes(nodeInterface).map(({ name }) => name);

interface Named {
  __typename: string;
  id: string;
}

async function node(id: string, as?: Viewer): Promise<Named | null> {
  return (
    await api.data<{ node: Named | null }, { id: string }>(
      "query ($id: ID!) { node(id: $id) { __typename id } }",
      { id },
      as ? { as } : {},
    )
  ).node;
}

async function nodes(ids: readonly string[], as?: Viewer): Promise<(Named | null)[]> {
  const { nodes: found } = await api.data<{ nodes: (Named | null)[] }, { ids: readonly string[] }>(
    "query ($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }",
    { ids },
    as ? { as } : {},
  );
  return found;
}

/** The key of some row of each type; a new type that is not here fails its test. */
async function someKey(type: string): Promise<string | number | undefined> {
  const { models } = api.database;
  const tables: Readonly<Record<string, () => Promise<{ id: number | string | bigint } | null>>> = {
    Topic: () => models.topic.findFirst(),
    TopicSection: () => models.topicSection.findFirst(),
    Tool: () => models.tool.findFirst(),
    ToolPlan: () => models.toolPlan.findFirst(),
    Fact: () => models.fact.findFirst(),
    Module: () => models.module.findFirst(),
    Lesson: () => models.lesson.findFirst(),
    User: async () => user,
    UserSession: () => models.userSession.findFirst(),
    Bookmark: () => models.bookmark.findFirst(),
    Revision: () => models.revision.findFirst(),
    AuditEvent: () => models.auditEvent.findFirst(),
  };
  const id = (await tables[type]?.())?.id;
  return typeof id === "bigint" ? String(id) : id;
}

describe.each(nodeTypes)("Query.node of %s", type => {
  it("gives the object of that id", async () => {
    const id = encodeNodeId(type, (await someKey(type)) ?? "nothing");
    expect(await node(id, self)).toEqual({ __typename: type, id });
  });

  it("gives null where there is no such object", async () => {
    for (const key of [
      "2147483647",
      "2147483648",
      "9999999999",
      "0",
      "-1",
      "x",
      "00000000-0000-4000-8000-000000000001",
    ]) {
      expect(await node(encodeNodeId(type, key), self)).toBeNull();
    }
  });
});

describe("Query.node", () => {
  it("never gives an object of another type or key than the id says", async () => {
    const types = fc.constantFrom(...nodeTypes, "CallToAction", "Query", "LessonBody", "Node", "Seo", "Nothing");
    const keys = fc.oneof(
      fc.integer({ min: -1, max: 60 }).map(String),
      fc.constantFrom("01", "1-", "1_0", user.id),
      fc.stringMatching(/^[\w-]{1,12}$/),
    );
    await fc.assert(
      fc.asyncProperty(types, keys, async (type, key) => {
        const id = encodeNodeId(type, key);
        const found = await node(id, { ...self, role: "ADMIN" });
        if (found) expect(found).toEqual({ __typename: type, id });
        if (!nodeTypes.includes(type)) expect(found).toBeNull();
      }),
      { numRuns: 150 },
    );
  });

  it("is not misled by an id of another type in a lookup", async () => {
    const { topics, tools } = await api.data<{ topics: { nodes: Named[] }; tools: { nodes: Named[] } }, never>(
      "{ topics { nodes { id } } tools { nodes { id } } }",
    );
    for (const { id } of topics.nodes) {
      expect(
        await api.data(
          `{ tool(by: { id: "${id}" }) { id } lesson(by: { id: "${id}" }) { id } topic(by: { id: "${id}" }) { id } }`,
        ),
      ).toEqual({
        ...{ tool: null, lesson: null },
        topic: { id },
      });
    }
    expect(await api.data(`{ topic(by: { id: "${tools.nodes[0]?.id}" }) { id } }`)).toEqual({ topic: null });
  });

  it.each(["", "1", "Topic:1", "VG9waWM6MQ==", "VG9waWM6", "VG9waWM6MQ!", "a".repeat(201), "VG9waWM6MQ\u0000"])(
    "refuses %j, which is no id",
    async id => {
      expectCode(await api.execute("query ($id: ID!) { node(id: $id) { id } }", { id }), "BAD_USER_INPUT");
    },
  );
});

describe("Query.nodes", () => {
  it("keeps the order, repeats what is asked twice, and gives null for what is missing", async () => {
    const ids = ["Tool:2", "Topic:1", "Tool:99999", "Tool:1", "Topic:1", "Nothing:1", "Lesson:3"].map(id => {
      const [type = "", key = ""] = id.split(":");
      return encodeNodeId(type, key);
    });
    const found = await nodes(ids);
    expect(found.map(item => item?.id ?? null)).toEqual([ids[0], ids[1], null, ids[3], ids[4], null, ids[6]]);
    expect(found.map(item => item?.__typename ?? null)).toEqual([
      "Tool",
      "Topic",
      null,
      "Tool",
      "Topic",
      null,
      "Lesson",
    ]);
  });

  it("takes one statement for each type, however many ids", async () => {
    const ids = (types: readonly string[], count: number) =>
      types.flatMap(type => Array.from({ length: count }, (_, i) => encodeNodeId(type, i + 1)));
    const types = nodeTypes.filter(type => !restricted.includes(type));
    expect(types.length).toBeGreaterThan(5);
    await expectStatements(api, types.length, () => nodes(ids(types, 1)));
    await expectStatements(api, types.length, () => nodes(ids(types, 10)));
    await expectStatements(api, 2, () =>
      api.data("query ($ids: [ID!]!) { nodes(ids: $ids) { id ... on Topic { title } ... on Tool { name } } }", {
        ids: ids(["Tool", "Topic"], 20),
      }),
    );
  });

  it("takes 100 ids and no more", async () => {
    const ids = (count: number) => Array.from({ length: count }, () => encodeNodeId("Topic", 1));
    expect(await nodes(ids(100))).toHaveLength(100);
    expect(await nodes([])).toEqual([]);
    expectCode(
      await api.execute("query ($ids: [ID!]!) { nodes(ids: $ids) { id } }", { ids: ids(101) }),
      "BAD_USER_INPUT",
    );
  });

  it("finds again what every list gave", async () => {
    const n = "__typename id";
    const data = await api.data(`{
      topics { nodes { ${n} sections { ${n} } facts { nodes { ${n} } } modules { nodes { ${n} } } lessons(first: 5) { nodes { ${n} } } } }
      tools(first: 5) { nodes { ${n} plans { ${n} } facts { nodes { ${n} } } guide { ${n} } } }
      lessons(first: 5) { nodes { ${n} } }
    }`);
    const listed = namedIn(data);
    expect(new Set(listed.map(item => item.__typename))).toEqual(
      new Set(nodeTypes.filter(type => !restricted.includes(type))),
    );
    for (let from = 0; from < listed.length; from += 100) {
      const part = listed.slice(from, from + 100);
      expect(await nodes(part.map(({ id }) => id))).toEqual(part);
    }
  });
});

function namedIn(value: unknown): Named[] {
  if (typeof value !== "object" || value === null) return [];
  const inner = Object.values(value).flatMap(namedIn);
  const { __typename, id } = value as Partial<Named>;
  return __typename !== undefined && id !== undefined ? [{ __typename, id }, ...inner] : inner;
}

describe.each([
  ["Revision", "EDITOR"],
  ["AuditEvent", "ADMIN"],
] as const)("%s", (type, least) => {
  it(`exists from ${least} on`, async () => {
    const id = encodeNodeId(type, (await someKey(type)) ?? "nothing");
    const roles = ["LEARNER", "EDITOR", "ADMIN"] as const;
    const found = await Promise.all(roles.map(role => node(id, { ...self, role })));
    expect(await node(id)).toBeNull();
    expect(found.map(item => item !== null)).toEqual(roles.map(role => roles.indexOf(role) >= roles.indexOf(least)));
  });
});

describe("Personal objects", () => {
  it.each(["UserSession", "Bookmark"])("%s exists for its owner alone", async type => {
    const id = encodeNodeId(type, (await someKey(type)) ?? "nothing");
    const other: Viewer = { userId: "00000000-0000-4000-8000-000000000000", role: "ADMIN", sessionId: "session" };
    expect([await node(id), await node(id, other), await node(id, self)]).toEqual([
      null,
      null,
      { __typename: type, id },
    ]);
  });
});

describe("User", () => {
  const other: Viewer = { userId: "00000000-0000-4000-8000-000000000000", role: "LEARNER", sessionId: "session" };
  const document =
    "query ($id: ID!) { node(id: $id) { id ... on User { email displayName role timeZone createdAt } } }";
  const read = async (as?: Viewer) =>
    api.execute<{ node: { email: string } | null }, { id: string }>(
      document,
      { id: encodeNodeId("User", user.id) },
      as ? { as } : {},
    );

  it("is seen by itself and by admins", async () => {
    for (const as of [self, { ...other, role: "ADMIN" as const }]) {
      const { data } = await read(as);
      expect(data.node).toMatchObject({ email: "Secret@example.org", role: "LEARNER", timeZone: "UTC" });
    }
  });

  it.each<[string, Viewer | undefined]>([
    ["guests", undefined],
    ["other learners", other],
    ["editors", { ...other, role: "EDITOR" }],
  ])("does not exist for %s, and no statement is sent to find out", async (_, as) => {
    const existing = await read(as);
    const missing = await api.execute(
      document,
      { id: encodeNodeId("User", "00000000-0000-4000-8000-000000000009") },
      as ? { as } : {},
    );
    expect(existing).toEqual({ data: { node: null }, errors: [] });
    expect(missing).toEqual(existing);
    await expectStatements(api, 0, () => read(as));
    expect(await nodes([encodeNodeId("User", user.id)], as)).toEqual([null]);
  });

  it("is reached through few fields, all of the viewer or for admins, and few have an email address or a token", () => {
    const fields = Object.values(schema.getTypeMap())
      .filter(type => isObjectType(type) || isInterfaceType(type))
      .filter(type => !type.name.startsWith("__"))
      .flatMap(type =>
        Object.values(type.getFields()).map(field => ({
          path: `${type.name}.${field.name}`,
          type: getNamedType(field.type),
        })),
      );
    const leadsToUser = fields.filter(
      ({ type }) =>
        type.name === "User" ||
        (isAbstractType(type) && schema.getPossibleTypes(type).some(({ name }) => name === "User")),
    );
    expect(leadsToUser.map(({ path }) => path).sort()).toEqual([
      // AuditEvent is for admins.
      "AuditEvent.actor",
      "Query.node",
      "Query.nodes",
      // Query.users is for admins.
      "SetUserRolePayload.user",
      "UpdateProfilePayload.user",
      "UserConnection.nodes",
      "UserEdge.node",
      "Viewer.user",
    ]);
    const emails = fields.filter(
      ({ path, type }) => type.name === "EmailAddress" || /e-?mail|password|hash|token/i.test(path),
    );
    expect(emails.map(({ path }) => path)).toEqual(expect.arrayContaining(["User.email"]));
    const typesOf = new Set(emails.map(({ path }) => path.split(".")[0]));
    // Payloads give tokens to whoever has just shown a secret; mutations are only named after them.
    expect([...typesOf].filter(name => !/Payload$|^Mutation$/.test(name ?? "")).sort()).toEqual([
      // Hashes of content.
      "AuditEvent",
      "SessionTokens",
      "User",
    ]);
  });
});
