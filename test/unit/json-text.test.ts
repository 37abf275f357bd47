// Text that is written piece by piece is what JSON.stringify would have given.
import fc from "fast-check";
import { jsonOf, JsonText } from "../../src/server/json-text";

/** Whatever JavaScript takes for text: also control characters, quotes, and halves of pairs of surrogates. */
const anyText = fc.oneof(
  fc.string({ unit: "binary", maxLength: 100 }),
  fc.string({
    unit: fc.constantFrom("a", '"', "\\", "\n", "\u007f", "\u2028", "\ud83d", "\ude00", "😀"),
    maxLength: 70,
  }),
);

describe("jsonOf", () => {
  it("gives what JSON.stringify gives", () => {
    fc.assert(
      fc.property(fc.oneof(anyText, fc.jsonValue(), fc.double(), fc.constantFrom(-0, 1e21, 1e-7)), value => {
        expect(jsonOf(value)).toBe(JSON.stringify(value));
      }),
      { numRuns: 2_000 },
    );
  });

  it("refuses what has no JSON", () => {
    expect(() => jsonOf(undefined)).toThrow(TypeError);
    expect(() => jsonOf(() => 1)).toThrow(TypeError);
  });
});

/** What is written in one place: text, or a gap with more of the same. */
type Part = string | Part[];
const { part } = fc.letrec<{ part: Part }>(tie => ({
  part: fc.oneof({ withCrossShrink: true }, fc.string(), fc.array(tie("part"), { maxLength: 5 })),
}));

describe("JsonText", () => {
  it("has its parts in their places, in whatever order the gaps are filled", () => {
    fc.assert(
      fc.property(fc.array(part), fc.infiniteStream(fc.nat()), (parts, draws) => {
        const text = new JsonText();
        const left: (() => void)[] = [];
        const write = (into: JsonText, piece: Part): void => {
          if (typeof piece === "string") into.open += piece;
          else {
            const gap = into.gap();
            left.push(() => piece.forEach(inner => write(gap, inner)));
          }
        };
        for (const piece of parts) write(text, piece);
        while (left.length > 0) left.splice((draws.next().value as number) % left.length, 1)[0]?.();
        expect(text.toString()).toBe(parts.flat(Infinity as 20).join(""));
      }),
    );
  });
});
