// The budget of an asker: no more can be spent than was there and came back, whatever is asked for, given back and shared with whom.
import fc from "fast-check";
import { AppError } from "../../src/errors/app-error";
import { CostBudget, type SharedBudgets } from "../../src/server/cost-budget";

const limit = 1_000;
const restoreRate = 100;

/** Whether the operation may run; then it costs `actual`. */
function run(budget: CostBudget, asker: string, requested: number, actual: number): boolean {
  const charge = budget.open(asker);
  try {
    charge.begin();
    charge.take(requested);
  } catch (error) {
    if (error instanceof AppError && error.code === "RATE_LIMITED") return false;
    throw error;
  }
  charge.settle(actual);
  return true;
}

describe("CostBudget", () => {
  it("lets nobody spend more than was there and came back, and refuses nobody who asks for less", () => {
    const operation = fc.record({
      wait: fc.integer({ min: 0, max: 1_000 }),
      requested: fc.integer({ min: 1, max: limit }),
      share: fc.double({ min: 0, max: 1, noNaN: true }),
    });
    let refused = 0;
    fc.assert(
      fc.property(fc.array(operation, { minLength: 10, maxLength: 60, size: "max" }), operations => {
        let now = 0;
        const budget = new CostBudget({ limit, restoreRate, now: () => now });
        let left = limit;
        for (const { wait, requested, share } of operations) {
          now += wait;
          left = Math.min(limit, left + (wait / 1_000) * restoreRate);
          const actual = Math.ceil(requested * share);
          expect(Math.abs(budget.remaining("a") - Math.floor(left))).toBeLessThanOrEqual(1);
          if (run(budget, "a", requested, actual)) left -= Math.max(actual, 1);
          else {
            refused++;
            // What every request costs is paid, when there was as much.
            if (left >= 1) left -= 1;
            expect(left + 1).toBeLessThan(requested + 1);
          }
        }
        expect(budget.remaining("somebody else")).toBe(limit);
      }),
    );
    expect(refused).toBeGreaterThan(50);
  });

  it("holds what runs at the same time to what it may cost until it is known what it did", () => {
    const budget = new CostBudget({ limit, restoreRate, now: () => 0 });
    const first = budget.open("a");
    first.begin();
    first.take(800);
    expect(run(budget, "a", 300, 10)).toBe(false);
    first.settle(5);
    expect(run(budget, "a", 300, 10)).toBe(true);
  });

  it("takes an operation that goes another way once more only once", () => {
    const budget = new CostBudget({ limit, restoreRate, now: () => 0 });
    const charge = budget.open("a");
    charge.begin();
    charge.take(400);
    charge.take(400);
    expect(charge.report).toEqual({ requested: 400, actual: 400, limit, remaining: 600, restoreRate });
    charge.settle(30);
    expect(charge.report).toEqual({ requested: 400, actual: 30, limit, remaining: 970, restoreRate });
  });

  it("says when to come back: not sooner, and no later than needed", () => {
    let now = 0;
    const budget = new CostBudget({ limit, restoreRate, now: () => now });
    run(budget, "a", limit, limit);
    const charge = budget.open("a");
    const refusal = () => {
      try {
        charge.take(250);
      } catch (error) {
        return (error as AppError).details["retryAfterSeconds"];
      }
      return "taken";
    };
    expect(refusal()).toBe(3);
    now = 2_400;
    expect(refusal()).toBe(1);
    now = 2_500;
    expect(refusal()).toBe("taken");
  });

  it("counts together what several servers are asked, after they have told each other", async () => {
    const left = new Map<string, number>();
    const shared: SharedBudgets = {
      spend: spent => {
        for (const [asker, cost] of spent) left.set(asker, (left.get(asker) ?? limit) - cost);
        return Promise.resolve([...spent.keys()].map(asker => left.get(asker) ?? limit));
      },
    };
    const servers = [1, 2].map(() => new CostBudget({ limit, restoreRate, shared, shareEveryMs: 5, now: () => 0 }));
    for (const server of servers) expect(run(server, "a", 400, 400)).toBe(true);
    await new Promise(resolve => setTimeout(resolve, 50));
    // Whoever asks next tells what it knows, and is told what the other one does.
    for (const server of servers) run(server, "a", 1, 1);
    await new Promise(resolve => setTimeout(resolve, 50));
    for (const server of servers) expect(run(server, "a", 400, 400)).toBe(false);
    await Promise.all(servers.map(server => server.stop()));
  });

  it("counts by itself while the store is away", async () => {
    const shared: SharedBudgets = { spend: () => Promise.reject(new Error("away")) };
    const server = new CostBudget({ limit, restoreRate, shared, shareEveryMs: 5, now: () => 0 });
    expect(run(server, "a", 700, 700)).toBe(true);
    await new Promise(resolve => setTimeout(resolve, 50));
    expect(run(server, "a", 700, 700)).toBe(false);
    expect(run(server, "a", 200, 200)).toBe(true);
    await server.stop();
  });
});
