// R7, R21: what operations cost, told with every answer, and the budget of each asker: over HTTP, on each way to an answer, and over several servers.
import { randomUUID } from "node:crypto";
import { Redis } from "ioredis";
import { encodeNodeId } from "../../../src/graphql/node-id";
import type { CostReport } from "../../../src/request/charge";
import { CostBudget, type CostBudgetOptions } from "../../../src/server/cost-budget";
import { createSharedBudgets } from "../../../src/server/shared-budgets";
import { authorizationOf, createViewer } from "../../support/signed-in";
import { begun, handshake, openLive, upTo } from "../../support/live";
import { isRedisThere, redisUrl } from "../../support/redis";
import { startTestServer, type TestServer, type TestServerOptions } from "../../support/server";
import { expectRefusal } from "../http/refusals";

const tools = "query ($n: Int) { tools(first: $n) { nodes { slug } } }";
/** A page of `n`, as a connection. */
const costOf = (n: number) => 1 + n;

interface Answer {
  data: unknown;
  errors?: unknown;
  extensions: { cost: CostReport };
}

async function start(settings: CostBudgetOptions, options: TestServerOptions = {}): Promise<TestServer> {
  return startTestServer({ budget: new CostBudget(settings), ...options });
}

async function ask(server: TestServer, query: string, variables: object = {}, headers: Record<string, string> = {}) {
  const response = await server.post({ query, variables }, headers);
  return { response, ...((await response.json()) as Answer) };
}

async function bearer(server: TestServer): Promise<{ authorization: string }> {
  return { authorization: await authorizationOf(await createViewer(server.database), server.services.tokens) };
}

const limit = 100_000;
// Nothing comes back while a test runs.
const restoreRate = 0.001;

describe("The cost of an operation (R7)", () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await start({ limit, restoreRate });
  });
  afterAll(() => server.close());

  it("stands in every answer, on each way to it", async () => {
    // Through Apollo Server, compiled, from the cache, and recognised as a whole.
    const seen: CostReport[] = [];
    for (let time = 0; time < 4; time++) seen.push((await ask(server, tools, { n: 5 })).extensions.cost);
    const common = { requested: costOf(5), limit, restoreRate };
    const left = seen[0]!.remaining;
    expect(seen).toEqual([
      { ...common, actual: costOf(5), remaining: left },
      { ...common, actual: costOf(5), remaining: left - costOf(5) },
      { ...common, actual: 1, remaining: left - costOf(5) - 1 },
      { ...common, actual: 1, remaining: left - costOf(5) - 2 },
    ]);
  });

  it("is what the answer holds, and not what it might have held", async () => {
    const { extensions } = await ask(
      server,
      '{ tools(first: 100, filter: { slug: { eq: "cursor" } }) { nodes { slug } } }',
    );
    expect(extensions.cost).toMatchObject({ requested: 101, actual: 2 });
  });

  it("of a mutation is more, and of one that was refused the least", async () => {
    const mutation = `mutation ($id: ID!) { completeLesson(input: { lessonId: $id }) { userErrors { code } } }`;
    const first = await ask(server, mutation, { id: "TGVzc29uOjE" });
    expect(first.extensions.cost).toMatchObject({ requested: 20, actual: 1 });
    expect(first.errors).toBeDefined();
    const done = await ask(server, mutation, { id: "TGVzc29uOjE" }, await bearer(server));
    expect([done.errors, done.extensions.cost]).toMatchObject([undefined, { requested: 20, actual: 10 }]);
  });

  it.each([
    ["a syntax error", "{"],
    ["a field that does not exist", "{ nothing }"],
    ["too much", "{ topics(first: 100) { nodes { tools(first: 100) { nodes { slug } } } } }"],
  ])("stands in a refusal for %s too, and is the least", async (_name, query) => {
    const { errors, extensions } = await ask(server, query);
    expect(errors).toBeDefined();
    expect(extensions.cost).toMatchObject({ requested: 1, actual: 1, limit });
  });

  it("leaves out of what others may keep whatever is not the same for everybody", async () => {
    const address = `${server.url}/graphql?${new URLSearchParams({ query: tools, variables: '{"n":7}' }).toString()}`;
    const texts: string[] = [];
    const tags = new Set<string | null>();
    for (let time = 0; time < 4; time++) {
      const response = await fetch(address, { headers: { "apollo-require-preflight": "1" } });
      texts.push(await response.text());
      if (time === 0) continue;
      tags.add(response.headers.get("etag"));
      expect(response.headers.get("ratelimit-remaining")).toBeNull();
    }
    expect(new Set(texts.slice(1)).size).toBe(1);
    expect(tags.size).toBe(1);
    expect((JSON.parse(texts[1] ?? "") as Answer).extensions).toEqual({ cost: { requested: 8, limit, restoreRate } });
  });
});

describe("The budget of an asker (R21, B15)", () => {
  let server: TestServer;
  // Three pages of all 17 tools, and a little more.
  const settings = { limit: 60, restoreRate: 0.5 };
  afterEach(() => server.close());

  it("used up, refuses with 429, says when to come back, and leaves others alone", async () => {
    server = await start(settings, { trustedProxyHops: 1, responseCacheBytes: 0 });
    const from = (address: string) => ({ "x-forwarded-for": address });
    // Twice: through Apollo Server, and compiled.
    for (let time = 0; time < 3; time++) await ask(server, tools, { n: 17 }, from("192.0.2.1"));
    const response = await server.post({ query: tools, variables: { n: 17 } }, from("192.0.2.1"));
    const { headers } = response;
    const { body } = await expectRefusal(response, 429, "RATE_LIMITED");
    const { cost } = (body as unknown as Answer).extensions;
    const retryAfter = Number(headers.get("retry-after"));
    expect(retryAfter).toBeGreaterThanOrEqual(1);
    // To the second.
    expect(Math.abs(retryAfter - (18 - cost.remaining) / 0.5)).toBeLessThanOrEqual(3);
    expect(cost).toMatchObject({ requested: 18, actual: 1, limit: 60, restoreRate: 0.5 });
    expect(headers.get("ratelimit-limit")).toBe("60");
    expect(headers.get("ratelimit-remaining")).toBe(String(cost.remaining));
    expect(Number(headers.get("ratelimit-reset"))).toBeGreaterThan(100);
    // Smaller pages, other addresses and accounts go on.
    expect((await ask(server, tools, { n: 2 }, from("192.0.2.1"))).errors).toBeUndefined();
    expect((await ask(server, tools, { n: 17 }, from("192.0.2.2"))).errors).toBeUndefined();
    expect(
      (await ask(server, tools, { n: 17 }, { ...from("192.0.2.1"), ...(await bearer(server)) })).errors,
    ).toBeUndefined();
  });

  it("is that of an account, wherever it asks from, and that of a whole network of IPv6", async () => {
    server = await start(settings, { trustedProxyHops: 1, responseCacheBytes: 0 });
    const token = await bearer(server);
    const statuses = async (headers: (n: number) => Record<string, string>) => {
      const seen: number[] = [];
      for (let n = 1; n <= 5; n++) seen.push((await ask(server, tools, { n: 17 }, headers(n))).response.status);
      return seen;
    };
    expect(await statuses(n => ({ "x-forwarded-for": `192.0.2.${n}`, ...token }))).toEqual([200, 200, 200, 429, 429]);
    expect(await statuses(n => ({ "x-forwarded-for": `2001:db8:1:1::${n}` }))).toEqual([200, 200, 200, 429, 429]);
    expect(await statuses(n => ({ "x-forwarded-for": `2001:db8:2:${n}::1` }))).toEqual([200, 200, 200, 200, 200]);
  });

  it("is paid by requests that run nothing too: answers from the cache, refusals, tokens that are wrong", async () => {
    server = await start({ limit: 40, restoreRate: 0.01 });
    const statuses = async (count: number, query: string, headers = {}) => {
      const seen = new Set<number>();
      for (let n = 0; n < count; n++) seen.add((await server.post({ query }, headers)).status);
      return [...seen];
    };
    expect(await statuses(10, "{ catalogStats { topicCount } }")).toEqual([200]);
    expect(await statuses(10, "{")).toEqual([400]);
    expect(await statuses(10, "{ __typename }", { authorization: "Bearer wrong" })).toEqual([401]);
    expect(await statuses(20, "{")).toEqual([400, 429]);
    expect(await statuses(2, "{ catalogStats { topicCount } }")).toEqual([429]);
    expect(await statuses(2, "{ __typename }", { authorization: "Bearer wrong" })).toEqual([429]);
  });

  it.each([
    ["that are no JSON", "{"],
    ["in batches", [{ query: "{ __typename }" }]],
    [
      "with variables that are nested too deeply",
      `{"query":"{ __typename }","variables":{"a":${"[".repeat(60)}${"]".repeat(60)}}}`,
    ],
    ["for a document that is not there", { documentId: "0".repeat(64) }],
  ])("is paid by requests %s", async (_, body) => {
    server = await start({ limit: 5, restoreRate: 0.01 });
    const seen: number[] = [];
    for (let n = 0; n < 7; n++) seen.push((await server.post(body)).status);
    expect(seen).toEqual([400, 400, 400, 400, 400, 429, 429]);
  });

  it("refuses before anything is done: a mutation with an Idempotency-Key runs when it is sent again", async () => {
    let now = 0;
    server = await start({ limit: 45, restoreRate: 20, now: () => now });
    const authorization = await bearer(server);
    const headers = { ...authorization, "idempotency-key": randomUUID() };
    const query = `mutation { ${Array.from({ length: 3 }, (_, n) => `a${n}: startLesson(input: { lessonId: "TGVzc29uOjE" }) { lesson { slug } }`).join(" ")} }`;
    await ask(server, "{ tools(first: 17) { nodes { slug } } }", {}, authorization);
    const refused = await ask(server, query, {}, headers);
    expect(refused.response.status).toBe(429);
    now += 1_000 * Number(refused.response.headers.get("retry-after"));
    expect((await ask(server, query, {}, headers)).response.status).toBe(200);
  });

  it("is what the events of subscriptions are paid from: while it does not suffice, they wait", async () => {
    server = await start({ limit: 110, restoreRate: 20 });
    const live = openLive(server.url);
    const followed = live.follow<{ catalogChanged: { changes: { nodeId: string }[] } }, never>(
      "subscription { catalogChanged { changes { nodeId } } }",
    );
    const touch = (id: number) => server.database.models.topic.update({ where: { id }, data: { emoji: "📘" } });
    const { cost } = ((await begun(followed, () => touch(1))) as unknown as Answer).extensions;
    expect(cost).toMatchObject({ requested: 101, limit: 110, restoreRate: 20 });
    expect(cost.actual).toBeLessThan(10);
    // What waits to be sent still may have taken for a moment what this needs.
    let [drained, started] = [null as Awaited<ReturnType<typeof ask>> | null, 0];
    while (!drained || drained.errors) {
      // The budget is filled up again from then on, however late this hears of what is left.
      started = performance.now();
      drained = await ask(server, tools, { n: 17 });
    }
    const { remaining } = drained.extensions.cost;
    // What was heard before may be on its way still.
    await touch(2);
    await upTo(followed, data => data.catalogChanged.changes.some(({ nodeId }) => nodeId === encodeNodeId("Topic", 2)));
    expect(performance.now() - started).toBeGreaterThan((1_000 * (101 - remaining - 1)) / 20);
    await live.close();
  });

  it("is paid by those who open live connections", async () => {
    server = await start({ limit: 3, restoreRate: 0.01 });
    const seen: unknown[] = [];
    for (let n = 0; n < 4; n++) seen.push(await handshake(server.url));
    expect(seen).toEqual([101, 101, 101, 429]);
  });

  it("is what subscriptions are started from", async () => {
    server = await start({ limit: 5, restoreRate: 0.01 });
    const live = openLive(server.url);
    const follow = () => live.follow("subscription { catalogChanged { isTruncated } }");
    for (let n = 0; n < 10; n++) follow();
    const ended = await follow().ended;
    expect(ended).toMatchObject([{ extensions: { code: "RATE_LIMITED" } }]);
    await live.close();
  });
});

if (isRedisThere()) {
  describe("The budget of an asker over several servers (R21)", () => {
    const settings = { limit: 200, restoreRate: 0.1 };
    const keyPrefix = `test-${randomUUID()}:`;
    const redis = new Redis(redisUrl, { keyPrefix, enableOfflineQueue: false, lazyConnect: true, commandTimeout: 500 });
    let servers: TestServer[] = [];

    beforeAll(async () => {
      await redis.connect();
      const budget = () =>
        new CostBudget({ ...settings, shared: createSharedBudgets(redis, settings), shareEveryMs: 20 });
      const first = await startTestServer({ budget: budget(), responseCacheBytes: 0 });
      servers = [first, await startTestServer({ budget: budget(), responseCacheBytes: 0, beside: first })];
    });
    afterAll(async () => {
      for (const server of servers.reverse()) await server.close();
      const keys = await redis.keys(`${keyPrefix}*`);
      for (const key of keys) await redis.del(key.slice(keyPrefix.length));
      redis.disconnect();
    });

    it("is one: what one has spent, none has", async () => {
      const statuses: number[] = [];
      let passed = 0;
      const isTold = async () => {
        const [key = ""] = await redis.keys(`${keyPrefix}*`);
        const left = await redis.hget(key.slice(keyPrefix.length), "left");
        // What comes back meanwhile is less than half a page.
        return Number(left ?? settings.limit) < settings.limit - (passed - 0.5) * costOf(17);
      };
      for (let n = 0; n < 30; n++) {
        const { status } = await servers[n % 2]!.post({ query: tools, variables: { n: 17 } });
        statuses.push(status);
        if (status === 200) passed++;
        while (!(await isTold())) await new Promise(resolve => setTimeout(resolve, 10));
      }
      // Eleven pages in all, or one more where both asked before they had told each other.
      expect([11, 12]).toContain(passed);
      expect(statuses.slice(passed)).toEqual(Array.from({ length: 30 - passed }, () => 429));
    });

    it("is kept under hashes, with an end", async () => {
      const keys = (await redis.keys(`${keyPrefix}*`)).map(key => key.slice(keyPrefix.length));
      expect(keys).toEqual([expect.stringMatching(/^budget:[\w-]{22}$/)]);
      expect(await redis.pttl(keys[0] ?? "")).toBeGreaterThan(0);
    });
  });
} else {
  process.stderr.write("There is no Redis at 127.0.0.1:6379: budgets over several servers are not tested.\n");
}
