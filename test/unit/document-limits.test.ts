// The cost of an operation: the same however it is written down, from the numbers it will run with, and measured in time that is linear.
import fc from "fast-check";
import { parse, type OperationDefinitionNode } from "graphql";
import { AppError } from "../../src/errors/app-error";
import { checkDocumentText, checkOperation } from "../../src/server/document-limits";
import { buildGraphQLSchema } from "../../src/server/schema";

const schema = buildGraphQLSchema();

function costOf(text: string, variables: Record<string, unknown> = {}): number {
  const document = parse(text);
  const limits = { maxDepth: 1_000, maxCost: Number.MAX_VALUE };
  return checkOperation(schema, document, document.definitions[0] as OperationDefinitionNode, variables, limits).cost;
}

function refusalOf(work: () => unknown): AppError {
  try {
    work();
  } catch (error) {
    if (error instanceof AppError) return error;
    throw error;
  }
  throw new Error("nothing was refused");
}

/** Which lists lead from one type to another; the ones with a size are connections. */
const lists = {
  Topic: {
    tools: ["Tool", "TopicToolConnection"],
    lessons: ["Lesson", "LessonConnection"],
    sections: ["TopicSection", ""],
  },
  Tool: { lessons: ["Lesson", "LessonConnection"], plans: ["ToolPlan", ""] },
  Lesson: { topics: ["Topic", "TopicConnection"], tools: ["Tool", "ToolConnection"], prerequisites: ["Lesson", ""] },
  TopicSection: { mentionedTools: ["Tool", ""] },
  ToolPlan: {},
} as const;
type TypeName = keyof typeof lists;

interface Selection {
  choice: number;
  size: number;
  /** How often the selection stands there. */
  times: number;
  /** Whether its selection set, and the one of its connection, are written as a fragment. */
  named: boolean;
  namedPage: boolean;
  inner: Selection[];
}

const { selections } = fc.letrec<{ selections: Selection[]; selection: Selection }>(tie => ({
  selection: fc.record({
    choice: fc.nat(10),
    size: fc.integer({ min: 1, max: 100 }),
    times: fc.integer({ min: 1, max: 2 }),
    named: fc.boolean(),
    namedPage: fc.boolean(),
    inner: tie("selections"),
  }),
  selections: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.constant<Selection[]>([]),
    fc.array(tie("selection"), { maxLength: 3, depthIdentifier: "selection" }),
  ),
}));

/** The selections on `type` as text; with `fragments`, parts of it are moved there. */
function print(type: TypeName, parts: readonly Selection[], fragments: string[] | undefined): string {
  const move = (condition: string, text: string, named: boolean): string => {
    if (!named || !fragments) return text;
    fragments.push(`fragment F${fragments.length} on ${condition} { ${text} }`);
    return `...F${fragments.length - 1}`;
  };
  const printed = parts.flatMap(({ choice, size, times, named, namedPage, inner }) => {
    const options = Object.entries<readonly [TypeName, string]>(lists[type]);
    const [field, [target, connection]] = options[choice % options.length] ?? ["", ["Tool", ""]];
    if (field === "") return [];
    const set = move(target, print(target, inner, fragments), named);
    const page = connection === "" ? set : move(connection, `nodes { ${set} }`, namedPage);
    const text = `${field}${connection === "" ? "" : `(first: ${size})`} { ${page} }`;
    return Array<string>(times).fill(text);
  });
  return ["id", ...printed].join(" ");
}

describe("The cost of an operation", () => {
  it("is the product of the page sizes down each path", () => {
    // 10 topics, each with one connection, 5 tools, and 2 lessons under each tool with their connection.
    const text =
      "{ topics(first: 10) { nodes { tools(first: 5) { nodes { lessons(first: 2) { nodes { slug } } } } } } }";
    expect(costOf(text)).toBe(1 + 10 * (1 + (1 + 5 * (1 + (1 + 2)))));
  });

  it("is the same with fragments as with everything written in place", () => {
    fc.assert(
      fc.property(selections, parts => {
        const fragments: string[] = [];
        const named = print("Topic", parts, fragments);
        fc.pre(fragments.length < 60);
        const inPlace = costOf(`{ topic(by: { slug: "x" }) { ${print("Topic", parts, undefined)} } }`);
        expect(costOf(`{ topic(by: { slug: "x" }) { ${named} } } ${fragments.join(" ")}`)).toBe(inPlace);
      }),
    );
  });

  it("counts a fragment anew under each page size that it is spread under", () => {
    const text = `{ ${[2, 7, 2].map(size => `topics(first: ${size}) { ...P }`).join(" ")} }
      fragment P on TopicConnection { nodes { slug } }`;
    expect(costOf(text)).toBe(1 + 2 + 1 + 7 + 1 + 2);
  });

  it("is the same from literals, variables and `last`", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 100 }), fc.integer({ min: 1, max: 100 }), (outer, inner) => {
        const literal = costOf(`{ topics(first: ${outer}) { nodes { tools(last: ${inner}) { nodes { slug } } } } }`);
        const variables = costOf(
          "query ($a: Int, $b: Int) { topics(last: $a) { nodes { tools(first: $b) { nodes { slug } } } } }",
          { a: outer, b: inner },
        );
        expect(variables).toBe(literal);
        expect(literal).toBe(1 + outer * (1 + (1 + inner)));
      }),
    );
  });

  it("counts 20 where no size is said and the largest page where it cannot be", () => {
    const page = (argument: string, variables = {}) =>
      costOf(`query { topics${argument} { nodes { slug } } }`, variables);
    expect(page("")).toBe(21);
    expect(page("(first: null)")).toBe(21);
    for (const size of ["0", "-3", "101", "2000000000"]) expect(page(`(first: ${size})`)).toBe(101);
    expect(costOf("query ($n: Int) { topics(first: $n) { nodes { slug } } }", {})).toBe(21);
  });

  it("counts ids as given, from a literal or a variable", () => {
    const ids = Array.from({ length: 7 }, (_, index) => `id${index}`);
    expect(costOf(`{ nodes(ids: ${JSON.stringify(ids)}) { id } }`)).toBe(7);
    expect(costOf("query ($ids: [ID!]!) { nodes(ids: $ids) { id } }", { ids })).toBe(7);
  });

  it("is told together with the limit when it is too high", () => {
    const document = parse("{ topics(first: 100) { nodes { slug } } }");
    const operation = document.definitions[0] as OperationDefinitionNode;
    expect(checkOperation(schema, document, operation, {}, { maxDepth: 3, maxCost: 101 })).toEqual({
      cost: 101,
      dependsOn: [],
    });
    const error = refusalOf(() => checkOperation(schema, document, operation, {}, { maxDepth: 3, maxCost: 100 }));
    expect([error.code, error.details]).toEqual(["QUERY_TOO_COMPLEX", { cost: { requested: 101, limit: 100 } }]);
    expect(
      refusalOf(() => checkOperation(schema, document, operation, {}, { maxDepth: 2, maxCost: 101 })).message,
    ).toContain("3 fields deep");
  });

  it("is found at once for fragments that double fifty times: each is measured once", () => {
    const levels = Array.from(
      { length: 50 },
      (_, i) =>
        `fragment F${i} on Topic { relatedA: lessons(first: 1) { nodes { topics(first: 1) { nodes { ...F${i + 1} } } } } }`,
    ).map((text, i) => text.replace(`...F${i + 1}`, `...F${i + 1} ...F${i + 1}`).replace("relatedA: ", ""));
    const cost = costOf(`{ topic(by: { slug: "x" }) { ...F0 } } ${levels.join(" ")} fragment F50 on Topic { slug }`);
    expect(cost).toBeGreaterThan(2 ** 50);
  });
});

describe("The text of a document", () => {
  const fits = (text: string) => expect(() => checkDocumentText(text)).not.toThrow();
  const refused = (text: string) => expect(refusalOf(() => checkDocumentText(text)).code).toBe("QUERY_TOO_COMPLEX");

  it("may be nested 60 deep, whatever the brackets, and no deeper", () => {
    for (const [open, close] of [
      ["{", "}"],
      ["[", "]"],
      ["(", ")"],
    ] as const) {
      fits(open.repeat(60) + close.repeat(60));
      refused(open.repeat(61) + close.repeat(61));
      refused(open.repeat(61));
    }
    fits("{ a } ".repeat(100));
  });

  it("has no nesting and no comments inside of strings and comments", () => {
    fits(`{ a(b: "${"{".repeat(100)}") }`);
    fits(`{ a(b: """${'{ " # \\""" '.repeat(300)}""") }`);
    fits(`# ${"{".repeat(100)}\n{ a }`);
    fits(`{ a(b: "\\"${"#".repeat(300)}") }`);
  });

  it("cannot hide its nesting behind what only looks like a string or a comment", () => {
    const bomb = "{".repeat(61);
    for (const start of [
      '"" ',
      '"a\\\\" ',
      '"""a""" ',
      "# comment\n",
      '# "\n',
      "# a\r",
      '"open string\n',
      '"""\\"""" """ ',
    ])
      refused(start + bomb);
  });

  it("may have 200 comments and 20,000 characters", () => {
    fits("#\n".repeat(200));
    refused("#\n".repeat(201));
    fits(" ".repeat(20_000));
    refused(" ".repeat(20_001));
  });
});
