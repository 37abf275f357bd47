// What the server takes on at once: bounded, shared fairly between addresses, and given back.
import fc from "fast-check";
import { FairTurns } from "../../src/server/fair-turns";
import { defaultLoadLimits, Load, type LoadLimits } from "../../src/server/load";

const loads: Load[] = [];
afterEach(() => loads.splice(0).forEach(load => load.stop()));

function createLoad(limits: Partial<LoadLimits> = {}, waiting = () => 0): Load {
  const load = new Load(
    { ...defaultLoadLimits, maxEventLoopDelayMs: Infinity, ...limits },
    { poolState: () => ({ total: 1, idle: 0, waiting: waiting() }) },
  );
  loads.push(load);
  return load;
}

/** Takes all that it gets. */
function fill(load: Load, address: string): (() => void)[] {
  const taken: (() => void)[] = [];
  for (;;) {
    try {
      taken.push(load.enter(address));
    } catch {
      return taken;
    }
  }
}

describe("Load", () => {
  it("gives one greedy address half of all, and of ten that take all they get leaves room for an eleventh", () => {
    const load = createLoad({ maxOperations: 110 });
    const greedy = Array.from({ length: 10 }, (_, index) => `10.0.0.${index}`);
    const held = new Map(greedy.map(address => [address, [] as (() => void)[]]));
    held.set("10.0.0.0", fill(load, "10.0.0.0"));
    expect(load.state.operations).toBe(55);
    // As operations end, each takes what it gets again.
    for (let round = 0; round < 100; round++) {
      for (const [address, own] of held) {
        own.shift()?.();
        own.push(...fill(load, address));
      }
    }
    for (const own of held.values()) expect(own.length).toBeLessThanOrEqual(11);
    for (const own of held.values()) own.shift()?.();
    expect(fill(load, "10.0.0.10").length).toBeGreaterThanOrEqual(10);
  });

  it("refuses with SERVICE_UNAVAILABLE", () => {
    const load = createLoad({ maxOperations: 10 });
    fill(load, "10.0.0.1");
    expect(() => load.enter("10.0.0.1")).toThrow("The server has too much to do. Try again in a moment.");
  });

  it("takes a whole IPv6 network for one client", () => {
    const load = createLoad({ maxOperations: 10 });
    fill(load, "2001:db8::1");
    expect(() => load.enter("2001:db8::2")).toThrow();
    expect(() => load.enter("2001:db8:0:1::1")).not.toThrow();
  });

  it("lets each address have one at a time while too many statements wait, and as before when they do not", () => {
    let waiting = 11;
    const load = createLoad({ maxWaitingStatements: 10 }, () => waiting);
    const leave = load.enter("10.0.0.1");
    expect(() => load.enter("10.0.0.1")).toThrow();
    expect(() => load.enter("10.0.0.2")).not.toThrow();
    leave();
    expect(() => load.enter("10.0.0.1")).not.toThrow();
    waiting = 0;
    expect(() => load.enter("10.0.0.1")).not.toThrow();
  });

  it("lets each address have one at a time while the event loop is late, until it is not", async () => {
    const load = createLoad({ maxEventLoopDelayMs: 50 });
    for (let time = 0; time < 4; time++) {
      const until = performance.now() + 300;
      while (performance.now() < until);
      await new Promise(resolve => setTimeout(resolve, 1));
    }
    expect(load.state.eventLoopDelayMs).toBeGreaterThan(50);
    load.enter("10.0.0.1");
    expect(() => load.enter("10.0.0.1")).toThrow();
    while (load.state.eventLoopDelayMs > 50) await new Promise(resolve => setTimeout(resolve, 50));
    expect(() => load.enter("10.0.0.1")).not.toThrow();
  });

  it("never has more than the most, and lets in whoever has nothing under way while there is a place", () => {
    const actions = fc.array(fc.tuple(fc.integer({ min: 0, max: 5 }), fc.boolean()), { maxLength: 300 });
    fc.assert(
      fc.property(actions, fc.integer({ min: 1, max: 20 }), (steps, maxOperations) => {
        const load = createLoad({ maxOperations });
        const held = new Map<number, (() => void)[]>();
        for (const [client, enters] of steps) {
          const own = held.get(client) ?? [];
          held.set(client, own);
          const before = load.state.operations;
          if (!enters) own.pop()?.();
          else {
            const takes = () => own.push(load.enter(`10.0.0.${client}`));
            if (own.length >= maxOperations - before) expect(takes).toThrow();
            else takes();
            if (before < maxOperations && own.length === 0) throw new Error("a newcomer was refused");
          }
          expect(load.state.operations).toBe([...held.values()].flat().length);
          expect(load.state.operations).toBeLessThanOrEqual(maxOperations);
        }
        load.stop();
      }),
    );
  });
});

describe("FairTurns", () => {
  const clients = (names: string) => names.split("");

  it("serves clients in rotation, whoever has more to do", async () => {
    const turns = new FairTurns();
    const served: string[] = [];
    await Promise.all(clients("aaaaabcb").map(client => turns.take(client).then(() => served.push(client))));
    expect(served.slice(0, 3).sort()).toEqual(["a", "b", "c"]);
    expect(served).toHaveLength(8);
  });

  it("serves one in each turn of the event loop", async () => {
    const turns = new FairTurns();
    let loops = 0;
    let counting = true;
    const count = () => void (loops++, counting && setImmediate(count));
    setImmediate(count);
    const seen: number[] = [];
    await Promise.all(clients("abcab").map(client => turns.take(client).then(() => seen.push(loops))));
    counting = false;
    expect(new Set(seen).size).toBe(5);
  });

  it("lets whoever took little pass whoever took much, who leaves most of the time to others", async () => {
    const turns = new FairTurns();
    const work = (milliseconds: number) => {
      const until = performance.now() + milliseconds;
      while (performance.now() < until);
    };
    const served: string[] = [];
    const take = (client: string, milliseconds: number) =>
      turns.take(client).then(() => {
        work(milliseconds);
        served.push(client);
      });
    // The rest of the server, which always has something to do.
    let isBusy = true;
    const rest = () => void (isBusy && setImmediate(rest));
    rest();
    await Promise.all([take("heavy", 60), take("heavy", 60)]);
    const started = performance.now();
    const heavy = [take("heavy", 20), take("heavy", 20), take("heavy", 20)].map(done =>
      done.then(() => performance.now() - started),
    );
    // Once the last piece is counted; by the clock, the pause might be over before.
    await new Promise(setImmediate);
    await take("light", 1);
    expect(served).toEqual(["heavy", "heavy", "light"]);
    // Three pauses of sixty milliseconds and more, whatever else the machine does.
    expect((await Promise.all(heavy)).at(-1)).toBeGreaterThan(3 * 59);
    isBusy = false;
  });

  it("serves everybody in the end, whatever comes in which order", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.constantFrom("a", "b", "c"), { maxLength: 50 }), async names => {
        const turns = new FairTurns();
        await Promise.all(names.map(name => turns.take(name)));
      }),
      { numRuns: 30 },
    );
  });
});
