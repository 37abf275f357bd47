// What runs at once is bounded, and those for whom work waits take turns.
import { createGate } from "../../../src/auth/gate";

/** Works that end when they are told. */
function works() {
  const begun: string[] = [];
  const ends: (() => void)[] = [];
  const work = (name: string) => () => {
    begun.push(name);
    return new Promise<void>(resolve => ends.push(resolve));
  };
  return { begun, work, endOne: () => ends.shift()?.() };
}

const settled = () => new Promise(resolve => setImmediate(resolve));

describe("A gate", () => {
  it("lets those who wait take turns, however much one of them wants", async () => {
    const { begun, work, endOne } = works();
    const inTurn = createGate(1, Infinity, () => new Error("full"));
    const all = [1, 2, 3, 4].map(count => inTurn(work(`a${count}`), "a"));
    all.push(inTurn(work("b1"), "b"), inTurn(work("c1"), "c"), inTurn(work("b2"), "b"));
    for (let count = 0; count < 7; count++) {
      await settled();
      endOne();
    }
    await Promise.all(all);
    expect(begun).toEqual(["a1", "a2", "b1", "c1", "a3", "b2", "a4"]);
  });

  it("refuses what is more than may wait, of all together", async () => {
    const { work, endOne } = works();
    const inTurn = createGate(1, 2, () => new Error("full"));
    const taken = ["a", "a", "b"].map(of => inTurn(work(of), of));
    await expect(inTurn(work("c"), "c")).rejects.toThrow("full");
    for (let count = 0; count < 3; count++) {
      endOne();
      await settled();
    }
    await Promise.all(taken);
    await expect(Promise.race([inTurn(work("d")), settled()])).resolves.toBeUndefined();
  });
});
