// Changes reach subscribers whoever makes them: an operation of another server, plain SQL, one statement with ten thousand rows.
import { randomUUID } from "node:crypto";
import { Client } from "pg";
import { createDatabase, type Database } from "../../../src/db/database";
import { openPostgres } from "../../../src/db/postgres-driver";
import { CatalogChangedDocument, TopicPublishedDocument } from "../../../src/generated/client/graphql";
import { encodeNodeId } from "../../../src/graphql/node-id";
import { openAgain, serverUrl, settingsOf } from "../../support/database";
import { createTopic } from "../../support/factories";
import { createTestLog } from "../../support/log";
import { begun, openLive, upTo, type LiveClient } from "../../support/live";
import { startTestServer, type TestServer } from "../../support/server";

let server: TestServer;
let live: LiveClient;
/** On a PostgreSQL server, another process in all but name: connections of its own. */
let elsewhere: Database;

beforeAll(async () => {
  server = await startTestServer();
  elsewhere = await openAgain(server.database);
});
afterAll(async () => {
  if (elsewhere !== server.database) await elsewhere.close();
  await server.close();
});
beforeEach(() => {
  live = openLive(server.url);
});
afterEach(() => live.close());

/** A script as from psql. */
async function run(script: string): Promise<void> {
  await elsewhere.exclusive(connection => connection.script(script));
}

const topicId = (id: number) => encodeNodeId("Topic", id);

async function followTopics(client = live) {
  const followed = client.follow(TopicPublishedDocument);
  // Until it has begun: by a topic that no test asks about.
  await begun(followed, () => run(`UPDATE "topic" SET "emoji" = "emoji" WHERE "id" = 6`));
  return followed;
}

async function followCatalogue(client = live) {
  const followed = client.follow(CatalogChangedDocument);
  await begun(followed, () => run(`UPDATE "topic" SET "emoji" = "emoji" WHERE "id" = 6`));
  // What was changed until here may still be on its way, and would be told with what comes next.
  await run(`UPDATE "topic" SET "emoji" = "emoji" WHERE "id" = 5`);
  await upTo(followed, ({ catalogChanged }) => catalogChanged.changes.some(({ nodeId }) => nodeId === topicId(5)));
  return followed;
}

describe("Subscription.topicPublished", () => {
  it("gives the topic as it is after each change, with whatever is selected", async () => {
    const followed = await followTopics();
    const title = `Title ${randomUUID()}`;
    await run(`UPDATE "topic" SET "title" = '${title}' WHERE "id" = 1`);
    const events = await upTo(followed, ({ topicPublished }) => topicPublished.topic?.title === title);
    const { topic, nodeId } = events.at(-1)!.topicPublished;
    expect(nodeId).toBe(topicId(1));
    expect(topic).toMatchObject({ id: nodeId, slug: expect.any(String) as string });
    expect(topic?.sections.length).toBeGreaterThan(1);
    expect(topic?.tools.edges.length).toBeGreaterThan(1);
  });

  it("hears of parts of the page, of new topics and of topics that are taken down", async () => {
    const followed = await followTopics();
    const heading = `Heading ${randomUUID()}`;
    await run(`UPDATE "topic_section" SET "heading" = '${heading}' WHERE "topic_id" = 1 AND "position" = 1`);
    await upTo(followed, ({ topicPublished }) => topicPublished.topic?.sections[0]?.heading === heading);

    const { id, title } = await createTopic(elsewhere);
    const [added] = (await upTo(followed, data => data.topicPublished.nodeId === topicId(id))).slice(-1);
    expect(added?.topicPublished.topic?.title).toBe(title);

    await run(`DELETE FROM "topic" WHERE "id" = ${id}`);
    const [removed] = (await upTo(followed, data => data.topicPublished.nodeId === topicId(id))).slice(-1);
    expect(removed?.topicPublished).toEqual({ nodeId: topicId(id), topic: null });
  });

  it("tells of one topic only when it is asked to", async () => {
    const followed = live.follow(TopicPublishedDocument, { topicId: topicId(2) });
    await begun(followed, () => run(`UPDATE "topic" SET "emoji" = "emoji" WHERE "id" = 2`));
    const title = `Title ${randomUUID()}`;
    await run(`UPDATE "topic" SET "title" = 'Another' WHERE "id" = 3`);
    await run(`UPDATE "topic" SET "title" = '${title}' WHERE "id" = 2`);
    const events = await upTo(followed, ({ topicPublished }) => topicPublished.topic?.title === title);
    expect(new Set(events.map(({ topicPublished }) => topicPublished.nodeId))).toEqual(new Set([topicId(2)]));
  });

  it("says nothing of what is rolled back", async () => {
    const followed = await followTopics();
    const failing = elsewhere.transaction(async ({ models }) => {
      await models.topic.update({ where: { id: 4 }, data: { title: "Never" } });
      throw new Error("rolled back");
    });
    await expect(failing).rejects.toThrow("rolled back");
    await run(`UPDATE "topic" SET "title" = 'Kept' WHERE "id" = 5`);
    const events = await upTo(followed, data => data.topicPublished.nodeId === topicId(5));
    expect(events.map(({ topicPublished }) => topicPublished.nodeId)).not.toContain(topicId(4));
  });

  it.each([
    [encodeNodeId("Tool", 1), "topicId is not the id of a topic."],
    ["nonsense", "topicId is not a valid id."],
  ])("refuses an id that is of no topic: %s", async (id, message) => {
    const { ended } = live.follow(TopicPublishedDocument, { topicId: id });
    expect(await ended).toEqual([
      expect.objectContaining({ message, extensions: { code: "BAD_USER_INPUT", argument: "topicId" } }),
    ]);
  });
});

describe("Subscription.catalogChanged", () => {
  it("names what one transaction changed, each thing once, in one event", async () => {
    const followed = await followCatalogue();
    await elsewhere.transaction(async ({ models }) => {
      const topic = await models.topic.findUniqueOrThrow({ where: { id: 1 } });
      await models.topic.update({ where: { id: 1 }, data: { title: "Changed" } });
      await models.topicTool.updateMany({ where: { topicId: topic.id, toolId: 1 }, data: { blurb: "Changed." } });
      await models.lesson.update({ where: { id: 1 }, data: { title: "Changed" } });
    });
    const [event] = (
      await upTo(followed, ({ catalogChanged }) => catalogChanged.changes.some(({ kind }) => kind === "LESSON"))
    ).slice(-1);
    const named = event!.catalogChanged.changes.map(({ kind, nodeId, change }) => `${kind} ${nodeId} ${change}`);
    expect(event?.catalogChanged.isTruncated).toBe(false);
    expect(named).toEqual(
      expect.arrayContaining([`TOPIC ${topicId(1)} CHANGED`, `LESSON ${encodeNodeId("Lesson", 1)} CHANGED`]),
    );
    expect(new Set(named).size).toBe(named.length);
  });

  it("tells what is new and what is gone apart from what is different", async () => {
    const followed = await followCatalogue();
    const { id } = await createTopic(elsewhere);
    const change = (kind: string) =>
      upTo(followed, ({ catalogChanged }) =>
        catalogChanged.changes.some(({ nodeId, change }) => nodeId === topicId(id) && change === kind),
      );
    await change("ADDED");
    await run(`UPDATE "topic" SET "title" = 'Changed' WHERE "id" = ${id}`);
    await change("CHANGED");
    await run(`DELETE FROM "topic" WHERE "id" = ${id}`);
    await change("REMOVED");
  });

  it("survives a flood: ten thousand rows in one statement are one event that says so", async () => {
    const topics = await followTopics();
    const followed = await followCatalogue();
    // As often as the other one was waited for, this one has heard of it.
    await upTo(topics, data => data.topicPublished.nodeId === topicId(5));
    await run(`
      INSERT INTO "lesson" ("slug", "title", "summary", "kind", "level", "duration_minutes", "access", "updated_on", "body_markdown", "body_html", "body_text")
      SELECT 'flood-' || i, 'L', 'S', 'LESSON', 'BEGINNER', 5, 'PUBLIC', '2026-06-24', 'b', 'b', 'b' FROM generate_series(1, 10000) i`);
    const flooded = await upTo(followed, ({ catalogChanged }) => catalogChanged.isTruncated);
    expect(flooded.at(-1)?.catalogChanged).toEqual({ changes: [], isTruncated: true });
    await run(`
      INSERT INTO "lesson_topic" SELECT "id", 1 + "id" % 3, 1 FROM "lesson" WHERE "slug" LIKE 'flood-%';
      DELETE FROM "lesson" WHERE "slug" LIKE 'flood-%'`);
    const ids = await upTo(topics, data => data.topicPublished.nodeId === topicId(3));
    expect(ids.length).toBeLessThan(10);
    await upTo(followed, ({ catalogChanged }) => catalogChanged.isTruncated);
  });

  it("says that anything may be different when more topics change than are named", async () => {
    const followed = await followTopics();
    await run(`
      INSERT INTO "topic" ("slug", "title", "emoji", "summary", "category", "position", "updated_on", "seo_title", "seo_description")
        SELECT 'many-' || i, 'Topic', '📘', 'Summary.', 'DATA', i, '2026-06-24', 'Topic', 'About.' FROM generate_series(1001, 1200) i;
      DELETE FROM "topic" WHERE "slug" LIKE 'many-%'`);
    const events = await upTo(followed, ({ topicPublished }) => topicPublished.nodeId === null);
    expect(events.at(-1)?.topicPublished).toEqual({ nodeId: null, topic: null });
  });
});

describe("Two servers on one database", () => {
  it("tell their clients of each other's changes", async () => {
    const second = await startTestServer({ database: elsewhere });
    const other = openLive(second.url);
    try {
      const [here, there] = [await followTopics(), await followTopics(other)];
      const title = `Title ${randomUUID()}`;
      await server.database.models.topic.update({ where: { id: 1 }, data: { title } });
      for (const followed of [here, there]) {
        await upTo(followed, ({ topicPublished }) => topicPublished.topic?.title === title);
      }
    } finally {
      await other.close();
      await second.close();
    }
  });

  it("hear of what a transaction changes only when it is committed", async () => {
    const followed = await followTopics();
    const title = `Title ${randomUUID()}`;
    await elsewhere.transaction(async ({ models }) => {
      await models.topic.update({ where: { id: 1 }, data: { title } });
      await models.topic.update({ where: { id: 2 }, data: { title } });
    });
    const events = await upTo(followed, data => data.topicPublished.nodeId === topicId(2));
    expect(events.filter(data => data.topicPublished.topic?.title === title).length).toBeGreaterThan(0);
    expect(events.at(-1)?.topicPublished.topic?.title).toBe(title);
  });
});

if (serverUrl === undefined) {
  process.stderr.write("changes.test.ts: the tests of a lost connection need a server (TEST_DATABASE_URL).\n");
} else {
  describeOnServer();
}

function describeOnServer(): void {
  describe("A connection that hears of changes", () => {
    /** As somebody at psql. */
    async function psql<Row>(text: string): Promise<Row[]> {
      const client = new Client({ connectionString: (await settingsOf(server.database))?.url });
      await client.connect();
      try {
        return (await client.query(text)).rows as Row[];
      } finally {
        await client.end();
      }
    }

    it("that cannot hear the database, as behind a pooler, is warned of in the log", async () => {
      const settings = await settingsOf(server.database);
      if (!settings) throw new Error("this needs a server");
      const { log, lines } = createTestLog();
      // Listening somewhere else has the same effect: it succeeds, and nothing is heard.
      const deaf = createDatabase(openPostgres({ ...settings, directUrl: serverUrl }));
      await deaf.changes.start((message, cause) => log.warn({ err: cause }, message), { pingMs: 200 });
      while (lines.length === 0) await new Promise(resolve => setTimeout(resolve, 20));
      await deaf.close();
      expect(lines).toHaveLength(1);
      expect(lines[0]).toContain("set DATABASE_DIRECT_URL to the database itself");
      // One that hears had its answer long ago.
      expect(server.log.join("\n")).not.toContain("DATABASE_DIRECT_URL");
    });

    it("is made again when it is lost, and subscribers are told that anything may have changed", async () => {
      const followed = await followCatalogue();
      const states: boolean[] = [];
      const end = server.database.changes.subscribe({ connected: connected => states.push(connected) });
      const [killed] = await psql<{ killed: number }>(
        `SELECT count(pg_terminate_backend("pid"))::integer AS "killed" FROM "pg_stat_activity"
         WHERE "application_name" = 'learngraph changes' AND "datname" = current_database()`,
      );
      expect(killed?.killed).toBeGreaterThan(0);
      const events = await upTo(followed, ({ catalogChanged }) => catalogChanged.isTruncated);
      expect(events.at(-1)?.catalogChanged).toEqual({ changes: [], isTruncated: true });
      end();
      expect(states).toEqual([false, true]);
      expect(server.database.changes.isConnected).toBe(true);
      expect(server.log.filter(line => line.includes("the connection that hears of changes is lost"))).toHaveLength(1);

      const { id } = await createTopic(elsewhere);
      await upTo(followed, ({ catalogChanged }) => catalogChanged.changes.some(({ nodeId }) => nodeId === topicId(id)));
      const left = async () => {
        const [row] = await psql<{ count: number }>(
          `SELECT count(*)::integer AS "count" FROM "pg_stat_activity" WHERE "application_name" = 'learngraph changes' AND "datname" = current_database()`,
        );
        return row?.count ?? 0;
      };
      // None is left over, once those that were killed have ended.
      while ((await left()) > (killed?.killed ?? 0)) await new Promise(resolve => setTimeout(resolve, 20));
    });
  });
}
