// Answers that servers share, against a model: three servers hear of changes late and each at its own pace, lose their connections and find them
// again; transactions begin and end in any order; what is read may come from a standby; the database crashes and gives numbers of transactions again;
// Redis loses keys, takes writes back, fails and hangs. No answer that is given is older than what its server had heard.
import fc from "fast-check";
import { OperationTypeNode } from "graphql";
import { ChangePositions } from "../../src/db/change-positions";
import { OperationFacts } from "../../src/request/operation-record";
import { Reads } from "../../src/request/reads";
import { answerOf, bodyOf, ResponseCache, type CachedAnswer } from "../../src/server/response-cache";
import { SharedAnswers } from "../../src/server/shared-answers";
import { FakeFeed } from "../support/fake-feed";

const query = "query Page { topics { totalCount } }";
const facts = new OperationFacts("Page", OperationTypeNode.QUERY, query);
const topics = 2;
const instances = 3;

type Question = readonly number[] | "all";
type Step =
  | { do: "ask"; instance: number; question: Question; place: number }
  | { do: "serve" | "deliver" | "end"; which: number }
  | { do: "begin"; topic: number | null }
  | { do: "hear"; instance: number; named: boolean }
  | { do: "lose" | "reconnect" | "restart"; instance: number }
  | { do: "forget"; part: number }
  | { do: "wait"; milliseconds: number }
  | { do: "Redis"; is: "there" | "failing" | "hanging" }
  | { do: "settle" | "back up" | "restore" | "crash" };

const instance = fc.nat({ max: instances - 1 });
const part = fc.double({ min: 0, max: 1, noNaN: true });
const only = <const T extends string>(name: T) => fc.constant({ do: name });
const one = <const T extends string, const V extends object>(name: T, values: { [K in keyof V]: fc.Arbitrary<V[K]> }) =>
  fc.record({ do: fc.constant(name), ...values }) as unknown as fc.Arbitrary<{ do: T } & V>;
const step = fc.oneof(
  {
    weight: 14,
    arbitrary: one("ask", {
      instance,
      question: fc.oneof(fc.subarray([0, 1], { minLength: 1 }), fc.constant("all" as const)),
      place: part,
    }),
  },
  { weight: 16, arbitrary: one("serve", { which: fc.nat() }) },
  { weight: 16, arbitrary: one("deliver", { which: fc.nat() }) },
  { weight: 4, arbitrary: one("begin", { topic: fc.option(fc.nat({ max: topics - 1 })) }) },
  { weight: 5, arbitrary: one("end", { which: fc.nat() }) },
  { weight: 12, arbitrary: one("hear", { instance, named: fc.boolean() }) },
  { weight: 1, arbitrary: one("lose", { instance }) },
  { weight: 6, arbitrary: one("reconnect", { instance }) },
  { weight: 1, arbitrary: one("restart", { instance }) },
  { weight: 6, arbitrary: one("wait", { milliseconds: fc.constantFrom(20, 50, 100, 1_000) }) },
  { weight: 14, arbitrary: only("settle") },
  { weight: 1, arbitrary: one("forget", { part }) },
  { weight: 1, arbitrary: only("back up") },
  { weight: 1, arbitrary: only("restore") },
  { weight: 2, arbitrary: one("Redis", { is: fc.constantFrom("there", "there", "there", "failing", "hanging") }) },
  { weight: 1, arbitrary: only("crash") },
) as fc.Arbitrary<Step>;

/** A message on its way, or its answer on the way back. */
interface Exchange {
  readonly serve: () => unknown;
  readonly settle: { resolve(value: unknown): void; reject(error: unknown): void };
  answer?: { value: unknown } | { error: unknown };
}

class Network {
  readonly #exchanges: Exchange[] = [];

  send<T>(serve: () => T): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.#exchanges.push({ serve, settle: { resolve: resolve, reject } });
    });
  }

  serve(which: number): void {
    const waiting = this.#exchanges.filter(({ answer }) => !answer);
    const exchange = waiting[which % Math.max(1, waiting.length)];
    if (!exchange) return;
    try {
      exchange.answer = { value: exchange.serve() };
    } catch (error) {
      exchange.answer = { error };
    }
  }

  deliver(which: number): void {
    const served = this.#exchanges.filter(({ answer }) => answer);
    const exchange = served[which % Math.max(1, served.length)];
    if (!exchange?.answer) return;
    this.#exchanges.splice(this.#exchanges.indexOf(exchange), 1);
    if ("value" in exchange.answer) exchange.settle.resolve(exchange.answer.value);
    else exchange.settle.reject(exchange.answer.error);
  }

  get isQuiet(): boolean {
    return this.#exchanges.length === 0;
  }
}

type Announced = { topic: number; commits: number } | { ping: number };

/** With the numbers of transactions, and snapshots, as PostgreSQL has them. */
class FakeDatabase {
  /** Of each committed change, the topic, in their order. */
  readonly changes: number[] = [];
  /** What was announced, in the order of the commits. */
  readonly announced: Announced[] = [];
  history = 0;
  #next = 100;
  #lastEnded = 99;
  /** The last number that a change has: what others had may be given again. */
  #lastWritten = 99;
  pings = 0;
  running: { id: number; topic: number | null }[] = [];

  version(topic: number, commits: number): number {
    return this.changes.slice(0, commits).filter(changed => changed === topic).length;
  }

  begin(topic: number | null): void {
    this.running.push({ id: this.#next++, topic });
  }

  end(which: number): void {
    const [ended] = this.running.splice(which % Math.max(1, this.running.length), 1);
    if (!ended) return;
    this.#lastEnded = Math.max(this.#lastEnded, ended.id);
    if (ended.topic === null) return;
    this.#lastWritten = Math.max(this.#lastWritten, ended.id);
    this.changes.push(ended.topic);
    this.announced.push({ topic: ended.topic, commits: this.changes.length });
  }

  /** The row of the statement that asks for a position. */
  position() {
    const next = this.#lastEnded + 1;
    const ended = next - this.running.filter(({ id }) => id < next).length;
    return { history: String(this.history), ended: String(ended) };
  }

  say(ping: number): void {
    this.#lastEnded = this.#next++;
    this.announced.push({ ping });
  }

  /** What was running is gone, and numbers of which nothing was written are given again. */
  crash(): void {
    this.running = [];
    this.#next = this.#lastWritten + 1;
    this.#lastEnded = this.#lastWritten;
    this.history++;
  }
}

class FakeRedis {
  #keys = new Map<string, Buffer>();
  #backup = new Map<string, Buffer>();
  is: "there" | "failing" | "hanging" = "there";
  readonly #network: Network;

  constructor(network: Network) {
    this.#network = network;
  }

  getBuffer(key: string): Promise<Buffer | null> {
    return this.#ask(() => this.#keys.get(key) ?? null);
  }

  set(key: string, value: Buffer): Promise<"OK"> {
    return this.#ask(() => {
      this.#keys.set(key, value);
      return "OK" as const;
    });
  }

  forget(share: number): void {
    this.#keys = new Map([...this.#keys].filter((_, index) => index >= this.#keys.size * share));
  }

  backUp(): void {
    this.#backup = new Map(this.#keys);
  }

  restore(): void {
    this.#keys = new Map(this.#backup);
  }

  #ask<T>(work: () => T): Promise<T> {
    if (this.is === "hanging") return new Promise(() => undefined);
    return this.#network.send(() => {
      if (this.is === "failing") throw new Error("Connection is closed.");
      return work();
    });
  }
}

class Instance {
  readonly feed: FakeFeed & { readHeard?: unknown } = new FakeFeed();
  readonly cache = new ResponseCache(this.feed, 1_000_000);
  readonly positions: ChangePositions;
  readonly shared: SharedAnswers;
  readonly #database: FakeDatabase;
  readonly #network: Network;
  readonly #waiting = new Map<number, (isHeard: boolean) => void>();
  #next: number;
  /** How many changes it has heard of, or knows that it has missed. */
  heard: number;

  constructor(database: FakeDatabase, redis: FakeRedis, network: Network) {
    this.#next = database.announced.length;
    this.heard = database.changes.length;
    this.#database = database;
    this.#network = network;
    this.positions = new ChangePositions({
      subscribe: listener => this.feed.subscribe(listener),
      readHeard: <Row>() => this.#readHeard() as Promise<Row | null>,
    });
    this.shared = new SharedAnswers({
      redis: redis,
      positions: this.positions,
      cache: this.cache,
      edition: [],
      budget: undefined,
    });
  }

  async #readHeard() {
    if (!this.feed.isProven) return null;
    const ping = this.#database.pings++;
    const heard = new Promise<boolean>(resolve => this.#waiting.set(ping, resolve));
    // Its state is older than what it says.
    const row = await this.#network.send(() => this.#database.position());
    await this.#network.send(() => this.#database.say(ping));
    return (await heard) ? row : null;
  }

  hear(named: boolean): void {
    if (!this.feed.isProven) return;
    const announced = this.#database.announced[this.#next];
    if (!announced) return;
    this.#next++;
    if ("ping" in announced) return this.#waiting.get(announced.ping)?.(true);
    this.heard = announced.commits;
    this.feed.announce(named ? [String(announced.topic)] : "all");
  }

  get isBehind(): boolean {
    return this.feed.isProven && this.#next < this.#database.announced.length;
  }

  lose(): void {
    if (!this.feed.isProven) return;
    for (const tell of this.#waiting.values()) tell(false);
    this.#waiting.clear();
    this.feed.connect(false);
  }

  reconnect(): void {
    if (this.feed.isProven) return;
    this.#next = this.#database.announced.length;
    this.heard = this.#database.changes.length;
    this.feed.connect(true);
    this.feed.announce("all");
  }

  stop(): void {
    this.positions.stop();
    this.cache.stop();
  }
}

interface Counts {
  kept: number;
  shared: number;
}

async function run(steps: readonly Step[], counts: Counts): Promise<void> {
  const network = new Network();
  const database = new FakeDatabase();
  const redis = new FakeRedis(network);
  const start = () => new Instance(database, redis, network);
  const servers = Array.from({ length: instances }, start);
  const failures: unknown[] = [];

  function check(server: Instance, { head, commonTail }: CachedAnswer, least: readonly number[]): void {
    const { data } = JSON.parse(bodyOf({ head } as CachedAnswer, commonTail).toString()) as {
      data: Record<string, number>;
    };
    for (const [topic, version] of Object.entries(data)) {
      expect(version).toBeGreaterThanOrEqual(least[Number(topic)] ?? 0);
      expect(version).toBeGreaterThanOrEqual(database.version(Number(topic), server.heard));
    }
  }

  async function ask(server: Instance, question: Question, place: number): Promise<void> {
    const key = String(question);
    const least = Array.from({ length: topics }, (_, topic) => database.version(topic, server.heard));
    const kept = server.cache.get(key, true);
    if (kept) {
      counts.kept++;
      return check(server, kept, least);
    }
    if (await server.shared.fetch(key, { query })) {
      const found = server.cache.get(key, true);
      expect(found).not.toBeNull();
      counts.shared++;
      return check(server, found!, least);
    }
    const [making, reads] = [server.cache.begin(), new Reads()];
    const data: Record<string, number> = {};
    if (question === "all") reads.all("Topic");
    for (const topic of question === "all" ? least.keys() : question) {
      reads.entity("Topic", topic);
      const { heard } = server;
      // From the primary, or from a standby that has at least what was heard.
      data[topic] = await network.send(() =>
        database.version(topic, heard + Math.ceil((database.changes.length - heard) * place)),
      );
    }
    const answer = answerOf({ json: JSON.stringify(data), reads, maxAge: 60, cost: 1, facts }, undefined);
    if (server.cache.keep(key, answer, reads, making, true)) server.shared.put(key, answer, reads);
  }

  async function settle(): Promise<void> {
    for (let round = 0; round < 200; round++) {
      await new Promise(setImmediate);
      jest.advanceTimersByTime(5);
      network.serve(0);
      network.deliver(0);
      for (const server of servers) server.hear(true);
      if (network.isQuiet && !servers.some(server => server.isBehind)) return;
    }
  }

  const reactions: { [Name in Step["do"]]: (step: Extract<Step, { do: Name }>) => unknown } = {
    ask: ({ instance: which, question, place }) => {
      ask(servers[which]!, question, place).catch((error: unknown) => failures.push(error));
    },
    serve: ({ which }) => network.serve(which),
    deliver: ({ which }) => network.deliver(which),
    begin: ({ topic }) => database.begin(topic),
    end: ({ which }) => database.end(which),
    hear: ({ instance: which, named }) => servers[which]!.hear(named),
    lose: ({ instance: which }) => servers[which]!.lose(),
    reconnect: ({ instance: which }) => servers[which]!.reconnect(),
    restart: ({ instance: which }) => {
      servers[which]!.lose();
      servers[which]!.stop();
      servers[which] = start();
    },
    forget: step => redis.forget(step.part),
    wait: ({ milliseconds }) => jest.advanceTimersByTime(milliseconds),
    Redis: ({ is }) => void (redis.is = is),
    settle,
    "back up": () => redis.backUp(),
    restore: () => redis.restore(),
    crash: () => {
      database.crash();
      for (const server of servers) server.lose();
    },
  };
  await settle();
  for (const each of steps) {
    await (reactions[each.do] as (step: Step) => unknown)(each);
    await new Promise(setImmediate);
    if (failures.length > 0) throw failures[0];
  }
  for (const server of servers) server.stop();
}

beforeEach(() => {
  jest.useFakeTimers({
    doNotFake: ["setImmediate", "clearImmediate", "nextTick", "queueMicrotask"],
    // Not about to be another day.
    now: new Date("2026-06-24T12:00:00Z"),
  });
});
afterEach(() => {
  jest.useRealTimers();
});

it("gives nothing that is older than what its server had heard of before it was asked for", async () => {
  const counts = { kept: 0, shared: 0 };
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 250, maxLength: 500 }), steps => run(steps, counts)),
    { numRuns: 1_000 },
  );
  expect(counts.kept).toBeGreaterThan(300);
  expect(counts.shared).toBeGreaterThan(150);
}, 120_000);

describe("An answer of another server", () => {
  const there = { history: "one", ended: 100 };
  const budget = { limit: 1_000, restoreRate: 10 };

  /** @param store of Redis, by key. */
  function openServer(
    store: Map<string, Buffer>,
    {
      edition = ["1"],
      reached = there,
      ...given
    }: { edition?: readonly string[]; reached?: typeof there; budget?: typeof budget } = {},
  ) {
    const feed = new FakeFeed();
    const cache = new ResponseCache(feed, 50_000_000);
    const asked: string[] = [];
    const state: { redis: "there" | "hanging" | "full" } = { redis: "there" };
    const answer = <T>(value: () => T): Promise<T> =>
      state.redis === "hanging" ? new Promise(() => undefined) : Promise.resolve().then(value);
    const redis = {
      getBuffer: (key: string) => {
        asked.push(key);
        return answer(() => store.get(key) ?? null);
      },
      set: (key: string, value: Buffer, ...expiry: unknown[]) => {
        expect(expiry).toEqual(["EX", 3_600]);
        return answer(() => {
          if (state.redis === "full") throw Object.assign(new Error("OOM"), { name: "ReplyError" });
          store.set(key, value);
        });
      },
    };
    const covers = ({ history, ended }: typeof there) => history === reached.history && ended >= reached.ended;
    const shared = new SharedAnswers({
      redis: redis as never,
      positions: { reached, covers, next: () => Promise.resolve(reached) },
      ...{ cache, edition, budget: given.budget },
    });
    return {
      ...{ cache, shared, asked, state, feed },
      put: async (
        key: string,
        { text = "x", note, meanwhile }: { text?: string; note?: (reads: Reads) => void; meanwhile?: () => void } = {},
      ) => {
        const reads = new Reads();
        note?.(reads);
        const made = { json: JSON.stringify({ text }), reads, maxAge: 60, cost: 7, facts };
        const report = given.budget && { cost: { requested: 7, ...given.budget } };
        const kept = answerOf(made, report);
        cache.keep(key, kept, reads, cache.begin(), true);
        shared.put(key, kept, reads);
        meanwhile?.();
        jest.advanceTimersByTime(100);
        await new Promise(setImmediate);
        return kept;
      },
      fetch: async (key: string) => ((await shared.fetch(key, { query })) ? cache.get(key, true) : null),
    };
  }
  const another = (store: Map<string, Buffer>, options = {}) => openServer(store, options).fetch("key");

  it("is the same, with all that is known of it", async () => {
    const store = new Map<string, Buffer>();
    const { put } = openServer(store, { budget });
    const note = (reads: Reads) => {
      for (const id of [1, 2]) reads.entity("Topic", id);
      reads.all("Tool");
      reads.viewer();
      reads.day(new Date());
    };
    const made = await put("key", { text: "naïve\n", note });
    const { cache, fetch } = openServer(store, { budget });
    const found = await fetch("key");
    expect(found).toMatchObject({ ...made, facts: found?.facts, isForAnonymous: true, maxAge: null });
    expect(made.tags).toEqual(["Tool", "Topic:1", "Topic:2"]);
    expect(found?.facts).toMatchObject({ name: "Page", type: "query", documentId: facts.documentId });
    expect(cache.get("key", false)).toBeNull();
    jest.setSystemTime(Date.now() + 86_400_000);
    expect([cache.get("key", true), await another(store, { budget })]).toEqual([null, null]);
  });

  it("is none of another program, schema, database or budget, nor one to another question", async () => {
    const store = new Map<string, Buffer>();
    await openServer(store).put("key");
    expect(await another(store)).not.toBeNull();
    expect(await another(store, { edition: ["2"] })).toBeNull();
    expect(await another(store, { reached: { history: "two", ended: 100 } })).toBeNull();
    expect(await another(store, { budget })).toBeNull();
    expect(await another(store, { reached: { history: "one", ended: 101 } })).toBeNull();
    expect(await openServer(store).fetch("another key")).toBeNull();
    const [stored] = store.keys();
    expect(stored).toMatch(/^answer:[\w-]{43}$/);
  });

  it("is not there when it is damaged", async () => {
    const store = new Map<string, Buffer>();
    await openServer(store).put("key", { note: reads => reads.entity("Topic", 1) });
    const [[name, whole]] = [...store] as [[string, Buffer]];
    const line = whole.indexOf("\n");
    const damaged = [
      ...[0, 1, line - 1, line, line + 1, whole.length - 1].map(length => whole.subarray(0, length)),
      Buffer.concat([whole, Buffer.from("}")]),
      Buffer.from(whole.toString().replace('"ended":100', '"ended":"100"')),
      Buffer.from(whole.toString().replace("Topic:1", "Topic:one")),
      Buffer.from(whole.toString().replace("Topic:1", "Nobody:1")),
      Buffer.from(whole.toString().replace('"x"', '"y"')),
      Buffer.from([0xff, 0xfe, 0x0a, 0x00]),
      Buffer.from("{}\n{}"),
      // Of another key, as after a slip of somebody in between.
      Buffer.from(whole.toString().replace(name, `${name.slice(0, -1)}-`)),
    ];
    for (const value of damaged) {
      store.set(name, value);
      expect(await another(store)).toBeNull();
    }
    store.set(name, whole);
    expect(await another(store)).not.toBeNull();
  });

  it("is not written when it is large, or when something in it has changed meanwhile", async () => {
    const store = new Map<string, Buffer>();
    const { put, state, feed, cache } = openServer(store);
    await put("large", { text: "x".repeat(1_048_576) });
    const note = (reads: Reads) => reads.entity("Topic", 1);
    await put("old", { note, meanwhile: () => feed.announce(["1"]) });
    await put("replaced", {
      note,
      meanwhile: () => {
        feed.announce(["1"]);
        const reads = new Reads();
        const newer = answerOf({ json: "{}", reads, maxAge: 60, cost: 1, facts }, undefined);
        expect(cache.keep("replaced", newer, reads, cache.begin(), true)).toBe(true);
      },
    });
    await put("unknown", { note, meanwhile: () => feed.connect(false) });
    feed.connect(true);
    expect(store.size).toBe(0);
    await put("right", { text: "x".repeat(1_000_000), note, meanwhile: () => feed.announce(["2"]) });
    expect(store.size).toBe(1);
    // Written to a Redis that hangs, they would fill the memory.
    state.redis = "hanging";
    for (let number = 0; number < 10; number++) await put(`${number}`, { text: "x".repeat(1_000_000) });
    state.redis = "there";
    await put("behind them", { text: "x".repeat(1_000_000) });
    expect(store.size).toBe(1);
  });

  it("is not waited for when Redis hangs: by those who are on their way for a moment, then by one a second", async () => {
    const store = new Map<string, Buffer>();
    const { put, fetch, asked, state, cache } = openServer(store);
    await put("key");
    cache.stop();
    state.redis = "hanging";
    const waiting = Promise.all([fetch("key"), fetch("key")]);
    jest.advanceTimersByTime(50);
    expect(await waiting).toEqual([null, null]);
    const next = async () => {
      const before = asked.length;
      const found = fetch("key");
      jest.advanceTimersByTime(50);
      return [(await found) !== null, asked.length - before];
    };
    expect([await next(), await next()]).toEqual([
      [false, 0],
      [false, 0],
    ]);
    jest.advanceTimersByTime(1_000);
    const probing = fetch("key");
    expect(await next()).toEqual([false, 0]);
    expect(await probing).toBeNull();
    state.redis = "there";
    await put("not written meanwhile");
    expect(store.size).toBe(1);
    jest.advanceTimersByTime(1_000);
    expect([await next(), await next()]).toEqual([
      [true, 1],
      [true, 1],
    ]);
  });

  it("is still found in a Redis that takes no more", async () => {
    const store = new Map<string, Buffer>();
    const { put, fetch, state } = openServer(store);
    await put("key");
    state.redis = "full";
    await put("another");
    expect([store.size, (await fetch("key")) !== null]).toEqual([1, true]);
  });
});
