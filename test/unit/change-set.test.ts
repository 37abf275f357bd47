// Changes as the database announces them, and what is left of many of them in one set.
import fc from "fast-check";
import { changedTypes, ChangeSet, parseChange, type Change, type ChangeKind } from "../../src/db/change-set";

const kind = fc.constantFrom<ChangeKind>("ADDED", "CHANGED", "REMOVED");
const type = fc.constantFrom(...changedTypes);
const change: fc.Arbitrary<Change> = fc.record({
  type,
  kind,
  ids: fc.oneof(
    { weight: 5, arbitrary: fc.array(fc.nat(5).map(String), { minLength: 1, maxLength: 4 }) },
    { weight: 1, arbitrary: fc.constant("all" as const) },
  ),
});

function setOf(changes: readonly Change[]): ChangeSet {
  const set = new ChangeSet();
  for (const each of changes) set.add(each);
  return set;
}

const contents = (set: ChangeSet) =>
  changedTypes.map(name => [name, [...set.named(name)].sort(), set.hasUnnamed(name)] as const);

describe("parseChange", () => {
  it("reads what the database announces", () => {
    expect(parseChange("Topic CHANGED 12,7")).toEqual({ type: "Topic", kind: "CHANGED", ids: ["12", "7"] });
    expect(parseChange("Lesson REMOVED *")).toEqual({ type: "Lesson", kind: "REMOVED", ids: "all" });
    expect(parseChange("Revision ADDED LESSON:5:12")).toEqual({
      type: "Revision",
      kind: "ADDED",
      ids: ["LESSON:5:12"],
    });
  });

  it.each([
    "",
    "Topic",
    "Topic CHANGED",
    "Topic CHANGED ",
    "Topic CHANGED 1,",
    "Topic EATEN 1",
    "Planet ADDED 1",
    "Topic ADDED 1 2",
  ])("makes nothing of %j", payload => expect(parseChange(payload)).toBeNull());

  it("never throws", () => {
    fc.assert(fc.property(fc.string({ unit: "binary" }), payload => void parseChange(payload)));
  });
});

describe("ChangeSet", () => {
  it.each<[ChangeKind[], ChangeKind]>([
    [["ADDED", "CHANGED"], "ADDED"],
    [["ADDED", "REMOVED"], "REMOVED"],
    [["CHANGED", "REMOVED"], "REMOVED"],
    [["REMOVED", "ADDED"], "CHANGED"],
    [["REMOVED", "REMOVED"], "REMOVED"],
    [["CHANGED", "ADDED"], "ADDED"],
  ])("makes one of %j: %s", (kinds, expected) => {
    const set = setOf(kinds.map(each => ({ type: "Topic", kind: each, ids: ["1"] })));
    expect([...set.named("Topic")]).toEqual([["1", expected]]);
  });

  it("forgets none of what was added", () => {
    fc.assert(
      fc.property(fc.array(change), changes => {
        const set = setOf(changes);
        for (const { type: name, ids } of changes) {
          for (const id of ids === "all" ? ["0", "99"] : ids) expect(set.concerns(name, id)).toBe(true);
        }
        for (const name of changedTypes) {
          if (!changes.some(each => each.type === name)) expect(set.concerns(name, "1")).toBe(false);
        }
      }),
    );
  });

  it("is the same whether changes are added one by one or as sets", () => {
    fc.assert(
      fc.property(fc.array(change), fc.array(change), (first, second) => {
        const joined = setOf(first);
        joined.addAll(setOf(second));
        const set = setOf([...first, ...second]);
        expect(contents(joined).map(([, , unnamed]) => unnamed)).toEqual(contents(set).map(([, , unnamed]) => unnamed));
        for (const name of changedTypes) {
          expect([...joined.named(name).keys()]).toEqual([...set.named(name).keys()]);
        }
      }),
    );
  });

  it("holds a bounded number of ids, and then says that any may be among them", () => {
    const set = new ChangeSet();
    for (let id = 0; id < 20_000; id++) {
      set.add({ type: "Lesson", kind: "ADDED", ids: [String(id)] });
      expect(set.named("Lesson").size).toBeLessThanOrEqual(5_000);
    }
    expect(set.hasUnnamed("Lesson")).toBe(true);
    expect(set.concerns("Lesson", "1")).toBe(true);
    expect(set.concerns("Topic", "1")).toBe(false);
  });
});
