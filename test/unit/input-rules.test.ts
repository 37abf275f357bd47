// Small rules about input: page sizes, global ids, scalars, SQL text. What is refused is refused without being repeated.
import fc from "fast-check";
import { GraphQLError, Kind, type GraphQLScalarType } from "graphql";
import { trustedSql } from "../../src/db/sql";
import { AppError } from "../../src/errors/app-error";
import { decodeNodeId, encodeNodeId, integerKey } from "../../src/graphql/node-id";
import { DateScalar, DateTimeScalar, DecimalScalar, EmailAddressScalar, UrlScalar } from "../../src/graphql/scalars";
import { roundedClaim } from "../../src/modules/catalog/catalog.service";
import { pageSize } from "../../src/request/page-args";

const codeOf = (work: () => unknown): unknown => {
  try {
    work();
  } catch (error) {
    if (error instanceof AppError) return error.code;
    throw error;
  }
  return undefined;
};

describe("pageSize", () => {
  it("takes 1 to 100 from either end, and 20 from the start when nothing is said", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 100 }), size => {
        expect(pageSize({ first: size })).toEqual({ size, direction: "forward" });
        expect(pageSize({ last: size, first: null })).toEqual({ size, direction: "backward" });
      }),
    );
    for (const nothing of [{}, { first: null, last: null }]) {
      expect(pageSize(nothing)).toEqual({ size: 20, direction: "forward" });
    }
  });

  it("refuses every other size, and both ends at once", () => {
    const outside = fc.oneof(fc.integer({ max: 0 }), fc.integer({ min: 101 }), fc.double({ noInteger: true }));
    fc.assert(
      fc.property(outside, size => {
        expect(codeOf(() => pageSize({ first: size }))).toBe("BAD_USER_INPUT");
        expect(codeOf(() => pageSize({ last: size }))).toBe("BAD_USER_INPUT");
      }),
    );
    expect(codeOf(() => pageSize({ first: 1, last: 1 }))).toBe("BAD_USER_INPUT");
  });
});

describe("A global id", () => {
  const type = fc.stringMatching(/^[A-Z][A-Za-z]{1,39}$/);
  const key = fc.oneof(fc.nat().map(String), fc.uuid(), fc.stringMatching(/^[\w-]{1,64}$/));

  it("gives back the type and the key it was made of", () => {
    fc.assert(fc.property(type, key, (t, k) => expect(decodeNodeId(encodeNodeId(t, k))).toEqual({ type: t, key: k })));
  });

  it("is written in one way only: any other text is refused or is an id itself", () => {
    const text = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.base64String(),
      fc.tuple(type, key, fc.constantFrom("=", " ", "A", "\0", "-")).map(([t, k, end]) => encodeNodeId(t, k) + end),
    );
    fc.assert(
      fc.property(text, id => {
        const code = codeOf(() => {
          const { type: t, key: k } = decodeNodeId(id);
          expect(encodeNodeId(t, k)).toBe(id);
        });
        expect([undefined, "BAD_USER_INPUT"]).toContain(code);
      }),
    );
  });

  it("has a whole-number key only for its own type and the range of the column", () => {
    expect(integerKey({ type: "Topic", key: "7" }, "Topic")).toBe(7);
    expect(integerKey({ type: "Topic", key: "2147483647" }, "Topic")).toBe(2_147_483_647);
    for (const k of ["0", "-1", "07", "1.5", "1e3", "2147483648", "99999999999", "abc", ""]) {
      expect(integerKey({ type: "Topic", key: k }, "Topic")).toBeNull();
    }
    expect(integerKey({ type: "Tool", key: "7" }, "Topic")).toBeNull();
  });
});

describe("Scalars (R15)", () => {
  const cases: [GraphQLScalarType<string, string>, good: string[], bad: string[]][] = [
    [
      DateScalar,
      ["2026-06-24", "2024-02-29", "0001-01-01"],
      ["2026-02-29", "2026-13-01", "2026-6-4", "24.06.2026", "2026-06-24T00:00:00Z", "2026-06-24 ", ""],
    ],
    [
      DateTimeScalar,
      ["2026-06-24T09:30:00.000Z", "2026-06-24T09:30:00Z", "2026-06-24T23:59:59.123456+02:00"],
      [
        "2026-06-25",
        "2026-06-24T24:00:00Z",
        "2026-06-25T08:15:00",
        "2026-02-30T09:30:00Z",
        "2026-06-24T09:60:00Z",
        "2026-06-24 09:30:00Z",
      ],
    ],
    [
      DecimalScalar,
      ["0", "0.15", "-12", "999999999999.9999"],
      ["1e3", ".5", "1.", "1,5", "0x10", "Infinity", "1234567890123", "0.12345", ""],
    ],
    [
      EmailAddressScalar,
      ["ada@example.org", "ada.lovelace+test@sub.example.co.uk"],
      [
        "ada",
        "ada@",
        "@example.org",
        "ada@example",
        "a b@example.org",
        "ada@example.org\n",
        `${"a".repeat(250)}@example.org`,
      ],
    ],
    [
      UrlScalar,
      ["https://example.org", "http://example.org:8080/a?b=c#d"],
      [
        "javascript:alert(1)",
        "data:text/html,x",
        "ftp://example.org",
        "//example.org",
        "example.org",
        "/path",
        "https://",
        `https://example.org/${"x".repeat(2_000)}`,
      ],
    ],
  ];

  it.each(cases)("%s takes what has its form, from variables and from the document", (scalar, good) => {
    for (const value of good) {
      expect(scalar.parseValue(value)).toBe(value);
      expect(scalar.parseLiteral({ kind: Kind.STRING, value })).toBe(value);
    }
  });

  it.each(cases)("%s refuses everything else and does not repeat it", (scalar, _good, bad) => {
    const refused = (work: () => unknown, value: string) => {
      expect(work).toThrow(GraphQLError);
      try {
        work();
      } catch (error) {
        if (value.length > 2) expect((error as GraphQLError).message).not.toContain(value);
        expect((error as GraphQLError).extensions["code"]).toBe("BAD_USER_INPUT");
      }
    };
    for (const value of bad) {
      refused(() => scalar.parseValue(value), value);
      refused(() => scalar.parseLiteral({ kind: Kind.STRING, value }), value);
    }
    for (const value of [7, true, null, {}, ["2026-06-24"]]) refused(() => scalar.parseValue(value), "");
    refused(() => scalar.parseLiteral({ kind: Kind.INT, value: "7" }), "");
  });

  it.each(cases)("%s gives out text as it is in the database, and nothing else", scalar => {
    expect(scalar.serialize("as it is")).toBe("as it is");
    for (const value of [new Date(), 7, null]) expect(() => scalar.serialize(value)).toThrow(TypeError);
  });
});

describe("trustedSql", () => {
  it("takes names and expressions over columns", () => {
    for (const text of [
      'e."title"',
      'lower(e."title" COLLATE "C")',
      'l."topic_id" = p."parent"',
      'e."a"::text[]',
      "count(*)",
    ]) {
      expect(trustedSql(text).text).toBe(text);
    }
  });

  it("refuses whatever could end a statement or hide part of it", () => {
    for (const text of [
      "",
      "a; DROP TABLE topic",
      "a -- b",
      "a /* b */",
      "'a'",
      "a\\",
      "$1",
      "a\0",
      "a`b`",
      "a?b",
      "E'x'",
      "é",
    ]) {
      expect(() => trustedSql(text)).toThrow("not plain SQL text");
    }
  });

  it("refuses every text with a quote, a comment or a semicolon, wherever it stands", () => {
    const plain = fc.stringMatching(/^[\w ]{0,10}$/);
    fc.assert(
      fc.property(plain, fc.constantFrom("'", ";", "--", "/*", "$", "\\", "\0"), plain, (before, bad, after) => {
        expect(() => trustedSql(before + bad + after)).toThrow();
      }),
    );
  });
});

describe("roundedClaim", () => {
  it.each([
    [0, "0"],
    [9, "9"],
    [10, "10"],
    [47, "40+"],
    [99, "90+"],
    [100, "100"],
    [149, "100+"],
    [523, "500+"],
    [999, "950+"],
    [1_000, "1,000"],
    [12_345, "12,300+"],
  ])("says of %d lessons: %s", (total, claim) => {
    expect(roundedClaim(total)).toBe(claim);
  });

  it("never claims more than there is, and has a plus exactly when there is more", () => {
    fc.assert(
      fc.property(fc.nat(1_000_000), total => {
        const claim = roundedClaim(total);
        const number = Number(claim.replace(/[,+]/g, ""));
        expect(number).toBeLessThanOrEqual(total);
        expect(claim.endsWith("+")).toBe(number < total);
      }),
    );
  });
});
