// Whoever runs the server sees what it refused as too much, and whom: in the metrics by reason, in the log by network and account.
import { createPasswordService } from "../../../src/auth/passwords";
import type { Database } from "../../../src/db/database";
import { CostBudget } from "../../../src/server/cost-budget";
import { openTestDatabase } from "../../support/database";
import { createUser } from "../../support/factories";
import { handshake, openLive } from "../../support/live";
import { scrape } from "../../support/metrics";
import { startTestServer, type TestServer, type TestServerOptions } from "../../support/server";
import { createViewer } from "../../support/signed-in";

const argon2 = require("@node-rs/argon2") as typeof import("@node-rs/argon2");
const cheap = { memoryKiB: 8, passes: 1, parallelism: 1 };
const observability = { version: "1", metrics: { host: "127.0.0.1", port: 0 }, slowOperationMs: 0 };

let database: Database;
let server: TestServer;
let isRunning = false;
beforeAll(async () => {
  database = await openTestDatabase({ golden: "catalogue" });
});
afterEach(async () => {
  jest.restoreAllMocks();
  await close();
});
afterAll(() => database.close());

async function start(options: TestServerOptions = {}): Promise<void> {
  server = await startTestServer({ database, observability, trustedProxyHops: 1, ...options });
  isRunning = true;
}

async function close(): Promise<void> {
  if (isRunning) await server.close();
  isRunning = false;
}

interface Answer {
  errors?: { extensions: { code: string } }[];
  data?: { signIn: { userErrors: { code: string }[] } };
}

async function ask(query: string, from: string, headers: Record<string, string> = {}) {
  const response = await server.post({ query }, { "x-forwarded-for": from, ...headers });
  return { status: response.status, ...((await response.json()) as Answer) };
}

const reasons = ["load", "passwords", "budget", "attempts", "connections", "subscriptions"];

/** How many by reason, where there are any. */
async function refused(): Promise<Record<string, number>> {
  const { value } = await scrape(server.metricsUrl);
  const counts = reasons.map(reason => [reason, value("learngraph_refused_total", { reason }) ?? NaN] as const);
  return Object.fromEntries(counts.filter(([, count]) => count !== 0));
}

/** The lines that told of refusals. Ends the server. */
async function told(): Promise<Record<string, unknown>[]> {
  await close();
  return server.log
    .map(line => JSON.parse(line) as Record<string, unknown>)
    .filter(({ msg }) => msg === "requests were refused");
}

const topics = "{ topics(first: 1) { totalCount } }";

describe("Refusals", () => {
  it("are none while nobody asks for too much", async () => {
    await start({ budget: new CostBudget({ limit: 1_000, restoreRate: 1 }) });
    expect((await ask(topics, "192.0.2.1")).status).toBe(200);
    expect((await ask("{ planets }", "192.0.2.1")).status).toBe(400);
    expect(await refused()).toEqual({});
    expect(await told()).toEqual([]);
  });

  it("for too much to do have a metric and a line, apart from a database that is away", async () => {
    let goOn: () => void = () => undefined;
    const held = new Promise<void>(resolve => (goOn = resolve));
    const query: Database["query"] = async statement => {
      // Whether the server is ready can be asked meanwhile.
      if (!statement.text.endsWith("SELECT 1")) await held;
      return database.query(statement);
    };
    await start({ database: { ...database, query }, responseCacheBytes: 0, load: { maxOperations: 2 } });
    const underWay = async () => (await scrape(server.metricsUrl)).value("learngraph_operations_under_way");
    expect(await underWay()).toBe(0);
    const first = ask(topics, "192.0.2.1");
    while ((await underWay()) === 0) await new Promise(resolve => setTimeout(resolve, 10));
    expect(await underWay()).toBe(1);
    for (let time = 0; time < 3; time++) {
      const { status, errors } = await ask(topics, "192.0.2.1");
      expect([status, errors?.[0]?.extensions.code]).toEqual([503, "SERVICE_UNAVAILABLE"]);
    }
    goOn();
    expect((await first).status).toBe(200);
    expect(await underWay()).toBe(0);
    expect(await refused()).toEqual({ load: 3 });
    const { value } = await scrape(server.metricsUrl);
    // What an alert takes away from these.
    expect(value("learngraph_errors_total", { code: "SERVICE_UNAVAILABLE" })).toBe(3);
    expect(await told()).toEqual([
      expect.objectContaining({
        level: "warn",
        refused: { load: 3, passwords: 0, budget: 0, attempts: 0, connections: 0, subscriptions: 0 },
        askers: { "address:192.0.2.1": 3 },
        operations: 1,
        waitingStatements: 0,
        eventLoopDelayMs: expect.any(Number) as number,
      }),
    ]);
  });

  it("for a budget that is used up name the account, or the network of who is not signed in, on every way to an answer", async () => {
    await start({ budget: new CostBudget({ limit: 6, restoreRate: 0.001 }) });
    const viewer = await createViewer(database);
    const { token } = await server.services.tokens.signAccess(viewer);
    const statuses: number[] = [];
    // Four times two objects, then kept answers at one each: the last ones are repeats.
    for (let time = 0; time < 8; time++) {
      statuses.push((await ask(topics, "2001:db8::7", { accept: "application/json" })).status);
    }
    const limited = statuses.filter(status => status === 429).length;
    expect(limited).toBeGreaterThan(1);
    const bearer = { authorization: `Bearer ${token}` };
    const dear = "{ topics(first: 50) { nodes { slug } } }";
    for (let time = 0; time < 2; time++) expect((await ask(dear, "2001:db8::7", bearer)).status).toBe(429);
    expect(await refused()).toEqual({ budget: limited + 2 });
    const [line] = await told();
    expect(line).toMatchObject({
      refused: { load: 0, budget: limited + 2 },
      askers: { "address:2001:db8:0:0": limited, [`account:${viewer.userId}`]: 2 },
    });
    expect(JSON.stringify(line)).not.toContain(token);
  });

  it("for connections beyond the limit name the network", async () => {
    await start({ live: { maxConnectionsPerAddress: 1 } });
    const live = openLive(server.url, { headers: { "x-forwarded-for": "192.0.2.8" } });
    void live.follow("subscription { catalogChanged { __typename } }");
    while ((await scrape(server.metricsUrl)).value("learngraph_live_connections") === 0) {
      await new Promise(resolve => setTimeout(resolve, 10));
    }
    expect(await handshake(server.url, { "x-forwarded-for": "192.0.2.8" })).toBe(429);
    // Refused for another reason.
    expect(await handshake(server.url, { origin: "https://evil.example" })).toBe(403);
    expect(await refused()).toEqual({ connections: 1 });
    await live.close();
    expect((await told()).map(({ askers }) => askers)).toEqual([{ "address:192.0.2.8": 1 }]);
  });

  it("for subscriptions beyond the limit of a connection name the network", async () => {
    await start();
    const live = openLive(server.url, { headers: { "x-forwarded-for": "192.0.2.8" } });
    const followed = Array.from({ length: 21 }, () => live.follow("subscription { catalogChanged { __typename } }"));
    expect(await followed[20]!.ended).toMatchObject([{ extensions: { code: "RATE_LIMITED" } }]);
    expect(await refused()).toEqual({ subscriptions: 1 });
    await live.close();
    expect((await told()).map(({ askers }) => askers)).toEqual([{ "address:192.0.2.8": 1 }]);
  });

  it("for passwords, while too many wait to be checked, name the network and are no faults", async () => {
    let goOn: (hash: string) => void = () => undefined;
    jest.spyOn(argon2, "hash").mockReturnValueOnce(new Promise(resolve => (goOn = resolve)));
    await start({ services: { passwords: createPasswordService({ ...cheap, concurrency: 1, queue: 0 }) } });
    const first = server.services.passwords.hash("correct-Horse-7-battery", "192.0.2.1");
    const account = 'email: "somebody@example.org", password: "correct-Horse-7-battery"';
    for (const query of [
      `mutation { signIn(input: { ${account} }) { userErrors { code } } }`,
      `mutation { signUp(input: { ${account}, displayName: "Somebody" }) { userErrors { code } } }`,
    ]) {
      const { status, errors } = await ask(query, "192.0.2.9");
      expect([status, errors?.[0]?.extensions.code]).toEqual([503, "SERVICE_UNAVAILABLE"]);
    }
    goOn("a hash");
    await first;
    expect(await refused()).toEqual({ passwords: 2 });
    const { value } = await scrape(server.metricsUrl);
    // What an alert takes away from these.
    expect(value("learngraph_errors_total", { code: "SERVICE_UNAVAILABLE" })).toBe(2);
    expect(await told()).toMatchObject([{ refused: { passwords: 2 }, askers: { "address:192.0.2.9": 2 } }]);
    expect(server.log.filter(line => line.includes("fault"))).toEqual([]);
  });

  it("for too many attempts name the network and never the email, and each sign-in is counted by how it ended", async () => {
    await start();
    const email = "somebody@example.org";
    const password = "correct-Horse-7-battery";
    await createUser(database, {
      email,
      emailKey: email,
      passwordHash: await server.services.passwords.hash(password, "::1"),
    });
    const signIn = (given: string) =>
      `mutation { signIn(input: { email: "${email}", password: "${given}" }) { userErrors { code } } }`;
    const signIns = async () => {
      const { value } = await scrape(server.metricsUrl);
      return ["ok", "refused"].map(outcome => value("learngraph_sign_ins_total", { outcome }));
    };
    expect(await signIns()).toEqual([0, 0]);
    expect((await ask(signIn(password), "192.0.2.9")).data?.signIn.userErrors).toEqual([]);
    expect(await signIns()).toEqual([1, 0]);
    for (let time = 0; time < 9; time++) {
      const { status, data } = await ask(signIn("another-Staple-8-horses"), "192.0.2.9");
      expect([status, data?.signIn.userErrors[0]?.code]).toEqual([200, "INVALID_CREDENTIALS"]);
    }
    expect(await refused()).toEqual({});
    for (let time = 0; time < 2; time++) expect((await ask(signIn(password), "192.0.2.9")).status).toBe(429);
    expect(await signIns()).toEqual([1, 9]);
    expect(await refused()).toEqual({ attempts: 2 });
    const [line] = await told();
    expect(line).toMatchObject({ refused: { attempts: 2 }, askers: { "address:192.0.2.9": 2 } });
    expect(server.log.join("\n")).not.toContain(email);
  });
});

describe("The log", () => {
  it("has addresses in the line of refusals alone", async () => {
    await start({ budget: new CostBudget({ limit: 3, restoreRate: 0.001 }) });
    for (let time = 0; time < 4; time++) await ask(topics, "198.51.100.77");
    expect(await told()).toHaveLength(1);
    const others = server.log.filter(line => !line.includes("requests were refused"));
    expect(others.length).toBeGreaterThan(3);
    expect(others.filter(line => /198\.51\.100\.77|127\.0\.0\.1|::1/.test(line))).toEqual([]);
  });
});
