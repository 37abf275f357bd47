// No path of the API leads a guest or a learner to a draft: any operation that the schema allows, and every way to name one.
import { randomUUID } from "node:crypto";
import fc from "fast-check";
import { RevisionState } from "../../src/generated/prisma/enums";
import { encodeNodeId } from "../../src/graphql/node-id";
import type { Viewer } from "../../src/request/context";
import { buildGraphQLSchema } from "../../src/server/schema";
import { createTestApi, type TestApi } from "../support/api";
import { createUser } from "../support/factories";
import { readCatalogue, type Rows } from "../support/reference/catalogue";
import { operationOf } from "../support/reference/operation";

/** Stands in every text of every draft, and nowhere else. */
const canary = "qzxdraft";
const schema = buildGraphQLSchema();

let api: TestApi;
let rows: Rows;
let editor: Viewer;
let learner: Viewer;
let revisionIds: string[];

const readers = () => [undefined, learner];
const asReader = (as: Viewer | undefined) => (as ? { as } : {});

beforeAll(async () => {
  api = await createTestApi({ golden: "catalogue", limits: { maxDepth: 40, maxCost: 1_000_000 } });
  const viewer = async (role: Viewer["role"]): Promise<Viewer> => {
    const { id } = await createUser(api.database, { role });
    return { userId: id, role, sessionId: randomUUID() };
  };
  [editor, learner] = [await viewer("EDITOR"), await viewer("LEARNER")];
  await saveDrafts();
  rows = await readCatalogue(api.database);
}, 120_000);

afterAll(() => api.close());

/** Something new and a change of something live, of each kind, in every state that is not live. */
async function saveDrafts(): Promise<void> {
  const text = canary;
  const create: Record<string, string> = {
    Topic: `title: "${text}", emoji: "🧩", category: DATA, position: 900, updatedOn: "2026-06-24", summary: "${text}", seo: { title: "${text}", description: "${text}" }, callToAction: { headline: "${text}", body: "${text}", buttonLabel: "${text}", href: "/${text}", finePrint: "${text}" }, tools: [{ tool: "cursor", blurb: "${text}" }], sections: [{ kind: CUSTOM, emoji: "🧩", heading: "${text}", body: "${text}" }]`,
    Tool: `name: "${text}", vendor: "${text}", category: CODE_EDITOR, tagline: "${text}", website: "https://${text}.example.org", pricingModel: FREE, models: ["${text}"], description: "${text}"`,
    Module: `title: "${text}", topic: "backend-and-api-development", level: BEGINNER, position: 900, summary: "${text}", lessons: []`,
    Lesson: `title: "${text}", summary: "${text}", kind: LESSON, level: BEGINNER, durationMinutes: 1, access: PUBLIC, updatedOn: "2026-06-24", topics: ["backend-and-api-development"], tools: ["cursor"], body: "${text}"`,
  };
  const ids: number[] = [];
  const save = async (operation: string) => {
    const data = await api.data<Record<string, { revision: { id: string } | null; userErrors: unknown[] }>, never>(
      `mutation { saved: ${operation} { revision { id } userErrors { code message } } }`,
      undefined,
      { as: editor },
    );
    expect(data["saved"]?.userErrors).toEqual([]);
    ids.push(
      Number(
        Buffer.from(data["saved"]?.revision?.id ?? "", "base64url")
          .toString()
          .split(":")[1],
      ),
    );
  };
  const hidden = Object.values(RevisionState).filter(state => state !== "PUBLISHED");
  for (const [type, content] of Object.entries(create)) {
    for (const state of hidden) {
      const slug = `${canary}-${type.toLowerCase()}-${state.toLowerCase().replace("_", "-")}`;
      await save(`create${type}(input: { slug: "${slug}", note: "${canary}", content: { ${content} } })`);
      await setState(ids.at(-1) ?? 0, state);
    }
    const change = content.replace(/slug: "[^"]*", /, "");
    await save(`update${type}(input: { id: "${encodeNodeId(type, 1)}", expectedVersion: 1, changes: { ${change} } })`);
  }
  revisionIds = ids.map(id => encodeNodeId("Revision", id));
}

async function setState(id: number, state: RevisionState): Promise<void> {
  await api.database.models.revision.update({
    where: { id },
    data: { state, ...(state === "SCHEDULED" ? { scheduledFor: new Date("2099-01-01") } : {}) },
  });
}

it("has drafts to hide, which editors see", async () => {
  const found = await api.data<{ revisions: { totalCount: number } }, never>(
    `{ revisions(filter: { slug: { eq: "${canary}-tool-draft" } }) { totalCount } }`,
    undefined,
    { as: editor },
  );
  expect(found.revisions.totalCount).toBe(1);
  const { revision } = await api.data<{ revision: unknown }, never>(
    `{ revision(id: "${revisionIds[0]}") { preview { ... on Topic { title } } } }`,
    undefined,
    { as: editor },
  );
  expect(revision).toEqual({ preview: { title: canary } });
});

it("no operation that the schema allows gives one away", async () => {
  await fc.assert(
    fc.asyncProperty(operationOf(schema, rows), fc.boolean(), async (operation, isSignedIn) => {
      const result = await api.execute(operation.text, operation.variables, asReader(isSignedIn ? learner : undefined));
      expect(JSON.stringify(result.data)).not.toContain(canary);
    }),
    { numRuns: 300 },
  );
}, 300_000);

describe("Nobody but editors is led to one (R17)", () => {
  const kinds = ["topic", "tool", "module", "lesson"] as const;

  it.each(kinds)("by the slug or the id of a %s", async kind => {
    const type = `${kind.charAt(0).toUpperCase()}${kind.slice(1)}`;
    const drafts = await api.database.models.revision.findMany({
      where: { slug: { startsWith: `${canary}-${kind}` } },
    });
    expect(drafts.length).toBeGreaterThan(4);
    for (const as of readers()) {
      for (const { slug, entityId } of drafts) {
        const query = `{ bySlug: ${kind}(by: { slug: "${slug}" }) { id } byId: ${kind}(by: { id: "${encodeNodeId(type, entityId)}" }) { id } node(id: "${encodeNodeId(type, entityId)}") { id } }`;
        expect(await api.data(query, undefined, asReader(as))).toEqual({ bySlug: null, byId: null, node: null });
      }
    }
  });

  it("by the id of a revision", async () => {
    for (const as of readers()) {
      const ids = revisionIds
        .slice(0, 100)
        .map(id => `"${id}"`)
        .join();
      const { nodes } = await api.data<{ nodes: unknown[] }, never>(
        `{ nodes(ids: [${ids}]) { id } }`,
        undefined,
        asReader(as),
      );
      expect(nodes.filter(node => node !== null)).toEqual([]);
      for (const field of [
        `revision(id: "${revisionIds[0]}") { id }`,
        `revisions { nodes { id } }`,
        `compareRevisions(a: "${revisionIds[0]}", b: "${revisionIds[0]}") { isTruncated }`,
        `contentHealth(id: "${revisionIds[0]}") { message }`,
      ]) {
        const { errors } = await api.execute(`{ ${field} }`, undefined, asReader(as));
        expect(errors.map(({ extensions }) => extensions?.["code"])).toEqual([as ? "FORBIDDEN" : "UNAUTHENTICATED"]);
      }
    }
  });

  it("by search, filters, suggestions, the past, or what has changed", async () => {
    const queries = [
      `{ search(query: "${canary}") { totalCount } }`,
      `{ topics(filter: { title: { contains: "${canary}" } }) { totalCount } }`,
      `{ tools(filter: { name: { startsWith: "${canary}" } }) { totalCount } }`,
      `{ lessons(filter: { title: { contains: "${canary}" } }) { totalCount } }`,
    ];
    for (const as of readers()) {
      for (const query of queries) {
        expect(Object.values(await api.data<Record<string, unknown>, never>(query, undefined, asReader(as)))).toEqual([
          { totalCount: 0 },
        ]);
      }
      const past = `{ topic(by: { id: "${encodeNodeId("Topic", 1)}" }, asOf: "2026-11-24") { title changesSince(asOf: "2020-01-01") { sentences } } }`;
      expect(JSON.stringify(await api.data(past, undefined, asReader(as)))).not.toContain(canary);
    }
  });
});
