// Which statements are prepared: those that come again, and not without end.
import { StatementNames } from "../../src/db/statement-names";

describe("StatementNames", () => {
  it("names a statement when it comes again, always alike, and each differently", () => {
    const names = new StatementNames();
    expect([names.nameOf("SELECT 1"), names.nameOf("SELECT 2")]).toEqual([undefined, undefined]);
    const [one, two] = [names.nameOf("SELECT 1"), names.nameOf("SELECT 2")];
    expect(new Set([one, two, undefined]).size).toBe(3);
    expect(names.nameOf("SELECT 1")).toBe(one);
  });

  it("names so many and no more, however many come", () => {
    const names = new StatementNames();
    const given = new Set<string | undefined>();
    for (let time = 0; time < 2; time++) {
      for (let i = 0; i < 3_000; i++) given.add(names.nameOf(`SELECT ${i}`));
    }
    expect(given.size).toBe(501);
    // Those that were named first keep their names.
    expect(names.nameOf("SELECT 0")).toBeDefined();
    expect(names.nameOf("SELECT 2999")).toBeUndefined();
  });
});
