// The replica and the cache over it against a model: transactions commit, are announced late or not at all, and are replayed by the standby even
// later; every message of the two servers takes its time; the standby restarts at an older state, is promoted, says nothing. What is read from it
// is never older than what was announced before the reading began, and neither is what is kept of it.
import fc from "fast-check";
import { OperationTypeNode } from "graphql";
import { Replica, replicaPatienceMs, type ReplicaConnection, type ReplicaPool } from "../../src/db/replica";
import { Reads } from "../../src/request/reads";
import { OperationFacts } from "../../src/request/operation-record";
import { answerOf, bodyOf, ResponseCache } from "../../src/server/response-cache";
import { FakeFeed } from "../support/fake-feed";

const facts = new OperationFacts(null, OperationTypeNode.QUERY, "{ topics { totalCount } }");
const topics = 3;
const connections = 2;

type Step =
  | { do: "ask"; topics: readonly number[]; connection: number }
  | { do: "keep" | "serve" | "deliver"; which: number }
  | { do: "write"; topic: number }
  | { do: "replay"; part: number }
  | { do: "restart"; part: number }
  | { do: "wait"; milliseconds: number }
  | { do: "settle" | "write elsewhere" | "announce" | "lose" | "reconnect" | "promote" | "repair" };

const only = <const T extends string>(name: T) => fc.constant({ do: name });
const numbered = <const T extends string>(name: T) => fc.record({ do: fc.constant(name), which: fc.nat() });
const part = fc.double({ min: 0, max: 1, noNaN: true });
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant("ask" as const),
      topics: fc.uniqueArray(fc.nat({ max: topics - 1 }), { minLength: 1, maxLength: 2 }),
      connection: fc.nat({ max: connections - 1 }),
    }),
  },
  { weight: 5, arbitrary: numbered("keep") },
  { weight: 12, arbitrary: numbered("serve") },
  { weight: 12, arbitrary: numbered("deliver") },
  { weight: 10, arbitrary: only("settle") },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("write" as const), topic: fc.nat({ max: topics - 1 }) }) },
  { weight: 1, arbitrary: only("write elsewhere") },
  { weight: 4, arbitrary: only("announce") },
  { weight: 5, arbitrary: fc.record({ do: fc.constant("replay" as const), part }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("restart" as const), part }) },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant("wait" as const), milliseconds: fc.constantFrom(20, 500, 15_000) }),
  },
  { weight: 1, arbitrary: only("lose") },
  { weight: 3, arbitrary: only("reconnect") },
  { weight: 1, arbitrary: only("promote") },
  { weight: 3, arbitrary: only("repair") },
);

/** A message on its way to a server, or its answer on the way back. */
interface Exchange {
  /** At the server. Throws what the server, or the connection, says instead. */
  readonly serve: () => unknown;
  readonly settle: { resolve(value: unknown): void; reject(error: unknown): void };
  answer?: { value: unknown } | { error: unknown };
}

/** Both servers, and whatever is between them and the program. */
class World {
  /** Of each transaction, the topic that it changed; null for something else. */
  readonly written: (number | null)[] = [];
  replayed = 0;
  isStandby = true;
  run = 0;
  connection = 0;
  fromReplica = 0;
  readonly exchanges: Exchange[] = [];
  readonly #pool: { run: number; connection: ReplicaConnection }[] = [];

  /** How often the topic was changed by the first `position` transactions. */
  version(topic: number, position: number): number {
    return this.written.slice(0, position).filter(changed => changed === topic).length;
  }

  send<T>(serve: () => T): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.exchanges.push({ serve, settle: { resolve: resolve, reject } });
    });
  }

  readonly askPrimary = <Row>(): Promise<Row[]> =>
    this.send(() => [{ lsn: String(this.written.length), system: "1", timeline: "1" } as Row]);

  readPrimary(asked: readonly number[]): Promise<number[]> {
    return this.send(() => asked.map(topic => this.version(topic, this.written.length)));
  }

  readonly pool: ReplicaPool = {
    use: work => {
      const known = this.#pool[this.connection];
      if (known?.run === this.run) return work(known.connection);
      const connection = this.#connect(this.run);
      this.#pool[this.connection] = { run: this.run, connection };
      return work(connection);
    },
    close: () => Promise.resolve(),
  };

  /** One message comes to its server. */
  serve(which: number): void {
    const waiting = this.exchanges.filter(({ answer }) => !answer);
    const exchange = waiting[which % Math.max(1, waiting.length)];
    if (!exchange) return;
    try {
      exchange.answer = { value: exchange.serve() };
    } catch (error) {
      exchange.answer = { error };
    }
  }

  /** One answer comes back. */
  deliver(which: number): void {
    const served = this.exchanges.filter(({ answer }) => answer);
    const exchange = served[which % Math.max(1, served.length)];
    if (!exchange?.answer) return;
    this.exchanges.splice(this.exchanges.indexOf(exchange), 1);
    if ("value" in exchange.answer) exchange.settle.resolve(exchange.answer.value);
    else exchange.settle.reject(exchange.answer.error);
  }

  /** Until nothing is on its way any more. */
  async settle(): Promise<void> {
    await new Promise(setImmediate);
    while (this.exchanges.length > 0) {
      this.serve(0);
      this.deliver(0);
      await new Promise(setImmediate);
    }
  }

  #connect(run: number): ReplicaConnection {
    return {
      query: <Row>(text: string, values: readonly unknown[]) =>
        this.send(() => {
          if (run !== this.run) throw Object.assign(new Error("the connection is gone"), { code: "ECONNRESET" });
          if (text.includes("pg_is_in_recovery")) {
            return [{ isStandby: this.isStandby, isThere: this.replayed >= Number(values[0]) } as Row];
          }
          this.fromReplica++;
          return (values as number[]).map(topic => this.version(topic, this.replayed) as Row);
        }),
    };
  }
}

async function run(steps: readonly Step[], counts: { fromReplica: number; fromCache: number }): Promise<void> {
  const world = new World();
  const feed = new FakeFeed();
  const cache = new ResponseCache(feed, 1_000_000);
  const replica = new Replica({ pool: world.pool, askPrimary: world.askPrimary, changes: feed });
  /** How many transactions were announced, or are known to have been missed. */
  let announced = 0;
  const kept: (() => void)[] = [];
  const failures: unknown[] = [];
  /** Of each topic, the version that nobody may see an older one than. */
  const least = (asked: readonly number[]) => asked.map(topic => world.version(topic, announced));
  const isAsNew = (found: readonly number[], than: readonly number[]) =>
    found.forEach((version, index) => expect(version).toBeGreaterThanOrEqual(than[index] ?? 0));

  async function ask(asked: readonly number[]): Promise<void> {
    const key = asked.join();
    const expected = least(asked);
    const found = cache.get(key, true);
    if (found) {
      counts.fromCache++;
      const { data } = JSON.parse(bodyOf(found, found.commonTail).toString()) as { data: { versions: number[] } };
      return isAsNew(data.versions, expected);
    }
    const [making, reads] = [cache.begin(), new Reads()];
    const versions: number[] = [];
    // A statement for each, one after the other.
    for (const topic of asked) {
      reads.entity("Topic", topic);
      const atLeast = least([topic]);
      const statement = { text: "content", values: [topic] };
      const rows = (await replica.query<number>(statement)) ?? (await world.readPrimary([topic]));
      isAsNew(rows, atLeast);
      versions.push(...rows);
    }
    kept.push(() =>
      cache.keep(
        key,
        answerOf({ json: JSON.stringify({ versions }), reads, maxAge: 60, cost: 1, facts }, undefined),
        reads,
        making,
        true,
      ),
    );
  }

  const reactions: { [Name in Step["do"]]: (step: Extract<Step, { do: Name }>) => unknown } = {
    ask: ({ topics: asked, connection }) => {
      world.connection = connection;
      ask(asked).catch((error: unknown) => failures.push(error));
    },
    keep: ({ which }) => kept.splice(which % Math.max(1, kept.length), 1)[0]?.(),
    serve: ({ which }) => world.serve(which),
    deliver: ({ which }) => world.deliver(which),
    settle: () => world.settle(),
    write: ({ topic }) => void world.written.push(topic),
    "write elsewhere": () => void world.written.push(null),
    announce: () => {
      while (world.written[announced] === null) announced++;
      const topic = world.written[announced];
      if (topic === undefined || topic === null || !feed.isProven) return;
      feed.announce([String(topic)]);
      announced++;
    },
    lose: () => {
      if (feed.isProven) feed.connect(false);
    },
    reconnect: () => {
      if (feed.isProven) return;
      feed.connect(true);
      feed.announce("all");
      announced = world.written.length;
    },
    replay: step => {
      world.replayed += Math.round((world.written.length - world.replayed) * step.part);
    },
    restart: step => {
      world.run++;
      world.replayed = Math.round(world.replayed * step.part);
    },
    promote: () => void (world.isStandby = false),
    repair: () => void (world.isStandby = true),
    wait: ({ milliseconds }) => jest.advanceTimersByTime(milliseconds),
  };
  for (const each of steps) {
    await (reactions[each.do] as (step: Step) => unknown)(each);
    await new Promise(setImmediate);
    if (failures.length > 0) throw failures[0];
  }
  counts.fromReplica += world.fromReplica;
  cache.stop();
  await replica.close();
}

beforeEach(() => {
  jest.useFakeTimers({ doNotFake: ["setImmediate", "clearImmediate", "nextTick", "queueMicrotask", "performance"] });
});
afterEach(() => {
  jest.useRealTimers();
});

it("gives nothing that is older than what was announced before it was asked for, nor lets it be kept", async () => {
  const counts = { fromReplica: 0, fromCache: 0 };
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 100, maxLength: 400 }), steps => run(steps, counts)),
    { numRuns: 500 },
  );
  expect(counts.fromReplica).toBeGreaterThan(300);
  expect(counts.fromCache).toBeGreaterThan(300);
}, 120_000);

describe("A replica", () => {
  const statement = { text: "content", values: [0] };
  let world: World;
  let feed: FakeFeed;
  let uses: [boolean, string][];
  let replica: Replica;
  beforeEach(() => {
    [world, feed, uses] = [new World(), new FakeFeed(), []];
    replica = new Replica({
      ...{ pool: world.pool, askPrimary: world.askPrimary, changes: feed },
      onUse: (isUsed, cause) => uses.push([isUsed, cause instanceof Error ? cause.message : ""]),
    });
  });
  afterEach(() => replica.close());

  /** Whether the replica gives rows. */
  async function isUsed(): Promise<boolean> {
    const reading = replica.query(statement);
    await world.settle();
    return (await reading) !== null;
  }
  const isUsedAfter = async (milliseconds: number) => {
    jest.advanceTimersByTime(milliseconds);
    return isUsed();
  };

  it("is asked where it is only when somebody reads, and not while it is known", async () => {
    expect([await isUsed(), await isUsed(), await isUsed()]).toEqual([false, true, true]);
    expect(world.fromReplica).toBe(2);
    jest.advanceTimersByTime(60_000);
    await world.settle();
    expect(world.exchanges).toHaveLength(0);
    expect(uses).toEqual([[true, ""]]);
  });

  it("is not used from a change that was heard until it has it, however long that takes, and then again", async () => {
    await isUsed();
    expect(await isUsed()).toBe(true);
    world.written.push(0);
    expect(await isUsed()).toBe(true);
    feed.announce(["0"]);
    for (let second = 0; second < 100; second++) expect(await isUsedAfter(1_000)).toBe(false);
    world.replayed = 1;
    await isUsedAfter(1_000);
    expect(await isUsed()).toBe(true);
    expect(uses).toEqual([[true, ""]]);
  });

  it("that says nothing is waited for by those who were on their way, for a moment, and by nobody after them", async () => {
    await isUsed();
    expect(await isUsed()).toBe(true);
    const waiting = [replica.query(statement), replica.query(statement)];
    await new Promise(setImmediate);
    jest.advanceTimersByTime(replicaPatienceMs);
    expect(await Promise.all(waiting)).toEqual([null, null]);
    expect(await replica.query(statement)).toBeNull();
    expect(uses).toEqual([
      [true, ""],
      [false, "the replica does not answer in time"],
    ]);
    world.exchanges.splice(0);
    await isUsedAfter(500);
    expect(await isUsed()).toBe(true);
    expect(uses).toHaveLength(3);
  });

  it("is not believed for ever: one that was promoted, or restarted at an older state, is found out", async () => {
    await isUsed();
    expect(await isUsed()).toBe(true);
    world.isStandby = false;
    expect(await isUsedAfter(10_000)).toBe(false);
    for (let round = 0; round < 5; round++) expect(await isUsedAfter(10_000)).toBe(false);
    expect(uses.map(([used]) => used)).toEqual([true, false]);
    world.isStandby = true;
    world.written.push(0);
    world.replayed = 1;
    feed.announce(["0"]);
    await isUsedAfter(10_000);
    expect(await isUsed()).toBe(true);
    [world.run, world.replayed] = [1, 0];
    expect([await isUsed(), await isUsedAfter(10)]).toEqual([false, false]);
  });

  it("is left out while announcements may be missed", async () => {
    await isUsed();
    expect(await isUsed()).toBe(true);
    feed.connect(false);
    expect([await isUsed(), await isUsed()]).toEqual([false, false]);
    world.written.push(0);
    feed.connect(true);
    expect([await isUsed(), await isUsedAfter(1_000)]).toEqual([false, false]);
    world.replayed = 1;
    await isUsedAfter(1_000);
    expect(await isUsed()).toBe(true);
  });
});
