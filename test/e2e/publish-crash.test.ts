// A server that is killed while it publishes: each publication is wholly done or not at all, and what was acknowledged is there.
import { newSigningKey } from "../../src/auth/signing-keys";
import { encodeNodeId } from "../../src/graphql/node-id";
import { editorsAuthorization } from "../support/faults";
import { startServerProcess, type ServerProcess } from "../support/server-process";
import { createTestTokens, publicUrl } from "../support/services";
import { createSharedDatabase, type SharedDatabase } from "../support/shared-database";

const drafts = 500;
const kills = 3;
/** Publications under way at once. */
const lanes = 4;

let shared: SharedDatabase;
let server: ServerProcess | undefined;
let signingKeys: string;

beforeAll(async () => {
  signingKeys = JSON.stringify({ keys: [await newSigningKey()] });
  shared = await createSharedDatabase();
});

afterAll(async () => {
  await server?.kill();
  await shared.remove();
});

/** Publishes one after the other, several at once, until the server is gone. Adds to `acknowledged` what the server said was done. */
async function publishAll(url: string, authorization: string, ids: number[], acknowledged: Set<number>): Promise<void> {
  const lane = async () => {
    for (let id = ids.shift(); id !== undefined; id = ids.shift()) {
      try {
        const response = await fetch(`${url}/graphql`, {
          method: "POST",
          headers: { "content-type": "application/json", authorization },
          body: JSON.stringify({
            query: `mutation { publishRevision(input: { revisionId: "${encodeNodeId("Revision", id)}" }) { revision { state } userErrors { message } } }`,
          }),
        });
        const { data } = (await response.json()) as { data?: { publishRevision?: { revision?: { state: string } } } };
        if (data?.publishRevision?.revision?.state === "PUBLISHED") acknowledged.add(id);
      } catch {
        return;
      }
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
}

it(`loses nothing in ${kills} kills in the middle of ${drafts} publications (R24)`, async () => {
  const tokens = await createTestTokens(signingKeys);
  const { authorization, ids } = await shared.use(async database => {
    const content = {
      ...{ name: "N", vendor: "V", category: "CODE_EDITOR", tagline: "T", website: "https://example.org" },
      ...{ pricingModel: "FREE", description: "A tool.", plans: [], facts: [] },
      models: ["A", "B"],
    };
    await database.models.revision.createMany({
      data: Array.from({ length: drafts }, (_, index) => ({
        ...({ entity: "TOOL", entityId: 1_000 + index, number: 1, state: "DRAFT", slug: `tool-${index}` } as const),
        ...{ content, authorName: "Editor" },
      })),
    });
    const rows = await database.models.revision.findMany({ orderBy: { id: "asc" }, select: { id: true } });
    return { authorization: await editorsAuthorization(database, tokens), ids: rows.map(({ id }) => id) };
  });
  const acknowledged = new Set<number>();
  const left = [...ids];
  for (let round = 1; round <= kills; round++) {
    server = startServerProcess({ ...shared.env, AUTH_SIGNING_KEYS: signingKeys, PUBLIC_URL: publicUrl });
    const url = await server.url();
    const publishing = publishAll(url, authorization, left, acknowledged);
    const enough = acknowledged.size + 40;
    while (acknowledged.size < enough) await new Promise(resolve => setTimeout(resolve, 5));
    await server.kill();
    await publishing;
  }
  expect(left.length).toBeGreaterThan(0);
  await shared.use(async database => {
    const revisions = await database.models.revision.findMany({ select: { id: true, entityId: true, state: true } });
    const tools = new Set((await database.models.tool.findMany({ select: { id: true } })).map(({ id }) => id));
    const events = await database.models.auditEvent.findMany({ where: { action: "publishRevision" } });
    const published = revisions.filter(({ state }) => state === "PUBLISHED");
    expect(revisions.map(({ state }) => state).filter(state => state !== "PUBLISHED" && state !== "DRAFT")).toEqual([]);
    // The revision, the live row and the event: all of them or none.
    expect(published.map(({ entityId }) => entityId).sort()).toEqual([...tools].sort());
    expect(events.map(({ entityId }) => Number(entityId)).sort()).toEqual([...tools].sort());
    const done = new Set(published.map(({ id }) => id));
    expect([...acknowledged].filter(id => !done.has(id))).toEqual([]);
    expect(acknowledged.size).toBeGreaterThanOrEqual(kills * 40);
  });
}, 300_000);
