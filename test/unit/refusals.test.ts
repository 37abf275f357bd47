// What is refused as too much: counted by reason, and told in one line with those who were refused most, whatever comes.
import fc from "fast-check";
import { AppError } from "../../src/errors/app-error";
import { countRefusals, Refusals, type RefusalReason } from "../../src/server/refusals";
import { createTestLog } from "../support/log";

const figures = { operations: 7, eventLoopDelayMs: 3, waitingStatements: 0 };

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

function create() {
  const { log, lines } = createTestLog();
  const told = () =>
    lines.map(line => JSON.parse(line) as { askers: Record<string, number> } & Record<string, unknown>);
  return { refusals: new Refusals(log, () => figures), told };
}

describe("Refusals", () => {
  it("are told ten seconds after the first: how many by reason, who most, and how much there was to do", () => {
    const { refusals, told } = create();
    const refused: [RefusalReason, string, number][] = [
      ["load", "address:192.0.2.1", 9],
      ["budget", "account:6", 8],
      ["attempts", "address:2001:db8:0:1", 7],
      ["connections", "address:192.0.2.2", 6],
      ["budget", "address:192.0.2.3", 5],
      ["budget", "address:192.0.2.4", 4],
    ];
    // The one that is refused most comes last.
    for (const [reason, asker, times] of [...refused].reverse()) {
      for (let time = 0; time < times; time++) refusals.add(reason, asker);
    }
    jest.advanceTimersByTime(9_999);
    expect(told()).toEqual([]);
    jest.advanceTimersByTime(1);
    expect(told()).toEqual([
      {
        ...{ time: expect.any(String) as string, level: "warn", msg: "requests were refused" },
        refused: { load: 9, passwords: 0, budget: 17, attempts: 7, connections: 6, subscriptions: 0 },
        askers: Object.fromEntries(refused.slice(0, 5).map(([, asker, times]) => [asker, times])),
        ...figures,
      },
    ]);
    expect(Object.keys(told()[0]!.askers)).toEqual(refused.slice(0, 5).map(([, asker]) => asker));
    expect(refusals.counts).toEqual({
      ...{ load: 9, passwords: 0, budget: 17, attempts: 7, connections: 6, subscriptions: 0 },
    });
  });

  it("are told once in ten seconds at most, each once, and not at all while there are none", () => {
    const { refusals, told } = create();
    for (let second = 0; second < 25; second++) {
      refusals.add("load", "address:192.0.2.1");
      jest.advanceTimersByTime(1_000);
    }
    expect(told().map(({ refused }) => (refused as Record<string, number>)["load"])).toEqual([10, 10]);
    jest.advanceTimersByTime(600_000);
    expect(told().map(({ askers }) => askers["address:192.0.2.1"])).toEqual([10, 10, 5]);
    refusals.stop();
    expect(told()).toHaveLength(3);
  });

  it("are told when the server stops", () => {
    const { refusals, told } = create();
    refusals.add("budget", "account:6");
    refusals.stop();
    expect(told()).toHaveLength(1);
    jest.advanceTimersByTime(60_000);
    expect(told()).toHaveLength(1);
  });

  it("name whoever is refused again and again among any number of others, and no more than five", () => {
    const { refusals, told } = create();
    for (let other = 0; other < 50_000; other++) {
      refusals.add("load", `address:2001:db8:${(other >> 16).toString(16)}:${(other & 0xffff).toString(16)}`);
      if (other % 100 === 0) refusals.add("load", "address:192.0.2.1");
    }
    jest.advanceTimersByTime(10_000);
    const [line] = told();
    expect(line!["refused"]).toMatchObject({ load: 50_500 });
    expect(Object.entries(line!.askers)).toHaveLength(5);
    expect(Object.entries(line!.askers)[0]).toEqual(["address:192.0.2.1", 500]);
  });

  it("forget whoever was refused before a thousand others", () => {
    const { refusals, told } = create();
    for (let time = 0; time < 3; time++) refusals.add("load", "address:192.0.2.1");
    for (let other = 0; other < 1_000; other++) refusals.add("load", `account:${other}`);
    jest.advanceTimersByTime(10_000);
    expect(Object.values(told()[0]!.askers)).toEqual([1, 1, 1, 1, 1]);
  });

  it("have the same sums in the counts as in the lines, whatever comes when", () => {
    const reason = fc.constantFrom(...(Object.keys(create().refusals.counts) as RefusalReason[]));
    const step = fc.tuple(reason, fc.integer({ min: 0, max: 9 }), fc.integer({ min: 0, max: 15_000 }));
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), steps => {
        const { refusals, told } = create();
        for (const [why, who, ms] of steps) {
          refusals.add(why, `address:192.0.2.${who}`);
          jest.advanceTimersByTime(ms);
        }
        refusals.stop();
        const sums = { ...create().refusals.counts };
        for (const { refused } of told()) {
          for (const [why, count] of Object.entries(refused as typeof sums)) sums[why as RefusalReason] += count;
        }
        expect(sums).toEqual(refusals.counts);
        expect(Object.values(sums).reduce((sum, count) => sum + count, 0)).toBe(steps.length);
      }),
    );
  });
});

/** Services that refuse everything with this error, and what they refused. */
function refusing(error: Error) {
  const { refusals, told } = create();
  const [refuse, done] = [() => Promise.reject(error), () => Promise.resolve()];
  const services = {
    attempts: { take: refuse, reset: done },
    passwords: { hash: refuse, verify: refuse, needsRehash: () => false },
  };
  return { ...countRefusals(services, refusals), refusals, told };
}

describe("Attempts", () => {
  const keys = { account: "jane@example.org", address: "2001:db8::1" };

  it("that are refused are counted under the network, and never under what the account is known by", async () => {
    const error = new AppError("RATE_LIMITED", "Too many attempts.");
    const { attempts, refusals, told } = refusing(error);
    await expect(attempts.take("signIn", keys)).rejects.toBe(error);
    refusals.stop();
    expect(told()[0]).toMatchObject({ refused: { attempts: 1 }, askers: { "address:2001:db8:0:0": 1 } });
    expect(JSON.stringify(told())).not.toContain("jane");
  });

  it("that fail for another reason are not", async () => {
    const error = new Error("away");
    const { attempts, refusals } = refusing(error);
    await expect(attempts.take("signIn", keys)).rejects.toBe(error);
    expect(refusals.counts.attempts).toBe(0);
  });
});

describe("Passwords", () => {
  const both = ({ passwords }: ReturnType<typeof refusing>) =>
    Promise.allSettled([
      passwords.hash("correct horse battery", "2001:db8::1"),
      passwords.verify(null, "correct horse battery", "2001:db8::2"),
    ]);

  it("that are too many to wait are counted under the network", async () => {
    const reason = new AppError("SERVICE_UNAVAILABLE", "Too many wait.");
    const services = refusing(reason);
    expect(await both(services)).toEqual(Array(2).fill({ status: "rejected", reason }));
    services.refusals.stop();
    expect(services.told()[0]).toMatchObject({ refused: { passwords: 2 }, askers: { "address:2001:db8:0:0": 2 } });
  });

  it("that fail for another reason are not", async () => {
    const reason = new Error("Decoding failed");
    const services = refusing(reason);
    expect(await both(services)).toEqual(Array(2).fill({ status: "rejected", reason }));
    expect(services.refusals.counts.passwords).toBe(0);
  });
});
