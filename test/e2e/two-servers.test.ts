// Two server processes on one database: what is scheduled is published once, and what one writes is heard by who is connected to the other.
// On PGlite, where a directory has one process, the same with one.
import { setTimeout as delay } from "node:timers/promises";
import { newSigningKey } from "../../src/auth/signing-keys";
import {
  RevisionUpdatedDocument,
  TopicPublishedDocument,
  type RevisionState,
  type RevisionUpdatedSubscription,
} from "../../src/generated/client/graphql";
import { encodeNodeId } from "../../src/graphql/node-id";
import { serverUrl } from "../support/database";
import { editorsAuthorization } from "../support/faults";
import { begun, openLive, upTo, type LiveClient } from "../support/live";
import { startServerProcess, type ServerProcess } from "../support/server-process";
import { createTestTokens, publicUrl } from "../support/services";
import { createSharedDatabase, type SharedDatabase } from "../support/shared-database";

const scheduledCount = 30;
if (serverUrl === undefined) {
  process.stderr.write("two-servers.test.ts: a second process on the database needs a server (TEST_DATABASE_URL).\n");
}

let shared: SharedDatabase;
let servers: ServerProcess[] = [];
/** The URLs of the two; twice the same where there is one process. */
let first: string;
let second: string;
let authorization: string;

beforeAll(async () => {
  shared = await createSharedDatabase("catalogue");
  const signingKeys = JSON.stringify({ keys: [await newSigningKey()] });
  const tokens = await createTestTokens(signingKeys);
  authorization = await shared.use(database => editorsAuthorization(database, tokens));
  const env = { ...shared.env, AUTH_SIGNING_KEYS: signingKeys, PUBLIC_URL: publicUrl };
  servers = Array.from({ length: serverUrl === undefined ? 1 : 2 }, () => startServerProcess(env));
  const urls = await Promise.all(servers.map(server => server.url()));
  [first = "", second = first] = urls;
}, 120_000);

afterAll(async () => {
  await Promise.all(servers.map(server => server.kill()));
  await shared.remove();
});

async function ask<Data>(url: string, query: string): Promise<Data> {
  const response = await fetch(`${url}/graphql`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization },
    body: JSON.stringify({ query }),
  });
  const { data, errors } = (await response.json()) as { data: Data; errors?: unknown };
  expect(errors).toBeUndefined();
  return data;
}

interface Edited {
  edited: { revision: { id: string; number: number }; userErrors: unknown[] };
}

/** Runs one mutation of editors. @param input as GraphQL text */
async function edit(url: string, name: string, input: string): Promise<Edited["edited"]["revision"]> {
  const mutation = `mutation { edited: ${name}(input: { ${input} }) { revision { id number } userErrors { code message } } }`;
  const { edited } = await ask<Edited>(url, mutation);
  expect(edited.userErrors).toEqual([]);
  return edited.revision;
}

describe("What a server writes", () => {
  let live: LiveClient;
  /** The newest version of the topic with this id. */
  const versions = new Map([1, 6].map(id => [id, 1]));
  beforeAll(() => {
    live = openLive(second, { connectionParams: { authorization } });
  });
  afterAll(() => live.close());

  async function saveTitle(topic: number, title: string): Promise<string> {
    const [id, expectedVersion] = [encodeNodeId("Topic", topic), versions.get(topic)];
    const input = `id: "${id}", expectedVersion: ${expectedVersion}, changes: { title: "${title}" }`;
    const { id: revisionId, number } = await edit(first, "updateTopic", input);
    versions.set(topic, number);
    return revisionId;
  }
  const publish = (revisionId: string) => edit(first, "publishRevision", `revisionId: "${revisionId}"`);

  it("is heard by subscribers of the other: drafts by editors, what is published by everybody", async () => {
    const guest = openLive(second);
    const topics = guest.follow(TopicPublishedDocument);
    const revisions = live.follow(RevisionUpdatedDocument);
    let round = 0;
    // Until both have begun: by a topic that is not asked about below.
    await begun(topics, async () => publish(await saveTitle(6, `Round ${++round}`)));
    await begun(revisions, () => saveTitle(6, `Round ${++round}`));

    const isNow =
      (state: RevisionState) =>
      ({ revisionUpdated: { revision } }: RevisionUpdatedSubscription) =>
        revision?.id === revisionId && revision.state === state;
    const revisionId = await saveTitle(1, "From the other server");
    await upTo(revisions, isNow("DRAFT"));
    await publish(revisionId);
    await upTo(topics, ({ topicPublished }) => topicPublished.topic?.title === "From the other server");
    await upTo(revisions, isNow("PUBLISHED"));
    await guest.close();
  }, 60_000);
});

it("publishes each scheduled revision once, whichever server it was scheduled on", async () => {
  const tool = (name: string) =>
    `slug: "${name}", content: { name: "${name}", vendor: "V", category: CODE_EDITOR, tagline: "T", website: "https://example.org", pricingModel: FREE, description: "A tool." }`;
  const drafts: string[] = [];
  const began = Date.now();
  for (let index = 0; index < scheduledCount; index++) {
    const url = index % 2 === 0 ? first : second;
    drafts.push((await edit(url, "createTool", tool(`scheduled-${index}`))).id);
  }
  // All at the same moment, which both servers wait for, and which has not come yet when the last one is scheduled, however slow this machine is.
  const publishAt = new Date(Date.now() + 4_000 + 2 * (Date.now() - began)).toISOString();
  await Promise.all(
    drafts.map((id, index) =>
      edit(index % 2 === 0 ? second : first, "scheduleRevision", `revisionId: "${id}", publishAt: "${publishAt}"`),
    ),
  );
  const waiting = () =>
    ask<{ revisions: { totalCount: number } }>(
      first,
      `{ revisions(filter: { state: { eq: SCHEDULED } }) { totalCount } }`,
    );
  while ((await waiting()).revisions.totalCount > 0) await delay(100);
  for (const server of servers) server.process.kill("SIGTERM");
  expect(await Promise.all(servers.map(server => server.exit))).toEqual(servers.map(() => 0));

  await shared.use(async ({ models }) => {
    const slug = { startsWith: "scheduled-" };
    const tools = (await models.tool.findMany({ where: { slug }, select: { id: true } })).map(({ id }) => id).sort();
    const revisions = await models.revision.findMany({ where: { slug } });
    const events = await models.auditEvent.findMany({ where: { action: "publishScheduledRevision" } });
    expect(tools).toHaveLength(scheduledCount);
    expect(revisions.map(({ entityId }) => entityId).sort()).toEqual(tools);
    expect(new Set(revisions.map(({ state, failure }) => `${state} ${failure}`))).toEqual(new Set(["PUBLISHED null"]));
    expect(events.map(({ entityId }) => Number(entityId)).sort()).toEqual(tools);
  });
  const said = servers.flatMap(server => server.output().match(/scheduled revision published/g) ?? []);
  expect(said).toHaveLength(scheduledCount);
}, 120_000);
