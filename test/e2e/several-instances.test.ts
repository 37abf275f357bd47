// Three server processes behind a balancer, on a primary through PgBouncer, a streaming standby and Redis: what is one server's, and what is
// everybody's. All of it is the test's own, from the programs of PostgreSQL, PgBouncer and Redis; without them it is skipped, and says so.
import { mkdtempSync, rmSync } from "node:fs";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { Redis } from "ioredis";
import { Client } from "pg";
import { newSigningKey } from "../../src/auth/signing-keys";
import type { TokenService } from "../../src/auth/tokens";
import { importContent } from "../../src/content/content.import";
import type { Database } from "../../src/db/database";
import { applyMigrations, readMigrations } from "../../src/db/migrations";
import { openDatabase, type DatabaseLog } from "../../src/db/open-database";
import { sql } from "../../src/db/sql";
import { TopicPublishedDocument } from "../../src/generated/client/graphql";
import { encodeNodeId } from "../../src/graphql/node-id";
import { instanceHeader, startBalancer, type Balancer } from "../support/balancer";
import { createUser } from "../support/factories";
import { begun, openLive, upTo } from "../support/live";
import { missingPrograms, startCluster, type Cluster } from "../support/postgres-cluster";
import { startServerProcess, type ServerProcess } from "../support/server-process";
import { createTestTokens, publicUrl } from "../support/services";
import { authorizationOf, createViewer } from "../support/signed-in";

if (missingPrograms.length > 0) {
  process.stderr.write(`several-instances.test.ts: skipped, not found: ${missingPrograms.join(", ")}.\n`);
}
const describeWithPrograms = missingPrograms.length > 0 ? describe.skip : describe;

interface Answer<Data> {
  data: Data;
  errors?: { message: string; extensions: { code: string } }[];
}

interface Asked<Data> extends Answer<Data> {
  status: number;
  /** Whether the answer is everybody's, so that it may be kept. */
  isShared: boolean;
  /** By the balancer: the index of the instance. */
  instance: number;
}

const page = `query Page($slug: String!) { topic(by: { slug: $slug }) {
  title sections { heading } tools(first: 3) { nodes { name } } lessons(first: 5) { nodes { title } }
} }`;
const progress = `query Progress($slug: String!) { lesson(by: { slug: $slug }) { title progress { state } } }`;
const complete = `mutation Complete($lessonId: ID!) { completeLesson(input: { lessonId: $lessonId }) { lesson { progress { state } } userErrors { code } } }`;

type Page = { topic: { title: string } };
type Progress = { lesson: { title: string; progress: { state: string } | null } };

describeWithPrograms("Several instances", () => {
  const directory = mkdtempSync(join(tmpdir(), "learngraph-instances-"));
  const warnings: string[] = [];
  const log: DatabaseLog = { warn: message => void warnings.push(message), info: () => undefined };
  /** What was begun, in that order. */
  const closing: (() => Promise<unknown>)[] = [];
  let cluster: Cluster;
  let database: Database;
  let tokens: TokenService;
  let servers: ServerProcess[] = [];
  let urls: string[] = [];
  let balancer: Balancer;
  /** Between the primary and the connection on which the second instance hears of changes. */
  let hearing: SlowLine;
  let slugs: string[];
  let lessons: { id: number; slug: string }[];
  let editor: string;

  const open = (url: string) =>
    openDatabase(
      {
        url,
        directUrl: cluster.primaryUrl,
        dataDirectory: directory,
        poolSize: 8,
        acquireTimeoutMs: 20_000,
        statementTimeoutMs: 5_000,
      },
      log,
    );

  beforeAll(async () => {
    cluster = await startCluster();
    closing.push(() => cluster.remove());
    database = await open(cluster.poolerUrl);
    closing.push(() => database.close());
    await applyMigrations(database, await readMigrations("prisma/migrations"));
    await importContent(database, "prisma/content", {});
    const signingKeys = JSON.stringify({ keys: [await newSigningKey()] });
    tokens = await createTestTokens(signingKeys);
    slugs = (await database.models.topic.findMany({ select: { slug: true }, orderBy: { id: "asc" } })).map(
      ({ slug }) => slug,
    );
    lessons = await database.models.lesson.findMany({
      ...{ select: { id: true, slug: true }, where: { access: "PUBLIC" }, orderBy: { id: "asc" } },
    });
    editor = await signedIn("EDITOR");
    hearing = await openSlowLine(Number(new URL(cluster.primaryUrl).port));
    closing.push(() => hearing.close());
    servers = Array.from({ length: 3 }, (_, index) =>
      startServerProcess({
        DATABASE_URL: cluster.poolerUrl,
        DATABASE_DIRECT_URL: index === 1 ? withPort(cluster.primaryUrl, hearing.port) : cluster.primaryUrl,
        DATABASE_REPLICA_URL: cluster.standbyUrl,
        DATABASE_POOL_SIZE: "8",
        REDIS_URL: cluster.redisUrl,
        // Two of them share answers, the third does not.
        ...(index < 2 ? { RESPONSE_CACHE_REDIS_URL: cluster.redisUrl } : {}),
        DATA_DIRECTORY: join(directory, String(index)),
        AUTH_SIGNING_KEYS: signingKeys,
        PUBLIC_URL: publicUrl,
      }),
    );
    closing.push(() => Promise.all(servers.map(server => server.kill())));
    urls = await Promise.all(servers.map(server => server.url()));
    balancer = await startBalancer(urls);
    closing.push(() => balancer.close());
  }, 120_000);

  afterAll(async () => {
    for (const close of closing.reverse()) await close();
    rmSync(directory, { recursive: true, force: true });
  }, 30_000);

  /** The header of somebody new. */
  async function signedIn(role: "EDITOR" | "LEARNER"): Promise<string> {
    return authorizationOf(await createViewer(database, { role }), tokens);
  }

  /** What came, whatever it is. */
  async function ask<Data>(
    url: string,
    query: string,
    variables: object = {},
    authorization?: string,
  ): Promise<Asked<Data>> {
    const response = await fetch(`${url}/graphql`, {
      method: "POST",
      headers: { "content-type": "application/json", ...(authorization === undefined ? {} : { authorization }) },
      body: JSON.stringify({ query, variables }),
    });
    const text = await response.text();
    const answer = text.startsWith("{") ? (JSON.parse(text) as Answer<Data>) : { data: text as Data };
    const { status, headers } = response;
    return { ...answer, status, isShared: headers.has("cache-status"), instance: Number(headers.get(instanceHeader)) };
  }

  /** The data of an answer without errors. */
  async function read<Data>(url: string, query: string, variables: object = {}, authorization?: string): Promise<Data> {
    const { data, errors, status } = await ask<Data>(url, query, variables, authorization);
    expect([status, errors]).toEqual([200, undefined]);
    return data;
  }

  const titleOf = async (url: string, slug: string, authorization?: string) =>
    (await read<Page>(url, page, { slug }, authorization)).topic.title;
  const stateOf = async (url: string, slug: string, authorization: string) =>
    (await read<Progress>(url, progress, { slug }, authorization)).lesson.progress?.state;
  const completeLesson = (url: string, id: number, authorization: string) =>
    ask<{ completeLesson: { lesson: { progress: { state: string } } } | null }>(
      url,
      complete,
      { lessonId: encodeNodeId("Lesson", id) },
      authorization,
    );

  /** Runs one mutation of editors. @param input as GraphQL text */
  async function edit(url: string, name: string, input: string): Promise<{ id: string; number: number }> {
    const mutation = `mutation { edited: ${name}(input: { ${input} }) { revision { id number } userErrors { message } } }`;
    const { edited } = await read<{ edited: { revision: { id: string; number: number }; userErrors: unknown[] } }>(
      ...[url, mutation, {}, editor],
    );
    expect(edited.userErrors).toEqual([]);
    return edited.revision;
  }
  const versions = new Map<number, number>();
  async function publishTitle(url: string, topic: number, title: string): Promise<void> {
    const id = encodeNodeId("Topic", topic);
    const input = `id: "${id}", expectedVersion: ${versions.get(topic) ?? 1}, changes: { title: "${title}" }`;
    const { id: revisionId, number } = await edit(url, "updateTopic", input);
    versions.set(topic, number);
    await edit(url, "publishRevision", `revisionId: "${revisionId}"`);
  }

  async function until(isSo: () => Promise<boolean>): Promise<void> {
    while (!(await isSo())) await delay(50);
  }

  /** Asks the instance until its questions reach the standby. */
  let questions = 0;
  async function untilOnStandby(url: string): Promise<void> {
    await until(async () => {
      // By a name that no answer is kept for.
      const name = `nothing-of-this-name-${questions++}`;
      await read(url, page, { slug: name });
      return cluster.standbyLog().includes(name);
    });
  }

  describe("through PgBouncer, in transaction mode", () => {
    it("keep instants in UTC, whatever zone the connection was left in by somebody else", async () => {
      const others = await Promise.all(
        ["Asia/Tokyo", "America/Los_Angeles", "Europe/Berlin"].map(async zone => {
          const client = new Client({ connectionString: cluster.poolerUrl });
          await client.connect();
          await client.query(`SET TIME ZONE '${zone}'`);
          return client;
        }),
      );
      const emailVerifiedAt = new Date("2026-06-24T09:30:00.000Z");
      const state = { isOver: false };
      const busy = others.map(async client => {
        while (!state.isOver) await client.query("SELECT 1");
      });
      const found = await Promise.all(
        Array.from({ length: 40 }, async () => {
          const user = await createUser(database, { emailVerifiedAt });
          const [row] = await database.query<{ instant: string }>(
            sql`SELECT "email_verified_at"::timestamptz::text AS "instant" FROM "app_user" WHERE "id" = ${user.id}::uuid`,
          );
          return `${user.emailVerifiedAt?.toISOString()} ${row?.instant}`;
        }),
      );
      state.isOver = true;
      await Promise.all(busy);
      await Promise.all(others.map(client => client.end()));
      expect(new Set(found)).toEqual(new Set(["2026-06-24T09:30:00.000Z 2026-06-24 09:30:00+00"]));
    });

    it("have statements ended by the database, and say so where they would not", async () => {
      const timeouts = async (of: Database) =>
        of.query(sql`
          SELECT current_setting('statement_timeout') AS "statement", current_setting('idle_in_transaction_session_timeout') AS "idle"`);
      expect(await timeouts(database)).toEqual([{ statement: "5s", idle: "10s" }]);
      expect(warnings).toEqual([]);
      const bare = await open(cluster.barePoolerUrl);
      expect(await timeouts(bare)).toEqual([{ statement: "0", idle: "0" }]);
      await bare.close();
      expect(warnings).toEqual([expect.stringContaining("connect_query")]);
      for (const server of servers) expect(server.output()).not.toMatch(/connect_query|not heard/);
    });

    it("sign up, sign in and read who that is, each on another", async () => {
      const [email, password] = ["jane@example.org", "notes-on-the-engine"];
      const signUp = `mutation ($email: String!, $password: String!) { signUp(input: { email: $email, password: $password, displayName: "Jane" }) { userErrors { code } } }`;
      const signIn = `mutation ($email: String!, $password: String!) { signIn(input: { email: $email, password: $password }) { tokens { accessToken } userErrors { code } } }`;
      await read(urls[0]!, signUp, { email, password });
      const answer = await read<{ signIn: { tokens: { accessToken: string } } }>(urls[1]!, signIn, { email, password });
      const viewer = `{ viewer { user { displayName } } }`;
      expect(await read(urls[2]!, viewer, {}, `Bearer ${answer.signIn.tokens.accessToken}`)).toEqual({
        viewer: { user: { displayName: "Jane" } },
      });
    });
  });

  it("read public content on the standby, and everything personal on the primary", async () => {
    const learner = await signedIn("LEARNER");
    for (const url of urls) {
      await titleOf(url, slugs[0]!);
      await untilOnStandby(url);
      const { slug, id } = lessons[0]!;
      await completeLesson(url, id, learner);
      expect(await stateOf(url, slug, learner)).toBe("COMPLETED");
    }
    const sent = cluster.standbyLog();
    expect(sent).toMatch(/FROM "topic"/);
    expect(sent).not.toMatch(/"lesson_progress"|"user_session"|"app_user"|"learner"/);
  }, 60_000);

  it("let a client read its own writes on any of them, however far the standby is behind", async () => {
    await cluster.setReplay(false);
    try {
      const learner = await signedIn("LEARNER");
      let next = 0;
      for (const writer of urls) {
        for (const reader of urls) {
          const { id, slug } = lessons[next++]!;
          expect((await completeLesson(writer, id, learner)).data.completeLesson?.lesson.progress.state).toBe(
            "COMPLETED",
          );
          expect(await stateOf(reader, slug, learner)).toBe("COMPLETED");
        }
      }
    } finally {
      await cluster.setReplay(true);
    }
  }, 60_000);

  it("show what one of them published: at once to editors, soon to everybody, and never the old again", async () => {
    const [first = "", second = "", third = ""] = urls;
    const slug = slugs[0]!;
    // Kept by all: from a state of the standby.
    for (const url of urls) {
      await untilOnStandby(url);
      await until(async () => (await ask(url, page, { slug })).isShared);
    }
    const old = await titleOf(second, slug);
    await cluster.setReplay(false);
    try {
      for (let round = 1; round <= 5; round++) {
        await publishTitle(urls[round % 3]!, 1, `Round ${round}`);
        for (const url of urls) expect(await titleOf(url, slug, editor)).toBe(`Round ${round}`);
        for (const url of urls) await until(async () => (await titleOf(url, slug)) === `Round ${round}`);
        for (let time = 0; time < 5; time++) {
          expect(await Promise.all(urls.map(url => titleOf(url, slug)))).toEqual(urls.map(() => `Round ${round}`));
        }
      }
      expect(old).not.toMatch(/^Round/);
    } finally {
      await cluster.setReplay(true);
    }
    for (const url of urls) {
      await untilOnStandby(url);
      expect(await titleOf(url, slug)).toBe("Round 5");
    }
    const live = openLive(third);
    const followed = live.follow(TopicPublishedDocument);
    let round = 0;
    await begun(followed, () => publishTitle(first, 2, `Again ${++round}`));
    await publishTitle(second, 1, "Heard on the third");
    await upTo(followed, ({ topicPublished }) => topicPublished.topic?.title === "Heard on the third");
    await live.close();
  }, 90_000);

  it("show an editor what was published, also where it was not heard yet", async () => {
    const [first = "", second = ""] = urls;
    const slug = slugs[2]!;
    await until(async () => (await ask(second, page, { slug })).isShared);
    const old = await titleOf(second, slug);
    hearing.hold();
    await cluster.setReplay(false);
    try {
      await publishTitle(first, 3, "Heard by few");
      expect(await titleOf(second, slug)).toBe(old);
      expect(await titleOf(second, slug, editor)).toBe("Heard by few");
      hearing.goOn();
      await until(async () => (await titleOf(second, slug)) === "Heard by few");
    } finally {
      hearing.goOn();
      await cluster.setReplay(true);
    }
  }, 60_000);

  it("publish what is scheduled once", async () => {
    const names = Array.from({ length: 6 }, (_, index) => `scheduled-${index}`);
    const began = Date.now();
    const drafts = await Promise.all(
      names.map((name, index) => {
        const content = `name: "${name}", vendor: "V", category: CODE_EDITOR, tagline: "T", website: "https://example.org", pricingModel: FREE, description: "A tool."`;
        return edit(urls[index % 3]!, "createTool", `slug: "${name}", content: { ${content} }`);
      }),
    );
    // What is scheduled has to be in the future still when it is, however slow this machine is.
    const publishAt = new Date(Date.now() + 3_000 + 2 * (Date.now() - began)).toISOString();
    await Promise.all(
      drafts.map(({ id }, index) =>
        edit(urls[(index + 1) % 3]!, "scheduleRevision", `revisionId: "${id}", publishAt: "${publishAt}"`),
      ),
    );
    const where = { slug: { startsWith: "scheduled-" } };
    await until(async () => (await database.models.revision.count({ where: { ...where, state: "PUBLISHED" } })) === 6);
    const tools = await database.models.tool.findMany({ where, select: { id: true } });
    const events = await database.models.auditEvent.findMany({ where: { action: "publishScheduledRevision" } });
    expect(events.map(({ entityId }) => Number(entityId)).sort()).toEqual(tools.map(({ id }) => id).sort());
    expect(tools).toHaveLength(6);
  }, 60_000);

  it("count attempts together", async () => {
    // What the tests before have taken of a minute may come back in the middle.
    const redis = new Redis(cluster.redisUrl);
    const counted = await redis.keys("attempts:*");
    if (counted.length > 0) await redis.del(counted);
    redis.disconnect();
    const signIn = `mutation { signIn(input: { email: "nobody@example.org", password: "another-Staple-8-horses" }) { userErrors { code } } }`;
    const answers = await Promise.all(
      Array.from({ length: 15 }, (_, index) =>
        ask<{ signIn: { userErrors: { code: string }[] } | null }>(urls[index % 3]!, signIn),
      ),
    );
    const outcomes = answers.map(
      ({ data, errors }) => errors?.[0]?.extensions.code ?? data.signIn?.userErrors[0]?.code,
    );
    // Ten a minute from one address. Each instance by itself would let all through.
    const passed = outcomes.filter(outcome => outcome === "INVALID_CREDENTIALS").length;
    expect(passed).toBe(10);
    expect(outcomes.filter(outcome => outcome === "RATE_LIMITED")).toHaveLength(15 - passed);
  }, 30_000);

  it("lose no acknowledged write and no request but those on it when one is killed, and none at all with the standby", async () => {
    interface Request {
      began: number;
      ended: number;
      what: string;
      answer: Asked<unknown>;
    }
    const requests: Request[] = [];
    const acknowledged: { learnerId: string; lessonId: number }[] = [];
    const state = { isOver: false };
    const tracked = async <Data>(what: string, asking: Promise<Asked<Data>>): Promise<Asked<Data>> => {
      const began = performance.now();
      const answer = await asking;
      requests.push({ began, ended: performance.now(), what, answer });
      return answer;
    };
    const hasFailed = ({ answer }: Request) => answer.status !== 200 || answer.errors !== undefined;

    async function learn(): Promise<void> {
      const viewer = await createViewer(database);
      const authorization = await authorizationOf(viewer, tokens);
      for (const { id, slug } of lessons) {
        if (state.isOver) return;
        const written = await tracked("write", completeLesson(balancer.url, id, authorization));
        if (written.data.completeLesson?.lesson.progress.state !== "COMPLETED") continue;
        acknowledged.push({ learnerId: viewer.userId, lessonId: id });
        const found = await tracked("own", ask<Progress>(balancer.url, progress, { slug }, authorization));
        if (found.status === 200) expect(found.data.lesson.progress?.state).toBe("COMPLETED");
      }
    }
    async function browse(from: number): Promise<void> {
      for (let turn = from; !state.isOver; turn++) {
        // Half of them by a name that no answer is kept for.
        const slug = turn % 2 === 0 ? slugs[turn % slugs.length]! : `nothing-of-this-name-${questions++}`;
        await tracked("read", ask<Page>(balancer.url, page, { slug }));
      }
    }
    async function publish(): Promise<void> {
      for (let turn = 1; !state.isOver; turn++) {
        await publishTitle(urls[0]!, 2, `Under load ${turn}`);
        await delay(200);
      }
    }
    async function learnOn(): Promise<void> {
      while (!state.isOver) await learn();
    }
    const load = Promise.all([...[1, 2, 3].map(learnOn), ...[1, 2, 3, 4].map(browse), publish()]);

    /** Until so many more of each kind have been answered. */
    const answered = async (count: number) => {
      const before = requests.length;
      const since = (kind: string) => requests.slice(before).filter(({ what }) => what === kind).length;
      await until(() => Promise.resolve(["write", "own", "read"].every(kind => since(kind) >= count)));
    };
    await answered(10);
    await cluster.stopStandby();
    await answered(10);
    await cluster.startStandby();
    const onStandby = () => cluster.standbyLog().split("nothing-of-this-name").length;
    const before = onStandby();
    await until(() => Promise.resolve(onStandby() > before + 10));
    expect(requests.filter(hasFailed)).toEqual([]);

    const victim = 2;
    const killed = performance.now();
    await servers[victim]!.kill();
    const gone = performance.now();
    await answered(10);
    state.isOver = true;
    await load;

    const failed = requests.filter(hasFailed);
    expect(
      failed.filter(({ began, ended, answer }) => answer.instance !== victim || began > gone || ended < killed),
    ).toEqual([]);
    const after = requests.filter(({ began }) => began > gone);
    expect(new Set(after.map(({ answer }) => answer.instance))).toEqual(new Set([0, 1]));
    const stored = await database.models.lessonProgress.findMany({ where: { state: "COMPLETED" } });
    const isStored = new Set(stored.map(({ learnerId, lessonId }) => `${learnerId} ${lessonId}`));
    expect(acknowledged.filter(({ learnerId, lessonId }) => !isStored.has(`${learnerId} ${lessonId}`))).toEqual([]);
    expect(acknowledged.length).toBeGreaterThan(20);
    console.log(
      `several-instances.test.ts: ${requests.length} requests, ${acknowledged.length} writes acknowledged, ${failed.length} failed on the instance that was killed`,
    );
    for (const server of servers.slice(0, victim)) {
      expect(server.output().match(/the replica is away/g)?.length ?? 0).toBe(1);
    }
  }, 90_000);
});

interface SlowLine {
  readonly port: number;
  /** From now on, nothing comes from the database. */
  hold(): void;
  goOn(): void;
  close(): Promise<void>;
}

/** A way to the port that is as good as none for a while. */
async function openSlowLine(port: number): Promise<SlowLine> {
  const lines = new Set<{ near: Socket; far: Socket }>();
  const server = createServer(near => {
    const line = { near, far: connect(port, "127.0.0.1") };
    lines.add(line);
    near.pipe(line.far);
    line.far.pipe(near);
    for (const end of [near, line.far]) {
      end.on("error", () => undefined);
      end.on("close", () => {
        lines.delete(line);
        near.destroy();
        line.far.destroy();
      });
    }
  });
  await new Promise<void>(resolve => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    hold: () => lines.forEach(({ near, far }) => far.unpipe(near).pause()),
    goOn: () => lines.forEach(({ near, far }) => far.unpipe(near).pipe(near)),
    close: async () => {
      lines.forEach(({ near }) => near.destroy());
      await new Promise(resolve => server.close(resolve));
    },
  };
}

function withPort(url: string, port: number): string {
  return Object.assign(new URL(url), { port: String(port) }).href;
}
