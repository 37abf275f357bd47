// The change feed over a connection that the test controls, and the streams that subscriptions make of it.
import { ChangeFeed } from "../../src/db/change-feed";
import type { ChangeSet } from "../../src/db/change-set";
import type { ChannelListener } from "../../src/db/driver";
import { changeEvents } from "../../src/request/change-events";
import type { RequestContext } from "../../src/request/context";

/** @param answers whether the channel carries what is sent on it. */
function setUp({ answers = true } = {}) {
  let channel: ChannelListener | null = null;
  let ends = 0;
  let failures = 0;
  let asked = 0;
  const feed = new ChangeFeed({
    query: (_text, [name, payload]) => {
      expect(name).toBe("learngraph_changes");
      asked++;
      if (failures-- > 0) return Promise.reject(new Error("no connection"));
      if (answers) channel?.message(String(payload));
      return Promise.resolve([{}] as never[]);
    },
    listen: (name, listener) => {
      expect(name).toBe("learngraph_changes");
      channel = listener;
      listener.connected();
      return Promise.resolve(() => Promise.resolve(void ends++));
    },
  });
  const problems: string[] = [];
  const heard: string[] = [];
  feed.subscribe({
    connected: connected => heard.push(String(connected)),
    changed: ({ type, kind, ids }) => heard.push(`${type} ${kind} ${String(ids)}`),
  });
  return {
    ...{ feed, problems, heard },
    ends: () => ends,
    asked: () => asked,
    start: () => feed.start(message => problems.push(message), { pingMs: 20 }),
    say: (payload: string) => channel?.message(payload),
    lose: () => channel?.lost(new Error("gone")),
    reconnect: () => channel?.connected(),
    /** So many statements, the next ones. */
    fail: (count: number) => void (failures = count),
  };
}

/** Resolves with the next set that the feed hands out. */
function nextSet(feed: ChangeFeed): Promise<ChangeSet> {
  return new Promise(resolve => {
    const end = feed.subscribe({
      changedTogether: changes => {
        end();
        resolve(changes);
      },
    });
  });
}

describe("ChangeFeed", () => {
  it("is not connected before it was started, nor after it was stopped, and ends what it started", async () => {
    const { feed, start, ends, heard, say } = setUp();
    expect(feed.isConnected).toBe(false);
    await start();
    await start();
    expect([feed.isConnected, heard]).toEqual([true, ["true"]]);
    await feed.stop();
    await feed.stop();
    expect([feed.isConnected, ends()]).toEqual([false, 1]);
    say("Topic CHANGED 1");
    expect(heard).toEqual(["true"]);
  });

  it("tells each change at once, and those of a moment together", async () => {
    const { feed, start, heard, say } = setUp();
    await start();
    const together = nextSet(feed);
    say("Topic CHANGED 1");
    say("Topic REMOVED 2,3");
    expect(heard).toEqual(["true", "Topic CHANGED 1", "Topic REMOVED 2,3"]);
    expect([...(await together).named("Topic")]).toEqual([
      ["1", "CHANGED"],
      ["2", "REMOVED"],
      ["3", "REMOVED"],
    ]);
  });

  it("tells that changes may be missed, and afterwards that everything may have changed", async () => {
    const { feed, start, heard, problems, lose, reconnect } = setUp();
    await start();
    expect([await feed.caughtUp(), feed.isProven]).toEqual([true, true]);
    lose();
    expect([await feed.caughtUp(), feed.isProven]).toEqual([false, false]);
    expect([feed.isConnected, problems]).toEqual([false, ["the connection that hears of changes is lost"]]);
    const together = nextSet(feed);
    reconnect();
    expect(feed.isConnected).toBe(true);
    expect(heard.slice(0, 4)).toEqual(["true", "false", "true", "Topic CHANGED all"]);
    expect((await together).hasUnnamed("Learner")).toBe(true);
  });

  it("goes on when a listener throws, and when it does not understand an announcement", async () => {
    const { feed, start, heard, problems, say } = setUp();
    await start();
    feed.subscribe({
      changed: () => {
        throw new Error("a fault of the listener");
      },
    });
    feed.subscribe({ changed: ({ type }) => heard.push(type) });
    say("Topic CHANGED 1");
    say("Planet ADDED 1");
    expect(heard).toEqual(["true", "Topic CHANGED 1", "Topic"]);
    expect(problems).toEqual(["a listener to changes failed", "an announcement was not understood"]);
  });

  it("warns once when what is sent through the pool is not heard, and takes its own question for no change", async () => {
    const [deaf, hearing] = [setUp({ answers: false }), setUp()];
    await Promise.all([deaf.start(), hearing.start()]);
    while (deaf.problems.length === 0) await new Promise(resolve => setTimeout(resolve, 5));
    expect([deaf.feed.isProven, hearing.feed.isProven]).toEqual([false, true]);
    deaf.lose();
    deaf.reconnect();
    await new Promise(resolve => setTimeout(resolve, 60));
    const [warning, ...others] = deaf.problems;
    expect(warning).toMatch(
      /^changes in the database are not heard: .* set DATABASE_DIRECT_URL to the database itself$/,
    );
    expect(others).toEqual(["the connection that hears of changes is lost"]);
    expect([hearing.problems, hearing.heard]).toEqual([[], ["true"]]);
  });

  it("is proven later, when what it says could not be sent at first", async () => {
    const { feed, start, reconnect, lose, fail } = setUp();
    const untilProven = async () => {
      expect(feed.isProven).toBe(false);
      while (!feed.isProven) await new Promise(resolve => setTimeout(resolve, 5));
    };
    fail(2);
    await start();
    await untilProven();
    lose();
    fail(1);
    reconnect();
    await untilProven();
  });

  it("asks nothing more once it was stopped", async () => {
    const { feed, start, problems, asked } = setUp({ answers: false });
    await start();
    while (problems.length === 0) await new Promise(resolve => setTimeout(resolve, 5));
    await feed.stop();
    const before = asked();
    await new Promise(resolve => setTimeout(resolve, 100));
    expect(asked()).toBe(before);
  });

  it("warns of nothing when it was stopped before an answer could come", async () => {
    const { feed, start, problems } = setUp({ answers: false });
    await start();
    await feed.stop();
    await new Promise(resolve => setTimeout(resolve, 60));
    expect(problems).toEqual([]);
  });

  it("tells nothing to a listener that has ended", async () => {
    const { feed, start, say } = setUp();
    await start();
    const told: string[] = [];
    const end = feed.subscribe({ changed: ({ type }) => told.push(type) });
    end();
    say("Topic CHANGED 1");
    expect(told).toEqual([]);
  });
});

describe("changeEvents", () => {
  async function follow() {
    const all = setUp();
    await all.start();
    let overruns = 0;
    const client = { overrun: () => void overruns++ };
    const ctx = { database: { changes: all.feed }, client } as unknown as RequestContext;
    const events = changeEvents(ctx, changes => [...changes.named("Topic").keys()]);
    /** One set of changes. */
    const announce = async (payload: string) => {
      const handedOut = nextSet(all.feed);
      all.say(payload);
      await handedOut;
    };
    return { ...all, events, announce, overruns: () => overruns };
  }

  it("gives what is picked, in order, whether somebody waits or not", async () => {
    const { events, announce } = await follow();
    const first = events.next();
    await announce("Topic CHANGED 2,1");
    expect(await first).toEqual({ done: false, value: "2" });
    expect(await events.next()).toEqual({ done: false, value: "1" });
    await announce("Tool CHANGED 7");
    await announce("Topic CHANGED 3");
    expect(await events.next()).toEqual({ done: false, value: "3" });
  });

  it("merges what waits: each thing comes once", async () => {
    const { events, announce } = await follow();
    for (let times = 0; times < 5; times++) await announce("Topic CHANGED 1,2");
    await announce("Topic CHANGED 3");
    const given = [await events.next(), await events.next(), await events.next()].map(({ value }) => value);
    expect(given).toEqual(["1", "2", "3"]);
  });

  it("ends when it is told to, also while somebody waits", async () => {
    const { events, announce } = await follow();
    const waiting = events.next();
    expect(await events.return?.()).toEqual({ done: true, value: undefined });
    expect(await waiting).toEqual({ done: true, value: undefined });
    await announce("Topic CHANGED 1");
    expect(await events.next()).toEqual({ done: true, value: undefined });
  });

  it("drops a client for whom more than a hundred sets wait, once, and counts only what concerns it", async () => {
    const { events, announce, overruns } = await follow();
    for (let times = 0; times < 100; times++) await announce("Topic CHANGED 1");
    for (let times = 0; times < 10; times++) await announce("Tool CHANGED 1");
    expect(overruns()).toBe(0);
    for (let times = 0; times < 3; times++) await announce("Topic CHANGED 1");
    expect(overruns()).toBe(1);
    expect(await events.next()).toEqual({ done: true, value: undefined });
  });
});
