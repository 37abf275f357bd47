// Content at random, as sources: every optional part there or not, and texts that YAML or Markdown would rather take for something else.
import fc from "fast-check";
import { lengthOf } from "../../src/content/content.text";
import { isStorableText } from "../../src/db/stored-values";
import {
  normalForm,
  type LessonSource,
  type ModuleSource,
  type Source,
  type ToolSource,
  type TopicSource,
} from "../../src/content/source.model";

const lookAlikes = [
  ...["yes", "No", "null", "~", "true", "1e3", "0x1f", "012", "12", "-0", ".5", ".inf", ".nan", "2026-01-01", "<<"],
  ...[
    "- a",
    "-",
    "--- a",
    "---",
    "...",
    "? a",
    ": a",
    "a: b",
    "a:",
    ":a",
    "a #b",
    "#a",
    "a#",
    "# a",
    "%a",
    "@a",
    "`a`",
  ],
  ...["'a'", '"a"', `'a"`, "it's", "{a}", "[a]", "[a](tool:b)", "&a", "*a", "!a", "|", ">", "| a", "> a", "\\", "a\\"],
  ...[
    "a\tb",
    "a:\tb",
    "a\t#b",
    "a  b",
    "ä€😀",
    "👩🏽‍💻",
    "a\u00a0b",
    "a\u2028b",
    "a\u0085b",
    "a\ufeffb",
    "a\u0007b",
    "a\u200bb",
    "e\u0301",
  ],
  ...[
    "a\nb",
    "a\n\nb",
    "a\n b",
    "a\n\tb",
    "a \nb",
    "a\t\nb",
    "a\n---\nb",
    "a\n# b",
    "- a\n- b",
    "a: b\nc: d",
    "a\n   \nb",
    "a\n\n\n b\nc",
  ],
  `${"A long line, with a comma: and a colon. ".repeat(7)}End`,
];

const someText = fc.oneof(
  { arbitrary: fc.constantFrom(...lookAlikes), weight: 4 },
  fc.string({ unit: "grapheme", maxLength: 30 }),
  fc.string({ unit: "binary", maxLength: 12 }),
  fc.array(fc.constantFrom(...lookAlikes, " ", ""), { maxLength: 4 }).map(parts => parts.join("\n")),
);

/** A text that a key may hold. */
const text = (most: number) =>
  someText.map(value => {
    const cut = Array.from(value.replace(/\r/g, " ").trim()).slice(0, most).join("").trim();
    return cut === "" || !isStorableText(cut) || lengthOf(cut) > most ? "x" : cut;
  });

/** Of one line, as a heading is; what Markdown takes for its own included. */
const heading = fc.oneof(
  text(80).map(value => value.replace(/\n/g, " ")),
  fc.constantFrom(
    ...[
      "C #",
      "C#",
      "# A",
      "## A",
      "*A*",
      "_a_ b",
      "a_b_c",
      "`A`",
      "<b>A</b>",
      "<A>",
      "&amp;",
      "&",
      "1. A",
      "A\\",
      "\\A",
      "A \\# B",
    ],
    ...[
      "[a]",
      "[a](tool:b)",
      "[a][b]",
      "![a](/b.png)",
      "~~A~~",
      "www.example.org",
      "https://example.org",
      "a@example.org",
      "A | B",
    ],
    ...["---", "===", "```", "> A", "- A", "+ A", "A  B", "A\tB", "!", "(A)", "$A$", "[ ] A", "A: B", "Überblick 🧩"],
  ),
);

const blocks = [
  ...[
    "Text.",
    "*Emphasis*, **strong**, ~~gone~~ and `code`.",
    "> quoted\n> more",
    "- one\n  - two\n\n  three",
    "1. one\n2. two",
  ],
  ...[
    "```yaml\n---\ntitle: a\n---\n## No heading\n```",
    "~~~\n```\n~~~",
    "    code\n\n    ## no heading",
    "---",
    "***",
    "Text\n***",
  ],
  ...[
    "| a | b |\n| --- | --- |\n| 1 | 2 |",
    "- [ ] to do\n- [x] done",
    "### Heading *three*",
    "#### `Four` # ####",
    "Three\\\n---x",
  ],
  ...[
    "A line\\\nbreak, and  \nanother.",
    "&amp; &copy; \\*not emphasis\\* \\",
    "<b>html</b> <!-- comment -->",
    "<div>\n\n*text*\n\n</div>",
  ],
  ...[
    "[link](https://example.org/a_(b)?c=d#e) and [anchor](#a)",
    "[ref] and [other][ref]\n\n[ref]: /path 'Title'",
    "![alt](/image.png)",
  ],
  ...[
    "https://example.org and www.example.org",
    "2026-01-01",
    "null",
    "yes",
    "1e3",
    "key: value",
    "\tcode by tab",
    "a\tb",
    "trailing  \nspaces   ",
  ],
  ...[
    "ä€😀 👩🏽‍💻 e\u0301 \u00a0 \u2028 \u200b \u0085",
    "#no heading",
    "####### none",
    "- ",
    "+++",
    `${"word ".repeat(200)}end.`,
  ],
];
/** What a section cannot hold, or nothing can. */
const brokenBlocks = [
  ...[
    "## Heading",
    "Heading\n---",
    "# Title",
    "```\nopen",
    "~~~~\n~~~\nopen",
    "<!-- open",
    "<script>\nopen",
    "<pre>\nopen",
    "- ```\n  open",
  ],
  ...[
    "> ## Heading",
    "- ## Heading",
    "a\0b",
    "a\ud83db",
    "[a](javascript:b)",
    "![](/a.png)",
    "[elsewhere]",
    "[elsewhere]: /there",
    ">".repeat(101),
  ],
  ...[
    "a\r\nb\rc",
    "\r\n\r\n",
    "   ",
    "",
    "\u00a0\n\na",
    "\ufeff# a",
    "![CDATA[",
    "<![CDATA[\nopen",
    "<?php\nopen",
    "<!A\nopen",
  ],
];

const markdownOf = (block: fc.Arbitrary<string>) =>
  fc
    .array(fc.tuple(block, fc.constantFrom("\n\n", "\n\n\n\n", "\n \t\n", "\n")), { minLength: 1, maxLength: 5 })
    .map(parts => parts.map(part => part.join("")).join(""));

/** As it stands in a file, blank lines around it gone; not always what the rules allow. */
const body = markdownOf(
  fc.oneof({ arbitrary: fc.constantFrom(...blocks), weight: 12 }, fc.string({ unit: "grapheme", maxLength: 20 })),
).map(value => {
  const lines = value.replace(/\r/g, " ").split("\n");
  return (
    lines
      .slice(lines.findIndex(line => line.trim() !== ""))
      .join("\n")
      .trimEnd() || "x"
  );
});

/** The text of a document of its own, where the first heading is of level 2. */
const bodyWithHeading = body.map(value => (/^#{3}/m.test(value) ? `## Heading\n\n${value}` : value));

/** Anything that an editor may send. */
const anyBody = fc.oneof(
  body,
  markdownOf(fc.constantFrom(...blocks, ...brokenBlocks)),
  fc.string({ unit: "binary", maxLength: 20 }),
);

const slugs = ["null", "true", "no", "1e3", "12", "0", "2026-01-01", "0x1f", "a-b", "c"];
const emoji = fc.constantFrom("🧩", "👩🏽‍💻", "🇫🇮", "#️⃣", "*️⃣", "9️⃣", "❤️");
const day = fc.constantFrom("1000-01-01", "2024-02-29", "2026-06-24", "2999-12-31");
const decimal = fc.constantFrom("0", "20", "20.5", "0.0001", "999999999999.9999");
const origin = fc.record(
  { name: text(120), url: fc.constantFrom("https://example.org/a?b=c#d", "http://example.org/'") },
  { requiredKeys: ["name"] },
);
const optional = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });

const fact = fc
  .record({
    kind: fc.constantFrom("USERS", "LIMIT"),
    statement: text(300),
    value: optional(fc.oneof(decimal, fc.constant("-1.5"))),
    comparison: optional(fc.constantFrom("EXACTLY", "AT_LEAST", "ABOUT")),
    unit: text(40),
    asOf: fc.constant("2026-06-24"),
    source: origin,
    verifiedOn: optional(day),
    staleAfter: optional(fc.constant("2026-12-24")),
  })
  .map(({ unit, ...rest }) => (rest.value === undefined ? rest : { ...rest, unit }));
const facts = fc
  .tuple(fc.shuffledSubarray(slugs, { maxLength: 3 }), fc.array(fact, { minLength: 3, maxLength: 3 }))
  .map(([keys, list]) => keys.map((key, index) => ({ key, ...list[index] })));

const sections = (markdown: fc.Arbitrary<string>) =>
  fc
    .tuple(
      fc.shuffledSubarray(slugs, { maxLength: 3 }),
      fc.array(fc.record({ kind: fc.constantFrom("OVERVIEW", "CUSTOM"), emoji, heading, body: markdown }), {
        minLength: 3,
        maxLength: 3,
      }),
    )
    .map(([anchors, list]) => anchors.map((anchor, index) => ({ anchor, ...list[index] })));

const topic = (markdown: fc.Arbitrary<string>) =>
  fc.record({
    title: text(120),
    emoji,
    category: fc.constantFrom("DATA", "DESIGN"),
    position: fc.constant(1),
    updatedOn: day,
    summary: text(400),
    seo: fc.record({ title: text(70), description: text(160) }),
    callToAction: optional(
      fc.record({
        headline: text(80),
        body: text(300),
        buttonLabel: text(40),
        href: fc.constantFrom("/", "/a?b=c#d", "https://example.org", "/#:"),
        finePrint: text(120),
      }),
    ),
    tools: fc
      .array(fc.record({ featured: fc.boolean(), blurb: text(600) }), { minLength: 2, maxLength: 2 })
      .map(list => list.map((link, index) => ({ tool: `tool-${index}`, ...link }))),
    sections: sections(markdown),
    facts,
  }) as unknown as fc.Arbitrary<TopicSource>;

const tool = (markdown: fc.Arbitrary<string>) =>
  fc.record({
    name: text(80),
    vendor: text(80),
    category: fc.constantFrom("DESIGN", "WRITING"),
    tagline: text(160),
    website: fc.constantFrom("https://example.org", "http://example.org/#a"),
    pricingModel: fc.constantFrom("FREE", "PAID"),
    protocols: optional(fc.shuffledSubarray(["MCP", "OAUTH_2_1", "A2A"])),
    models: optional(fc.uniqueArray(text(60), { maxLength: 3 })),
    plans: optional(
      fc.uniqueArray(
        fc.record({
          name: text(80),
          price: optional(fc.record({ amount: decimal, currency: fc.constantFrom("USD", "EUR") })),
          unit: fc.constantFrom("MONTH", "YEAR"),
          description: optional(text(300)),
          asOf: day,
          source: origin,
        }),
        { maxLength: 3, selector: ({ name, unit }) => JSON.stringify([name, unit]) },
      ),
    ),
    facts,
    description: markdown,
  }) as unknown as fc.Arbitrary<ToolSource>;

const groupOf = {
  title: text(120),
  summary: text(400),
  level: fc.constantFrom("BEGINNER", "ADVANCED"),
};

const module_ = fc.record({
  ...groupOf,
  topic: fc.constant("topic-0"),
  position: fc.integer({ min: 1, max: 2_147_483_647 }),
  lessons: fc.shuffledSubarray(["lesson-0", "lesson-1"]),
}) as unknown as fc.Arbitrary<ModuleSource>;

const lesson = (markdown: fc.Arbitrary<string>) =>
  fc
    .record({
      ...groupOf,
      durationMinutes: fc.integer({ min: 1, max: 240 }),
      access: fc.constantFrom("PUBLIC", "ACCOUNT"),
      updatedOn: day,
      topics: fc.shuffledSubarray(["topic-0", "topic-1"], { minLength: 1 }),
      tools: optional(fc.shuffledSubarray(["tool-0", "tool-1"])),
      guideTo: optional(fc.constantFrom("tool-0", "tool-1")),
      prerequisites: optional(fc.shuffledSubarray(["lesson-0"])),
      body: markdown,
    })
    .map(keys => ({
      ...keys,
      kind: keys.guideTo === undefined ? "LESSON" : "TOOL_GUIDE",
    })) as unknown as fc.Arbitrary<LessonSource>;

const formerSlugs = fc.subarray(slugs).map(former => [...former].sort());

/** One document that keeps to the rules, but for what a body may hold; what it names need not be there. */
export const normalSources = sourcesWith(body, bodyWithHeading);
/** One document whose Markdown may be anything. */
export const editorsSources = sourcesWith(anyBody, anyBody);

function sourcesWith(inSections: fc.Arbitrary<string>, alone: fc.Arbitrary<string>): fc.Arbitrary<Source> {
  return fc.oneof(
    source("topic", topic(inSections)),
    source("tool", tool(alone)),
    source("module", module_),
    source("lesson", lesson(alone)),
  );
}

function source<Kind extends Source["kind"]>(
  kind: Kind,
  content: fc.Arbitrary<Extract<Source, { kind: Kind }>["content"]>,
): fc.Arbitrary<Extract<Source, { kind: Kind }>> {
  return fc.tuple(fc.constantFrom(...slugs), content, formerSlugs).map(
    ([slug, keys, before]) =>
      ({
        kind,
        slug,
        content: normalForm(kind, keys as never),
        formerSlugs: before.filter(other => other !== slug),
      }) as unknown as Extract<Source, { kind: Kind }>,
  );
}

// ---------------------------------------------------------------- whole catalogues

/** 1 to 6 documents that keep to all rules but, now and then, to those of Markdown; every name leads to another of them. */
export const catalogues: fc.Arbitrary<Source[]> = fc
  .record({
    topics: fc.array(topic(body), { maxLength: 2 }),
    tools: fc.array(tool(bodyWithHeading), { maxLength: 2 }),
    modules: fc.array(module_, { maxLength: 1 }),
    lessons: fc.array(lesson(bodyWithHeading), { maxLength: 2 }),
    names: fc.array(fc.shuffledSubarray(slugs, { minLength: 2 }), { minLength: 4, maxLength: 4 }),
    former: fc.subarray(["was-a", "was-b"]),
  })
  .map(drawn => {
    const [topicNames = [], toolNames = [], moduleNames = [], lessonNames = []] = drawn.names;
    const there = (documents: readonly unknown[], named: readonly string[]) => named.slice(0, documents.length);
    const topicsThere = there(drawn.topics, topicNames);
    const toolsThere = there(drawn.tools, toolNames);
    const renamed = (list: readonly string[], known: readonly string[]) =>
      list.flatMap(name => known[Number(name.split("-")[1])] ?? []);

    const lessons =
      topicsThere.length === 0
        ? []
        : drawn.lessons.map((content, index): LessonSource => {
            const topics = renamed(content.topics, topicsThere);
            const [guideTo] = renamed([`tool-${index}`], content.guideTo === undefined ? [] : toolsThere);
            return {
              ...content,
              kind: guideTo === undefined ? "LESSON" : "TOOL_GUIDE",
              guideTo,
              topics: topics.length === 0 ? topicsThere.slice(0, 1) : topics,
              tools: renamed(content.tools ?? [], toolsThere),
              prerequisites: index === 0 ? [] : renamed(content.prerequisites ?? [], lessonNames),
            };
          });
    const modules = topicsThere.slice(0, 1).flatMap(home =>
      drawn.modules.map((content): ModuleSource => {
        const fits = (name: string) =>
          lessons.some(
            ({ level, topics }, index) =>
              lessonNames[index] === name && level === content.level && topics.includes(home),
          );
        return { ...content, topic: home, lessons: renamed(content.lessons, there(lessons, lessonNames)).filter(fits) };
      }),
    );
    const topics = drawn.topics.map((content, index): TopicSource => ({
      ...content,
      position: drawn.topics.length - index,
      tools: content.tools.flatMap((link, rank) => (toolsThere[rank] ? [{ ...link, tool: toolsThere[rank] }] : [])),
      sections: content.sections.map(section => ({
        ...section,
        body: [section.body, ...toolsThere.map(name => `[mention](tool:${name})`)].join("\n\n"),
      })),
    }));
    const all = (kind: Source["kind"], contents: readonly Source["content"][], named: readonly string[]) =>
      contents.map((content, index) => ({
        kind,
        slug: named[index],
        content: normalForm(kind, content as never),
        formerSlugs: index === 0 ? drawn.former : [],
      })) as unknown as Source[];
    return [
      ...all("topic", topics, topicNames),
      ...all("tool", drawn.tools, toolNames),
      ...all("module", modules, moduleNames),
      ...all("lesson", lessons, lessonNames),
    ];
  })
  .filter(({ length }) => length > 0);
