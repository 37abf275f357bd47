// Positions over a feed that the test controls: what of an answer made elsewhere is known to be as new as what was heard here.
import { ChangePositions, type Position } from "../../src/db/change-positions";
import { FakeFeed } from "../support/fake-feed";

type Row = { history: string; ended: string };

beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});

function setUp() {
  const feed = new FakeFeed();
  const questions: ((row: Row | null) => void)[] = [];
  let asked = 0;
  const positions = new ChangePositions({
    subscribe: listener => feed.subscribe(listener),
    readHeard: <T>() => {
      asked++;
      return new Promise<T | null>(resolve => questions.push(resolve as (row: Row | null) => void));
    },
  });
  return {
    ...{ feed, positions },
    asked: () => asked,
    /** Answers the question that waits, and lets the pause after it pass. */
    answer: async (ended: number | null, history = "one", waitMs = 20) => {
      questions.shift()?.(ended === null ? null : { history, ended: String(ended) });
      await jest.advanceTimersByTimeAsync(waitMs);
    },
    /** Whether an answer over these, from then, has everything. */
    covers: (ended: number, ...tags: string[]) => positions.covers({ history: "one", ended }, tags),
  };
}

it("cover nothing before the first position is known, and nothing from before it then", async () => {
  const { positions, covers, answer, asked } = setUp();
  expect([positions.reached, covers(1_000)]).toEqual([null, false]);
  await answer(100);
  expect(positions.reached).toEqual<Position>({ history: "one", ended: 100 });
  expect([covers(99), covers(100), covers(101, "Topic:1")]).toEqual([false, true, true]);
  expect(positions.covers({ history: "another", ended: 100 }, [])).toBe(false);
  await jest.advanceTimersByTimeAsync(60_000);
  expect(asked()).toBe(1);
});

it("cover what was made of a changed entity from the position on that is asked for after the change was heard", async () => {
  const { feed, covers, answer } = setUp();
  await answer(100);
  feed.announce(["1"]);
  expect([covers(1_000, "Topic:1"), covers(1_000, "Topic"), covers(100, "Topic:2")]).toEqual([false, false, true]);
  // Heard while a position is on its way, which may not have it.
  feed.announce(["1", "2"]);
  await answer(105);
  expect([covers(105, "Topic:1"), covers(105, "Topic:2"), covers(105, "Topic")]).toEqual([false, false, false]);
  await answer(110);
  for (const tag of ["Topic:1", "Topic:2", "Topic"])
    expect([covers(109, tag), covers(110, tag)]).toEqual([false, true]);
  expect([covers(100, "Topic:3"), covers(100, "Tool")]).toEqual([true, true]);
  feed.announce("all");
  expect(covers(1_000, "Topic:3")).toBe(false);
  await answer(120);
  expect([covers(119, "Topic:3"), covers(120, "Topic:3"), covers(100, "Tool:3")]).toEqual([false, true, true]);
});

it("ask again after a while when there is no answer, for what was heard before, too", async () => {
  const { feed, covers, answer, asked } = setUp();
  await answer(null);
  expect([asked(), covers(100)]).toEqual([1, false]);
  await jest.advanceTimersByTimeAsync(1_000);
  await answer(100);
  feed.announce(["1"]);
  await answer(null, "one", 1_000);
  expect([asked(), covers(1_000, "Topic:1")]).toEqual([4, false]);
  await answer(110);
  expect(covers(110, "Topic:1")).toBe(true);
});

it("forget everything with the connection, and with more changes than they remember", async () => {
  const { feed, positions, covers, answer } = setUp();
  await answer(100);
  feed.announce(["1"]);
  feed.connect(false);
  feed.connect(true);
  expect([positions.reached, covers(1_000)]).toEqual([null, false]);
  // Asked for before the loss.
  await answer(105);
  expect(positions.reached).toBeNull();
  // Of another history, in which numbers begin lower.
  await answer(50, "another");
  expect(positions.reached).toEqual<Position>({ history: "another", ended: 50 });
  expect([covers(1_000), positions.covers({ history: "another", ended: 50 }, ["Topic:1"])]).toEqual([false, true]);

  for (let id = 0; id <= 20_000; id++) feed.announce([String(id)]);
  expect(positions.reached).toBeNull();
  await answer(60, "another");
  await answer(70, "another");
  const coversNow = (ended: number) => positions.covers({ history: "another", ended }, ["Topic:30000"]);
  expect([coversNow(69), coversNow(70)]).toEqual([false, true]);
});

it("give the next one to who waits for it, or none when there is none soon", async () => {
  const { positions, answer, asked, feed } = setUp();
  const first = positions.next();
  await answer(100);
  expect((await first)?.ended).toBe(100);
  const both = Promise.all([positions.next(), positions.next()]);
  expect(asked()).toBe(2);
  await answer(110);
  expect((await both).map(position => position?.ended)).toEqual([110, 110]);
  const none = positions.next();
  await answer(null, "one", 1_000);
  expect([await none, asked()]).toEqual([null, 3]);
  const later = positions.next();
  // What was asked for before the loss is not for them.
  feed.connect(false);
  await answer(115);
  await answer(120);
  expect((await later)?.ended).toBe(120);
});

it("end with what they belong to", async () => {
  const { positions, answer, asked } = setUp();
  const waiting = positions.next();
  positions.stop();
  await answer(100);
  await jest.advanceTimersByTimeAsync(60_000);
  expect([await waiting, positions.reached, asked()]).toEqual([null, null, 1]);
});
