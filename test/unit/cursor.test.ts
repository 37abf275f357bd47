// Cursors: what is made can be read, what was not made here is refused, and nothing a client can write breaks the reading.
import fc from "fast-check";
import { AppError } from "../../src/errors/app-error";
import type { ColumnType } from "../../src/request/column";
import { cursorScope, decodeCursor, encodeCursor, type KeyValue } from "../../src/request/cursor";

const scope = cursorScope("topics", "POSITION");

const valueOf: Record<"integer" | "text" | "date", fc.Arbitrary<KeyValue>> = {
  integer: fc.integer({ min: -2_147_483_647 }),
  text: fc.string({ unit: "binary", maxLength: 120 }).filter(text => !text.includes("\0")),
  date: fc
    .date({ min: new Date("0001-01-01"), max: new Date("9999-12-31"), noInvalidDate: true })
    .map(date => date.toISOString().slice(0, 10)),
};
const keys = fc
  .array(fc.constantFrom("integer", "text", "date"), { minLength: 1, maxLength: 3 })
  .chain(types => fc.tuple(fc.constant(types), fc.tuple(...types.map(type => valueOf[type]))));

/** Undefined when it is refused as it has to be. */
function read(cursor: string, types: readonly ColumnType[], of = scope): KeyValue[] | undefined {
  try {
    return decodeCursor(
      cursor,
      of,
      types.map(type => ({ type })),
      "after",
    );
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    expect([error.code, error.details]).toEqual(["BAD_USER_INPUT", { argument: "after" }]);
    return undefined;
  }
}

const encoded = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");

describe("A cursor (R9)", () => {
  it("gives back the sort values it was made of, of every type", () => {
    fc.assert(fc.property(keys, ([types, values]) => expect(read(encodeCursor(scope, values), types)).toEqual(values)));
  });

  it("can stand in a URL as it is", () => {
    fc.assert(fc.property(keys, ([, values]) => expect(encodeCursor(scope, values)).toMatch(/^[\w-]+$/)));
  });

  it("with one character changed is refused, or still holds usable values of the same types", () => {
    const change = fc.record({
      at: fc.nat(),
      to: fc.constantFrom("A", "z", "0", "9", "-", "_", "=", "+", " ", "\0", "é"),
    });
    fc.assert(
      fc.property(keys, change, ([types, values], { at, to }) => {
        const cursor = encodeCursor(scope, values);
        const index = at % cursor.length;
        const found = read(cursor.slice(0, index) + to + cursor.slice(index + 1), types);
        if (found) expect(read(encodeCursor(scope, found), types)).toEqual(found);
      }),
    );
  });

  it("cut short, made longer or put together at random is refused", () => {
    fc.assert(
      fc.property(keys, fc.nat(), ([types, values], at) => {
        const cursor = encodeCursor(scope, values);
        expect(read(cursor.slice(0, at % cursor.length), types)).toBeUndefined();
        expect(read(`${cursor}AAAA`, types)).toBeUndefined();
      }),
    );
    fc.assert(fc.property(fc.string({ unit: "binary" }), text => expect(read(text, ["integer"])).toBeUndefined()));
    fc.assert(fc.property(fc.base64String(), text => expect(read(text, ["text"])).toBeUndefined()));
  });

  it("with anything between its characters that base64url does not have is refused", () => {
    fc.assert(
      fc.property(
        keys,
        fc.nat(),
        fc.constantFrom("=", " ", "\n", "+", "/", ".", "\0", "é"),
        ([types, values], at, other) => {
          const cursor = encodeCursor(scope, values);
          const index = at % (cursor.length + 1);
          expect(read(cursor.slice(0, index) + other + cursor.slice(index), types)).toBeUndefined();
        },
      ),
    );
  });

  it("of any other JSON is refused", () => {
    fc.assert(fc.property(fc.jsonValue(), value => expect(read(encoded(value), ["integer", "text"])).toBeUndefined()));
  });

  it("of another list or another order is refused, and says so", () => {
    const cursor = encodeCursor(scope, [1]);
    for (const other of [cursorScope("tools", "POSITION"), cursorScope("topics", "TITLE")]) {
      expect(() => decodeCursor(cursor, other, [{ type: "integer" }], "before")).toThrow(
        "before is an invalid cursor: it belongs to another list, filter or order.",
      );
    }
  });

  it.each<[string, unknown[], ColumnType[]]>([
    ["another version", [2, scope, 1], ["integer"]],
    ["too few values", [1, scope], ["integer"]],
    ["too many values", [1, scope, 1, 1], ["integer"]],
    ["text for a number", [1, scope, "1"], ["integer"]],
    ["a number for text", [1, scope, 1], ["text"]],
    ["a fraction", [1, scope, 1.5], ["integer"]],
    ["a number beyond 32 bits", [1, scope, 2_147_483_648], ["integer"]],
    ["null", [1, scope, null], ["text"]],
    ["a list", [1, scope, ["x"]], ["text"]],
    ["a NUL in a text", [1, scope, "a\0"], ["text"]],
    ["half a surrogate pair", [1, scope, "\ud800"], ["text"]],
    ["a day that does not exist", [1, scope, "2026-02-30"], ["date"]],
    ["an instant for a day", [1, scope, "2026-02-03T00:00:00Z"], ["date"]],
  ])("with %s is refused", (_name, value, types) => {
    expect(read(encoded(value), types)).toBeUndefined();
  });

  it("longer than any that is made is refused", () => {
    expect(read(encodeCursor(scope, ["x".repeat(2_000)]), ["text"])).toBeUndefined();
  });
});
