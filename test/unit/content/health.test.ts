// Every rule of content health: content that breaks it, and the nearest that does not. What is shipped, and anything else that can be written.
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { readContentDirectory } from "../../../src/content/catalogue.read";
import { contentKinds, type ContentKind } from "../../../src/content/content.files";
import { documentOf } from "../../../src/content/document.read";
import { checkHealth, mostFindings } from "../../../src/content/health/health.check";
import { compareSeverity, healthRules, type HealthFinding } from "../../../src/content/health/health.finding";
import { surroundingsOf } from "../../../src/content/health/health.surroundings";
import { numberClaims } from "../../../src/content/health/number.claims";
import type { Source, SourceOf } from "../../../src/content/source.model";
import { smallContent, withContent } from "../../support/content-files";

const today = "2026-11-24";
const shipped = "prisma/content";
type Rule = HealthFinding["rule"];

let small: Source[];

beforeAll(async () => {
  const renamed = {
    ...smallContent,
    "tools/claude.md": smallContent["tools/claude.md"]!.replace("vendor:", "formerSlugs: [claude-ai]\nvendor:"),
  };
  small = (await withContent(renamed, directory => readContentDirectory(directory))).sources;
});

function sourceOf(kind: ContentKind, slug: string): Source {
  return small.find(source => source.kind === kind && source.slug === slug)!;
}

const placeOf = ({ severity, path, line }: HealthFinding) =>
  `${severity} ${path.join(".")}${line === null ? "" : `:${line}`}`;

interface Case {
  rule: Rule;
  name: string;
  check(edit: "wrong" | "right"): Promise<string[]>;
  places: string[];
}

type Edit<Kind extends ContentKind> = (content: SourceOf[Kind]) => Partial<SourceOf[Kind]>;

/** @param places where `wrong` breaks the rule, as severity, path and line. */
function breaks<Kind extends ContentKind>(
  rule: Rule,
  name: string,
  [kind, slug]: [Kind, string],
  edits: { wrong: Edit<Kind>; right: Edit<Kind> },
  places: string[],
): Case {
  return {
    rule,
    name,
    places,
    check: async edit => {
      const source = sourceOf(kind, slug);
      const content = { ...source.content, ...edits[edit](source.content as SourceOf[Kind]) };
      const findings = await checkHealth({ ...source, content } as Source, surroundingsOf(small), today);
      return findings.filter(finding => finding.rule === rule).map(placeOf);
    },
  };
}

const topic: ["topic", string] = ["topic", "backend"];
const tool: ["tool", string] = ["tool", "cursor"];
const lesson: ["lesson", string] = ["lesson", "first-step"];
const section =
  (body: string): Edit<"topic"> =>
  ({ sections }) => ({
    sections: sections.map((each, index) => (index === 1 ? { ...each, body } : each)),
  });
const description =
  (text: string): Edit<"tool"> =>
  () => ({ description: text });
const body =
  (text: string): Edit<"lesson"> =>
  () => ({ body: text });
const blurb =
  (text: string): Edit<"topic"> =>
  ({ tools }) => ({
    tools: tools.map((each, index) => (index === 0 ? { ...each, blurb: text } : each)),
  });
const fact =
  (given: Partial<NonNullable<SourceOf["tool"]["facts"]>[number]>): Edit<"tool"> =>
  ({ facts = [] }) => ({
    facts: facts.slice(0, 1).map(each => ({ ...each, verifiedOn: undefined, staleAfter: undefined, ...given })),
  });
const plan =
  (given: Partial<NonNullable<SourceOf["tool"]["plans"]>[number]>): Edit<"tool"> =>
  ({ plans = [] }) => ({
    plans: plans.slice(0, 1).map(each => ({ ...each, ...given })),
  });
const paragraphs = (words: number) =>
  Array.from({ length: words / 100 }, () => "word ".repeat(100).trim()).join("\n\n");

const users = { key: "users", kind: "USERS", statement: "Many.", asOf: today, source: { name: "A page" } } as const;

const cases: Case[] = [
  breaks(
    "INVALID",
    "a text that is too long",
    tool,
    { wrong: () => ({ name: "x".repeat(81) }), right: () => ({ name: "x".repeat(80) }) },
    ["ERROR name"],
  ),
  breaks(
    "INVALID",
    "a link that could run",
    topic,
    { wrong: section("See [this](javascript:alert)."), right: section("See [this](/this).") },
    ["ERROR sections.1.body:1"],
  ),
  breaks(
    "INVALID",
    "a link that could run, with its line",
    tool,
    {
      wrong: description("Text.\n\n[this](javascript:alert)"),
      right: description("Text.\n\n[this](mailto:a@example.org)"),
    },
    ["ERROR description:3"],
  ),

  breaks(
    "INVALID",
    "a text of one line, which has no line",
    topic,
    {
      wrong: ({ callToAction }) => ({ callToAction: { ...callToAction!, body: "" } }),
      right: ({ callToAction }) => ({ callToAction: { ...callToAction!, body: "x" } }),
    },
    ["ERROR callToAction.body"],
  ),
  breaks(
    "INVALID",
    "the whole, when it is too much",
    tool,
    { wrong: description("x".repeat(200_000)), right: description("x".repeat(190_000)) },
    ["ERROR "],
  ),

  breaks(
    "DEAD_LINK",
    "a link to no tool",
    topic,
    { wrong: section("One.\n\nSee [it](tool:gone)."), right: section("One.\n\nSee [it](tool:claude).") },
    ["ERROR sections.1.body:3"],
  ),
  breaks(
    "DEAD_LINK",
    "a path to no lesson",
    tool,
    { wrong: description("[It](/lessons/gone?from=here)"), right: description("[It](/lessons/first-step?from=here)") },
    ["ERROR description:1"],
  ),
  breaks(
    "DEAD_LINK",
    "a link by reference",
    lesson,
    { wrong: body("## A\n\n[It][1]\n\n[1]: topic:gone"), right: body("## A\n\n[It][1]\n\n[1]: topic:data") },
    ["ERROR body:3"],
  ),
  breaks(
    "DEAD_LINK",
    "a key",
    lesson,
    {
      wrong: () => ({ prerequisites: ["second-step", "gone"] }),
      right: () => ({ prerequisites: ["second-step", "all-about-it"] }),
    },
    ["ERROR prerequisites.1"],
  ),
  breaks(
    "DEAD_LINK",
    "the lessons of a module",
    ["module", "groundwork"],
    { wrong: () => ({ lessons: ["gone"] }), right: () => ({ lessons: ["first-step"] }) },
    ["ERROR lessons.0"],
  ),
  breaks(
    "DEAD_LINK",
    "a button",
    topic,
    {
      wrong: ({ callToAction }) => ({ callToAction: { ...callToAction!, href: "/topics/gone" } }),
      right: ({ callToAction }) => ({ callToAction: { ...callToAction!, href: "/topics/backend" } }),
    },
    ["ERROR callToAction.href"],
  ),
  breaks(
    "DEAD_LINK",
    "an address that leads on",
    topic,
    { wrong: section("[It](tool:claude-ai)"), right: section("[It](tool:claude)") },
    ["NOTICE sections.1.body:1"],
  ),
  breaks(
    "DEAD_LINK",
    "an anchor of no section",
    topic,
    { wrong: section("[It](#in-acton)"), right: section("[It](#in-action)") },
    ["WARNING sections.1.body:1"],
  ),

  breaks(
    "TOOL_LISTED_TWICE",
    "under one address",
    topic,
    {
      wrong: ({ tools }) => ({ tools: [...tools, { tool: "cursor", blurb: "Again." }] }),
      right: ({ tools }) => ({ tools }),
    },
    ["ERROR tools.2.tool"],
  ),
  breaks(
    "TOOL_LISTED_TWICE",
    "under an old address and a new one",
    lesson,
    { wrong: () => ({ tools: ["claude", "claude-ai"] }), right: () => ({ tools: ["cursor", "claude-ai"] }) },
    ["ERROR tools.1"],
  ),

  breaks(
    "HEADINGS_OUT_OF_ORDER",
    "level 1",
    lesson,
    { wrong: body("## A\n\nText.\n\n# B\n\nText."), right: body("## A\n\nText.\n\n## B\n\nText.") },
    ["ERROR body:5"],
  ),
  breaks(
    "HEADINGS_OUT_OF_ORDER",
    "a first heading below level 2",
    lesson,
    { wrong: body("### A\n\nText."), right: body("Text.\n\n## A\n\nText.") },
    ["ERROR body:1"],
  ),
  breaks(
    "HEADINGS_OUT_OF_ORDER",
    "a level skipped",
    lesson,
    {
      wrong: body("## A\n\nText.\n\n#### B\n\nText."),
      right: body("## A\n\nText.\n\n### B\n\nText.\n\n## C\n\nText."),
    },
    ["WARNING body:5"],
  ),
  breaks(
    "HEADINGS_OUT_OF_ORDER",
    "a level skipped in a section",
    topic,
    { wrong: section("#### A\n\nText."), right: section("### A\n\nText.\n\n#### B\n\nText.\n\n### C\n\nText.") },
    ["WARNING sections.1.body:1"],
  ),
  breaks(
    "HEADINGS_OUT_OF_ORDER",
    "level 2 in a section",
    topic,
    { wrong: section("Text.\n\n## A\n\nText."), right: section("Text.\n\n### A\n\nText.") },
    ["ERROR sections.1.body:3"],
  ),

  breaks("MISSING_EMOJI", "of a topic", topic, { wrong: () => ({ emoji: " " }), right: () => ({ emoji: "👩🏽‍💻" }) }, [
    "ERROR emoji",
  ]),
  breaks(
    "MISSING_EMOJI",
    "of a section",
    topic,
    {
      wrong: ({ sections }) => ({ sections: sections.map(each => ({ ...each, emoji: "x" })).slice(0, 1) }),
      right: ({ sections }) => ({ sections }),
    },
    ["ERROR sections.0.emoji"],
  ),

  breaks(
    "MISSING_ALT_TEXT",
    "none",
    lesson,
    { wrong: body("Text.\n\n![ ](/a.png)"), right: body("Text.\n\n![A cat on a keyboard](/a.png)") },
    ["ERROR body:3"],
  ),
  breaks(
    "MISSING_ALT_TEXT",
    "a file name",
    lesson,
    { wrong: body("![cat-1.png](/a.png)"), right: body("![What cat-1.png shows: a cat](/a.png)") },
    ["WARNING body:1"],
  ),
  breaks(
    "MISSING_ALT_TEXT",
    "that there is an image",
    lesson,
    {
      wrong: body("![A screenshot][1]\n\n[1]: /a.png"),
      right: body("![A screenshot of the editor][1]\n\n[1]: /a.png"),
    },
    ["WARNING body:1"],
  ),

  breaks("EMPTY_SECTION", "a section", topic, { wrong: section(" "), right: section("Text.") }, [
    "ERROR sections.1.body",
  ]),
  breaks(
    "EMPTY_SECTION",
    "a heading",
    lesson,
    { wrong: body("## A\n\n## B\n\nText.\n\n### C"), right: body("## A\n\n### B\n\nText.") },
    ["WARNING body:1", "WARNING body:7"],
  ),

  breaks(
    "STALE_FACT",
    "the day has passed",
    tool,
    { wrong: fact({ staleAfter: "2026-11-23" }), right: fact({ staleAfter: today }) },
    ["WARNING facts.0.staleAfter"],
  ),
  breaks("UNVERIFIED_FACT", "never", tool, { wrong: fact({}), right: fact({ verifiedOn: today }) }, ["NOTICE facts.0"]),
  breaks(
    "UNVERIFIED_FACT",
    "not for a year",
    tool,
    { wrong: fact({ verifiedOn: "2025-11-23" }), right: fact({ verifiedOn: "2025-11-24" }) },
    ["NOTICE facts.0.verifiedOn"],
  ),
  breaks(
    "UNVERIFIED_FACT",
    "not for a year, but a day is set",
    tool,
    { wrong: fact({ verifiedOn: "2025-01-01" }), right: fact({ verifiedOn: "2025-01-01", staleAfter: "2027-01-01" }) },
    ["NOTICE facts.0.verifiedOn"],
  ),
  breaks(
    "UNVERIFIED_FACT",
    "of a topic",
    topic,
    {
      wrong: () => ({ facts: [users] }),
      right: () => ({ facts: [{ ...users, verifiedOn: today }] }),
    },
    ["NOTICE facts.0"],
  ),
  breaks(
    "OLD_PRICE",
    "more than a year",
    tool,
    { wrong: plan({ asOf: "2025-11-23" }), right: plan({ asOf: "2025-11-24" }) },
    ["NOTICE plans.0.asOf"],
  ),

  breaks(
    "NUMBER_WITHOUT_SOURCE",
    "not what the fact says",
    topic,
    { wrong: blurb("It earns 3 billion US dollars."), right: blurb("It earns 2 billion US dollars.") },
    ["WARNING tools.0.blurb"],
  ),
  breaks(
    "NUMBER_WITHOUT_SOURCE",
    "of another tool",
    topic,
    { wrong: section("[Claude](tool:claude) costs $20."), right: section("[Cursor](tool:cursor) costs $20.") },
    ["WARNING sections.1.body:1"],
  ),
  breaks(
    "NUMBER_WITHOUT_SOURCE",
    "a tool that is named, not linked",
    topic,
    { wrong: section("Claude costs $20."), right: section("Cursor costs $20.") },
    ["WARNING sections.1.body:1"],
  ),
  breaks(
    "NUMBER_WITHOUT_SOURCE",
    "a link in another paragraph",
    tool,
    {
      wrong: description("It has 30% more.\n\nSee [here](https://example.org)."),
      right: description("It has 30% more, see [here](https://example.org)."),
    },
    ["WARNING description:1"],
  ),
  breaks(
    "NUMBER_WITHOUT_SOURCE",
    "a page of this site is no source",
    tool,
    {
      wrong: description("It has 30% more, see [here](/tools/cursor)."),
      right: description("It has `30%` more, see [here](/tools/cursor)."),
    },
    ["WARNING description:1"],
  ),
  breaks(
    "NUMBER_WITHOUT_SOURCE",
    "lessons may make up examples, but not about a tool",
    lesson,
    {
      wrong: body("With [Claude](tool:claude), the bill falls by 30 percent."),
      right: body("Say that the bill falls by 30 percent."),
    },
    ["WARNING body:1"],
  ),

  breaks(
    "LESSON_WITHOUT_MODULE",
    "no module",
    ["lesson", "all-about-it"],
    { wrong: () => ({}), right: () => ({ kind: "TOOL_GUIDE" as const, guideTo: "claude" }) },
    ["WARNING "],
  ),

  breaks(
    "READING_TIME",
    "too little",
    lesson,
    {
      wrong: () => ({ body: paragraphs(2400), durationMinutes: 11 }),
      right: () => ({ body: paragraphs(2400), durationMinutes: 12 }),
    },
    ["WARNING durationMinutes"],
  ),
  breaks(
    "READING_TIME",
    "too little for the code",
    lesson,
    {
      wrong: () => ({ body: `\`\`\`\n${"x\n".repeat(150)}\`\`\``, durationMinutes: 9 }),
      right: () => ({ body: `\`\`\`\n${"x\n".repeat(150)}\`\`\``, durationMinutes: 10 }),
    },
    ["WARNING durationMinutes"],
  ),
  breaks(
    "READING_TIME",
    "too much",
    lesson,
    {
      wrong: () => ({ body: paragraphs(1000), durationMinutes: 26 }),
      right: () => ({ body: paragraphs(1000), durationMinutes: 25 }),
    },
    ["WARNING durationMinutes"],
  ),

  breaks(
    "NO_SECTIONS",
    "none",
    topic,
    { wrong: () => ({ sections: [] }), right: ({ sections }) => ({ sections: sections.slice(1) }) },
    ["WARNING sections"],
  ),
  breaks(
    "NO_LESSONS",
    "none",
    ["module", "groundwork"],
    { wrong: () => ({ lessons: [] }), right: () => ({ lessons: ["first-step"] }) },
    ["WARNING lessons"],
  ),
  breaks(
    "TOO_FEW_TOOLS",
    "none",
    topic,
    { wrong: () => ({ tools: [] }), right: ({ tools }) => ({ tools: [...tools, { tool: "third", blurb: "It." }] }) },
    ["WARNING tools"],
  ),
  breaks(
    "TOO_FEW_TOOLS",
    "two",
    topic,
    {
      wrong: ({ tools }) => ({ tools }),
      right: ({ tools }) => ({ tools: [...tools, { tool: "third", blurb: "It." }] }),
    },
    ["NOTICE tools"],
  ),

  breaks(
    "DUPLICATE_HEADING",
    "under the same heading",
    lesson,
    {
      wrong: body("## A\n\n### Why\n\nText.\n\n### why\n\nText."),
      right: body("## A\n\n### Why\n\nText.\n\n## B\n\n### Why\n\nText."),
    },
    ["WARNING body:7"],
  ),
  breaks(
    "DUPLICATE_HEADING",
    "of two sections",
    topic,
    {
      wrong: ({ sections }) => ({ sections: sections.map(each => ({ ...each, heading: "Overview" })) }),
      right: ({ sections }) => ({ sections }),
    },
    ["WARNING sections.1.heading"],
  ),

  breaks(
    "INSECURE_LINK",
    "in a text",
    lesson,
    {
      wrong: body("[It](http://example.org/)"),
      right: body("[It](https://example.org/) and [that](http://localhost:4000/)"),
    },
    ["WARNING body:1"],
  ),
  breaks(
    "INSECURE_LINK",
    "of the website",
    tool,
    { wrong: () => ({ website: "http://example.org" }), right: () => ({ website: "https://example.org" }) },
    ["WARNING website"],
  ),
  breaks(
    "INSECURE_LINK",
    "of a source",
    tool,
    { wrong: plan({ source: { name: "It", url: "http://example.org" } }), right: plan({ source: { name: "It" } }) },
    ["WARNING plans.0.source.url"],
  ),
];

describe("checkHealth", () => {
  it.each(cases)("$rule: $name", async ({ check, places }) => {
    expect(await check("wrong")).toEqual(places);
    expect(await check("right")).toEqual([]);
  });

  it("has each rule with each of its severities above", () => {
    const shown = cases.flatMap(({ rule, places }) => places.map(place => `${rule} ${place.split(" ", 1)[0]}`));
    const promised = Object.entries(healthRules).flatMap(([rule, { severities }]) =>
      severities.map(each => `${rule} ${each}`),
    );
    expect([...new Set(shown)].sort()).toEqual(promised.sort());
  });

  it("says what is wrong and how to mend it, the worst first", async () => {
    const source = sourceOf("topic", "backend") as Extract<Source, { kind: "topic" }>;
    const content = { ...source.content, ...section("[It](tool:claude-ai) and [that](tool:gone)")(source.content) };
    const findings = await checkHealth({ ...source, content }, surroundingsOf(small), today);
    expect(findings.map(({ severity, message, remedy }) => [severity, message, remedy])).toEqual([
      ["ERROR", "There is no published tool at “gone”.", healthRules.DEAD_LINK.remedy],
      ["NOTICE", "The address “claude-ai” of the tool “Claude” has become “claude”.", "Write claude instead."],
      ["NOTICE", "The topic ranks 2 tools only.", healthRules.TOO_FEW_TOOLS.remedy],
    ]);
  });

  it("takes what an unpublished source says of itself as it is there now", async () => {
    const draft: Source = { ...sourceOf("tool", "cursor"), slug: "cursor-next" };
    const content = { ...draft.content, description: "[It](tool:cursor-next) costs $20." } as SourceOf["tool"];
    const findings = await checkHealth({ ...draft, content } as Source, surroundingsOf([]), today);
    expect(findings.filter(({ rule }) => rule === "DEAD_LINK" || rule === "NUMBER_WITHOUT_SOURCE")).toEqual([]);
  });

  it("does not end in a list without end", async () => {
    const source = sourceOf("tool", "cursor") as Extract<Source, { kind: "tool" }>;
    const facts = Array.from({ length: 300 }, (_, index) => ({ ...users, key: `users-${index}` }));
    const findings = await checkHealth(
      { ...source, content: { ...source.content, facts } },
      surroundingsOf(small),
      today,
    );
    expect(findings).toHaveLength(mostFindings);
  });
});

describe("numberClaims", () => {
  it.each<[string, [string, number][]]>([
    ["It earns 2 billion US dollars or more.", [["2 billion US dollars", 2e9]]],
    [
      "Plus costs $20 a month, Pro US$1,200.50 a year.",
      [
        ["$20", 20],
        ["US$1,200.50", 1200.5],
      ],
    ],
    [
      "A million or more people; two billion in all.",
      [
        ["A million or more people", 1e6],
        ["two billion", 2e9],
      ],
    ],
    [
      "Half, or 57 percent, or 12.5%.",
      [
        ["57 percent", 57],
        ["12.5%", 12.5],
      ],
    ],
    [
      "500+ happy users and 20,000 companies",
      [
        ["500+ happy users", 500],
        ["20,000 companies", 20_000],
      ],
    ],
    [
      "A context of 1M tokens, €2bn in cash",
      [
        ["1M tokens", 1e6],
        ["€2bn", 2e9],
      ],
    ],
  ])("finds %s", (text, claims) => {
    expect(numberClaims(text)).toMatchObject(claims.map(([found, value]) => ({ text: found, value })));
  });

  it.each([
    "GPT-5.4 came on 23 April 2026 and runs on Node 20.",
    "Three people, 12 users, 7 steps, 99th of 100 lines.",
    "It is 100% certain; it costs $0.",
    "A thousand examples and millions of lines of code.",
    "Version 2.5.1 with 8 GB, in HTTP/2 on port 4000.",
  ])("finds nothing in: %s", text => {
    expect(numberClaims(text)).toEqual([]);
  });
});

describe("The shipped content", () => {
  let sources: Source[];
  beforeAll(async () => {
    sources = (await readContentDirectory(shipped)).sources;
  });

  it("has no errors, on whatever day, and names no figure without a source", async () => {
    const surroundings = surroundingsOf(sources);
    const found: string[] = [];
    for (const source of sources) {
      for (const { rule, severity } of await checkHealth(source, surroundings, "2100-01-01")) {
        if (severity !== "NOTICE") found.push(rule);
      }
    }
    expect(sources.length).toBeGreaterThan(60);
    expect([...new Set(found)].sort()).toEqual(["LESSON_WITHOUT_MODULE", "STALE_FACT"]);
  });
});

describe("Any source", () => {
  const word = fc.constantFrom("Cursor", "costs", "$20", "2 billion", "30%", "1,000+ users", "a", "—", "é", "`x`");
  const url = fc.constantFrom(
    "tool:cursor",
    "tool:gone",
    "/lessons/x",
    "#a",
    "http://a.example",
    "https://b.example",
    "x:y",
    "",
  );
  const block = fc.oneof(
    fc.array(word, { minLength: 1, maxLength: 6 }).map(words => words.join(" ")),
    fc.tuple(fc.integer({ min: 1, max: 6 }), word).map(([level, text]) => `${"#".repeat(level)} ${text}`),
    fc
      .tuple(fc.constantFrom("", "!"), fc.constantFrom("", "text", "a.png"), url)
      .map(([mark, text, to]) => `${mark}[${text}](${to})`),
    fc.constantFrom(
      "```\ncode",
      "[a][1]\n\n[1]: tool:gone",
      "| a | b |\n| - | - |\n| $5 | 6% |",
      "<p>",
      "> # x",
      "- ## y",
    ),
    fc.string({ maxLength: 20, unit: "binary" }),
  );
  const markdown = fc.array(block, { maxLength: 8 }).map(blocks => blocks.join("\n\n"));
  const short = fc.oneof(word, fc.string({ maxLength: 12, unit: "grapheme" }));
  const day = fc.constantFrom("2024-01-01", "2026-11-24", "2027-01-01");
  const slug = fc.constantFrom("cursor", "gone", "x", "first-step");
  const slugs = fc.array(slug, { maxLength: 3 });
  const emoji = fc.constantFrom("🧩", "", "x");
  const origin = fc.record({ name: short, url: url }, { requiredKeys: ["name"] });
  const facts = fc.array(
    fc.record(
      {
        key: slug,
        kind: fc.constant("USERS" as const),
        statement: short,
        value: fc.constantFrom("1", "x"),
        asOf: day,
        source: origin,
        verifiedOn: day,
        staleAfter: day,
      },
      { requiredKeys: ["key", "kind", "statement", "asOf", "source"] },
    ),
    { maxLength: 3 },
  );
  const contents: { [Kind in ContentKind]: fc.Arbitrary<unknown> } = {
    topic: fc.record({
      title: short,
      emoji,
      category: fc.constant("DATA"),
      position: fc.constant(1),
      updatedOn: day,
      summary: short,
      seo: fc.record({ title: short, description: short }),
      tools: fc.array(fc.record({ tool: slug, blurb: short }), { maxLength: 3 }),
      sections: fc.array(fc.record({ kind: fc.constant("CUSTOM"), emoji, heading: short, body: markdown }), {
        maxLength: 3,
      }),
      facts,
    }),
    tool: fc.record({
      name: short,
      vendor: short,
      category: fc.constant("DATA"),
      tagline: short,
      website: url,
      pricingModel: fc.constant("FREE"),
      plans: fc.array(
        fc.record({
          name: short,
          price: fc.record({ amount: fc.constant("20"), currency: fc.constant("USD") }),
          unit: fc.constant("MONTH"),
          asOf: day,
          source: origin,
        }),
        { maxLength: 2 },
      ),
      facts,
      description: markdown,
    }),
    module: fc.record({
      title: short,
      topic: slug,
      level: fc.constant("BEGINNER"),
      position: fc.constant(1),
      summary: short,
      lessons: slugs,
    }),
    lesson: fc.record({
      title: short,
      summary: short,
      kind: fc.constantFrom("LESSON", "TOOL_GUIDE"),
      level: fc.constant("BEGINNER"),
      durationMinutes: fc.integer({ min: 0, max: 300 }),
      access: fc.constant("PUBLIC"),
      updatedOn: day,
      topics: slugs,
      tools: slugs,
      prerequisites: slugs,
      body: markdown,
    }),
  };
  const sources = fc
    .constantFrom(...contentKinds)
    .chain(kind => contents[kind].map(content => ({ kind, slug: "x", content, formerSlugs: [] }) as unknown as Source));

  it("has findings that its rules may have, and an error whenever the format refuses it", async () => {
    await fc.assert(
      fc.asyncProperty(sources, fc.constantFrom("own", "small"), async (source, around) => {
        const findings = await checkHealth(source, surroundingsOf(around === "own" ? [source] : small), today);
        for (const { rule, severity, path, message, remedy } of findings) {
          expect(healthRules[rule].severities).toContain(severity);
          expect(path.slice(0, 1).every(key => key in source.content || rule === "INVALID")).toBe(true);
          expect(`${message} ${remedy}`).toMatch(/^.+\..* .+\.$/su);
        }
        expect(findings).toEqual([...findings].sort(compareSeverity));
        const refused = (await documentOf(source)).problems.length > 0;
        if (refused) expect(findings[0]?.severity).toBe("ERROR");
        else expect(findings.filter(({ rule }) => rule === "INVALID" || rule === "MISSING_EMOJI")).toEqual([]);
      }),
      { numRuns: 150 },
    );
  });
});

describe("docs/content.md", () => {
  it("lists every rule of health, its severities and its remedy", () => {
    const [, section = ""] = readFileSync("docs/content.md", "utf8").split("\n## Health\n");
    const listed = section
      .split("\n## ", 1)[0]!
      .split("\n")
      .filter(line => line.startsWith("| `"));
    const rules = Object.entries(healthRules).map(
      ([rule, { severities, meaning, remedy }]) =>
        `| \`${rule}\` | ${severities.join(", ")} | ${meaning} | ${remedy} |`,
    );
    expect(listed).toEqual(rules);
  });
});
