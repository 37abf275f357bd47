// The cache against a model: answers are made over time, entities change, announcements come late, in order, or not at all while the
// connection is lost. No answer that is given is older than what was announced before it was asked for.
import fc from "fast-check";
import { OperationTypeNode } from "graphql";
import { Reads } from "../../src/request/reads";
import { OperationFacts } from "../../src/request/operation-record";
import { answerOf, bodyOf, ResponseCache, tailOf } from "../../src/server/response-cache";
import { FakeFeed } from "../support/fake-feed";

const facts = new OperationFacts(null, OperationTypeNode.QUERY, "{ topics { totalCount } }");

const topics = 4;

/** A question is about some topics, or about all of them. */
type Question = readonly number[] | "all";
const question: fc.Arbitrary<Question> = fc.oneof(
  fc.uniqueArray(fc.nat({ max: topics - 1 }), { minLength: 1, maxLength: 3 }),
  fc.constant("all" as const),
);

type Step =
  | { do: "ask"; question: Question }
  | { do: "finish"; which: number }
  | { do: "write"; topic: number }
  | { do: "announce"; named: boolean }
  | { do: "lose" }
  | { do: "reconnect" };
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant("ask" as const), question }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constant("finish" as const), which: fc.nat() }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("write" as const), topic: fc.nat({ max: topics - 1 }) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("announce" as const), named: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("lose" as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("reconnect" as const) }) },
);

/** @returns how many answers were given from the cache. */
function run(steps: readonly Step[], maxBytes: number): number {
  const feed = new FakeFeed();
  const cache = new ResponseCache(feed, maxBytes);
  /** What the database has, and what of it was announced to everybody who listens. */
  const versions = Array.from({ length: topics }, () => 0);
  const announced = [...versions];
  let unannounced: { topic: number; version: number }[] = [];
  const running: (() => void)[] = [];
  let given = 0;
  for (const each of steps) {
    if (each.do === "ask") {
      const asked = each.question;
      const key = String(asked);
      const text = `POST ${key}`;
      const kept = cache.repeated(text) ?? cache.get(key, true);
      if (kept) {
        cache.learn(text, key);
        given++;
        expect(feed.isProven).toBe(true);
        const { data: seen } = JSON.parse(bodyOf(kept, tailOf(undefined)).toString()) as {
          data: Record<string, number>;
        };
        for (const [topic, version] of Object.entries(seen)) {
          expect(version).toBeGreaterThanOrEqual(announced[Number(topic)] ?? 0);
        }
        continue;
      }
      const making = cache.begin();
      const reads = new Reads();
      const read = asked === "all" ? versions.map((_, topic) => topic) : asked;
      if (asked === "all") reads.all("Topic");
      for (const topic of read) reads.entity("Topic", topic);
      const data = Object.fromEntries(read.map(topic => [topic, versions[topic]]));
      running.push(() =>
        cache.keep(
          key,
          answerOf({ json: JSON.stringify(data), reads, maxAge: 60, cost: 1, facts }, undefined),
          reads,
          making,
          true,
        ),
      );
    } else if (each.do === "finish") {
      running.splice(each.which % Math.max(1, running.length), 1)[0]?.();
    } else if (each.do === "write") {
      versions[each.topic]!++;
      unannounced.push({ topic: each.topic, version: versions[each.topic]! });
    } else if (each.do === "announce") {
      const next = unannounced.shift();
      // What is announced while nobody hears it is announced all the same.
      if (!next) continue;
      if (feed.isProven) {
        feed.announce(each.named ? [String(next.topic)] : "all");
        announced[next.topic] = next.version;
      }
    } else if (each.do === "lose") {
      if (feed.isProven) feed.connect(false);
    } else if (!feed.isProven) {
      // Whatever was missed, from now on everything that was committed counts as announced.
      feed.connect(true);
      feed.announce("all");
      unannounced = [];
      announced.splice(0, topics, ...versions);
    }
  }
  return given;
}

describe("ResponseCache", () => {
  it("gives no answer that is older than what was announced before it was asked for", () => {
    let given = 0;
    fc.assert(
      fc.property(fc.array(step, { minLength: 20, maxLength: 200 }), steps => {
        given += run(steps, 1_000_000);
      }),
      { numRuns: 500 },
    );
    expect(given).toBeGreaterThan(150);
  });

  const kept = (
    cache: ResponseCache,
    key: string,
    { text = "{}", note }: { text?: string; note?: (reads: Reads) => void } = {},
    isAnonymous = true,
  ) => {
    const reads = new Reads();
    note?.(reads);
    cache.keep(
      key,
      answerOf({ json: JSON.stringify({ text }), reads, maxAge: 60, cost: 1, facts }, undefined),
      reads,
      cache.begin(),
      isAnonymous,
    );
    return cache.get(key, true) !== null;
  };

  it("stays within its bytes, the answers that were asked for last staying", () => {
    const cache = new ResponseCache(new FakeFeed(), 100_000);
    for (let i = 0; i < 200; i++) {
      kept(cache, `key ${i}`, { text: "x".repeat(2_000), note: reads => reads.entity("Topic", i) });
      cache.get("key 0", true);
    }
    expect(cache.size.bytes).toBeLessThanOrEqual(100_000);
    expect(cache.size.answers).toBeGreaterThan(20);
    expect([cache.get("key 0", true), cache.get("key 1", true), cache.get("key 199", true)].map(Boolean)).toEqual([
      true,
      false,
      true,
    ]);
    expect(kept(cache, "too large", { text: "x".repeat(200_000) })).toBe(false);
  });

  it("knows some requests that an answer is for by their text, as long as it is there and for them", () => {
    const feed = new FakeFeed();
    const cache = new ResponseCache(feed, 1_000_000);
    const learned = (texts: readonly string[], key: string) => {
      for (const text of texts) cache.learn(text, key);
      return texts.map(text => cache.repeated(text) !== null);
    };
    kept(cache, "one", { note: reads => reads.entity("Topic", 1) });
    kept(cache, "two", { note: reads => reads.entity("Topic", 2) });
    expect(learned(["a", "b", "c", "d", "e"], "one")).toEqual([true, true, true, true, false]);
    expect(learned(["f"], "two")).toEqual([true]);
    expect(learned(["g"], "never kept")).toEqual([false]);
    feed.announce(["1"]);
    expect([cache.repeated("a"), cache.repeated("f")].map(Boolean)).toEqual([false, true]);
    kept(cache, "one", { note: reads => reads.entity("Topic", 1) });
    expect(cache.repeated("a")).toBeNull();
    // Another answer in the place of the one that the text was learned for.
    kept(cache, "two", { text: "newer", note: reads => reads.entity("Topic", 2) });
    expect(cache.repeated("f")).toBeNull();
    expect(learned(["f"], "two")).toEqual([true]);
    feed.connect(false);
    expect(cache.repeated("f")).toBeNull();
  });

  it("keeps an answer that is only found by the text of requests as one that is used", () => {
    const cache = new ResponseCache(new FakeFeed(), 100_000);
    kept(cache, "used", { text: "x".repeat(2_000) });
    cache.learn("POST used", "used");
    for (let i = 0; i < 200; i++) {
      kept(cache, `key ${i}`, { text: "x".repeat(2_000) });
      expect(cache.repeated("POST used")).not.toBeNull();
    }
  });

  it("learns new texts when there are too many", () => {
    const cache = new ResponseCache(new FakeFeed(), 10_000_000);
    for (let i = 0; i < 50; i++) {
      kept(cache, `key ${i}`);
      cache.learn(`${i} ${"x".repeat(100_000)}`, `key ${i}`);
      expect(cache.repeated(`${i} ${"x".repeat(100_000)}`)).not.toBeNull();
    }
    expect(cache.repeated(`0 ${"x".repeat(100_000)}`)).toBeNull();
  });

  it("keeps nothing that was read in a way it does not know, nor what is one person's", () => {
    const cache = new ResponseCache(new FakeFeed(), 100_000);
    expect(kept(cache, "opaque", { note: reads => reads.opaque() })).toBe(false);
    expect(kept(cache, "hers", { note: reads => reads.viewer() }, false)).toBe(false);
    expect(kept(cache, "a guest's", { note: reads => reads.viewer() })).toBe(true);
    expect(cache.get("a guest's", false)).toBeNull();
    expect(kept(cache, "everybody's", {}, false)).toBe(true);
  });

  it("gives what was asked of a day on that day alone, in UTC, also when the clock is set back", () => {
    jest.useFakeTimers({ now: new Date("2026-06-24T23:59:50Z") });
    try {
      const cache = new ResponseCache(new FakeFeed(), 100_000);
      kept(cache, "of today", { note: reads => reads.day(new Date()) });
      kept(cache, "of any day");
      jest.setSystemTime(new Date("2026-06-24T23:59:59Z"));
      expect(cache.get("of today", true)).not.toBeNull();
      jest.setSystemTime(new Date("2026-06-25T00:00:00Z"));
      expect([cache.get("of today", true), cache.get("of any day", true)].map(Boolean)).toEqual([false, true]);
      kept(cache, "of tomorrow", { note: reads => reads.day(new Date()) });
      jest.setSystemTime(new Date("2026-06-24T23:59:59Z"));
      expect([cache.get("of tomorrow", true), cache.get("of any day", true)].map(Boolean)).toEqual([false, true]);
      // A request that began before the clock was set back over midnight.
      kept(cache, "of tomorrow", { note: reads => reads.day(new Date("2026-06-25T00:00:00Z")) });
      expect(cache.get("of tomorrow", true)).toBeNull();
    } finally {
      jest.useRealTimers();
    }
  });

  it("takes what began before more changes than it remembers for out of date", () => {
    const feed = new FakeFeed();
    const cache = new ResponseCache(feed, 100_000);
    const [reads, making] = [new Reads(), cache.begin()];
    reads.entity("Topic", 1);
    for (let i = 10; i < 30_000; i++) feed.announce([String(i)]);
    cache.keep("old", answerOf({ json: "{}", reads, maxAge: 60, cost: 1, facts }, undefined), reads, making, true);
    expect(cache.get("old", true)).toBeNull();
    expect(kept(cache, "new", { note: noted => noted.entity("Topic", 1) })).toBe(true);
  });
});
