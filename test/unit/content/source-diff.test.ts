// Two contents side by side: which parts differ, in which words, and what readers hear of it.
import "reflect-metadata";
import fc from "fast-check";
import { isDeepStrictEqual } from "node:util";
import type { ContentKind } from "../../../src/content/content.files";
import { changesInWords, namedInWords } from "../../../src/content/diff/change.sentences";
import { compareSources, type FieldChange } from "../../../src/content/diff/source.difference";
import {
  compareTexts,
  fullEffort,
  maxWordChanges,
  shareChanged,
  type WordChange,
} from "../../../src/content/diff/text.difference";
import { normalForm, type SourceOf } from "../../../src/content/source.model";
import {
  FieldChangeKind,
  WordChangeKind,
  type FieldChange as FieldChangeInSchema,
} from "../../../src/modules/editorial/comparison.type";

type Fact = NonNullable<SourceOf["tool"]["facts"]>[number];
type Plan = NonNullable<SourceOf["tool"]["plans"]>[number];

const fact = (key: string, statement: string, more: Partial<Fact> = {}): Fact => ({
  key,
  kind: "USERS",
  statement,
  asOf: "2026-06-24",
  source: { name: "A page" },
  ...more,
});
const plan = (name: string, amount: string, more: Partial<Plan> = {}): Plan => ({
  name,
  price: { amount, currency: "USD" },
  unit: "MONTH",
  asOf: "2026-06-24",
  source: { name: "Price page" },
  ...more,
});

const topic: SourceOf["topic"] = {
  title: "Backend",
  emoji: "🧩",
  category: "SOFTWARE_ENGINEERING",
  position: 1,
  updatedOn: "2026-06-24",
  summary: "Servers and what they serve.",
  seo: { title: "AI for backends", description: "What AI does." },
  callToAction: {
    headline: "Learn it",
    body: "It is worth it.",
    buttonLabel: "Start",
    href: "/join",
    finePrint: "Free",
  },
  tools: [
    { tool: "cursor", featured: true, blurb: "An editor with AI built in." },
    { tool: "claude", blurb: "An assistant." },
  ],
  sections: [
    { kind: "OVERVIEW", emoji: "📘", heading: "Overview", anchor: "overview", body: "What a backend is." },
    {
      kind: "JOB_IMPACT",
      emoji: "💼",
      heading: "Impact on Jobs",
      anchor: "job-impact",
      body: "Juniors do less typing.\n\nSeniors review more code than before.",
    },
  ],
  facts: [fact("developers", "Many developers use AI.")],
};

const tool: SourceOf["tool"] = {
  name: "Cursor",
  vendor: "Anysphere",
  category: "CODE_EDITOR",
  tagline: "An editor.",
  website: "https://cursor.com",
  pricingModel: "FREEMIUM",
  protocols: ["MCP"],
  models: ["GPT", "Claude"],
  plans: [plan("Plus", "20"), plan("Plus", "200", { unit: "YEAR" }), plan("Team", "40", { unit: "SEAT_MONTH" })],
  facts: [fact("users", "It has one million users.", { value: "1000000" }), fact("editor", "It edits")],
  description: "An editor made for working with AI from the start.",
};

const moduleSource: SourceOf["module"] = {
  title: "Groundwork",
  topic: "backend",
  level: "BEGINNER",
  position: 1,
  summary: "The first steps.",
  lessons: ["first-step", "second-step", "third-step"],
};

const lesson: SourceOf["lesson"] = {
  title: "First step",
  summary: "What it teaches.",
  kind: "TOOL_GUIDE",
  level: "BEGINNER",
  durationMinutes: 10,
  access: "PUBLIC",
  updatedOn: "2026-06-24",
  topics: ["backend"],
  tools: ["cursor", "claude"],
  guideTo: "cursor",
  prerequisites: ["second-step"],
  body: "Open the editor, and ask for a plan.",
};

const base: SourceOf = { topic, tool, module: moduleSource, lesson };

const nameOf = (kind: ContentKind, slug: string) => `${kind}:${slug}`;

/** `ADDED tools/x`, and what it was and is. Texts show their words as `same [-removed-] {+added+}`. */
function shown({ path, kind, before, after, words }: FieldChange): string {
  const marked = words.map(({ kind: of, text }) =>
    of === "SAME" ? text : of === "REMOVED" ? `[-${text}-]` : `{+${text}+}`,
  );
  const what = words.length > 0 ? marked.join("") : [before, after].filter(text => text !== null).join(" → ");
  return `${kind} ${path.join("/")}: ${what}`;
}

/** What an editor does, which changes there are, and which sentences. */
type Case<Kind extends ContentKind> = [
  edit: string,
  to: (content: SourceOf[Kind]) => Partial<SourceOf[Kind]>,
  changes: string[],
  sentences: string[],
];

function rejoined(words: readonly WordChange[], without: WordChange["kind"]): string {
  return words.map(({ kind, text }) => (kind === without ? "" : text)).join("");
}

function cases<Kind extends ContentKind>(kind: Kind, table: Case<Kind>[]): void {
  describe(`A ${kind} of which somebody`, () => {
    it.each(table)("%s", (_, edit, changes, sentences) => {
      const after = normalForm(kind, { ...base[kind], ...edit(base[kind]) });
      const found = compareSources(kind, normalForm(kind, base[kind]), after);
      expect(found.map(shown)).toEqual(changes);
      expect(changesInWords(kind, found, nameOf)).toEqual(sentences);
    });
  });
}

const [cursorLink, claudeLink] = topic.tools as [SourceOf["topic"]["tools"][0], SourceOf["topic"]["tools"][0]];
const [overview, jobs] = topic.sections as [SourceOf["topic"]["sections"][0], SourceOf["topic"]["sections"][0]];
const [plus, plusYear, team] = tool.plans as [Plan, Plan, Plan];
const [users, editor] = tool.facts as [Fact, Fact];

cases<"topic">("topic", [
  ["touches nothing", () => ({}), [], []],
  [
    "changes the title",
    () => ({ title: "Backend and APIs" }),
    ["CHANGED title: Backend{+ and APIs+}"],
    ["Title changed to “Backend and APIs”."],
  ],
  ["changes the emoji", () => ({ emoji: "🎯" }), ["CHANGED emoji: 🧩 → 🎯"], []],
  [
    "changes the category",
    () => ({ category: "DATA" }),
    ["CHANGED category: SOFTWARE_ENGINEERING → DATA"],
    ["Category changed from software engineering to data."],
  ],
  [
    "changes what only editors and search engines see",
    () => ({ position: 2, updatedOn: "2026-07-01", seo: { title: "AI for servers", description: "What AI does." } }),
    [
      "CHANGED position: 1 → 2",
      "CHANGED updatedOn: 2026-06-24 → 2026-07-01",
      "CHANGED seo/title: AI for[- backends-]{+ servers+}",
    ],
    [],
  ],
  [
    "rewords the summary",
    () => ({ summary: "Servers, and what they serve." }),
    ["CHANGED summary: Servers{+,+} and what they serve."],
    ["Summary revised."],
  ],
  [
    "changes two parts of the call to action",
    ({ callToAction }) => ({ callToAction: { ...callToAction!, buttonLabel: "Go", href: "/go" } }),
    ["CHANGED callToAction/buttonLabel: [-Start-]{+Go+}", "CHANGED callToAction/href: /join → /go"],
    ["Call to action changed."],
  ],
  [
    "removes the call to action",
    () => ({ callToAction: undefined }),
    [
      "REMOVED callToAction: headline: Learn it\nbody: It is worth it.\nbuttonLabel: Start\nhref: /join\nfinePrint: Free",
    ],
    ["Call to action removed."],
  ],
  [
    "puts a tool first",
    ({ tools }) => ({ tools: [{ tool: "windsurf", blurb: "Another editor." }, ...tools] }),
    ["ADDED tools/windsurf: tool: windsurf\nblurb: Another editor."],
    ["Tool tool:windsurf added."],
  ],
  [
    "removes a tool",
    () => ({ tools: [claudeLink] }),
    ["REMOVED tools/cursor: tool: cursor\nfeatured: true\nblurb: An editor with AI built in."],
    ["Tool tool:cursor removed."],
  ],
  [
    "ranks the tools anew",
    () => ({ tools: [claudeLink, cursorLink] }),
    ["MOVED tools: cursor\nclaude → claude\ncursor"],
    ["Order of tools changed."],
  ],
  [
    "features another tool and describes it",
    () => ({
      tools: [
        { tool: "cursor", blurb: "An editor with AI built in." },
        { tool: "claude", featured: true, blurb: "An assistant for code." },
      ],
    }),
    [
      "REMOVED tools/cursor/featured: true",
      "ADDED tools/claude/featured: true",
      "CHANGED tools/claude/blurb: An assistant{+ for code+}.",
    ],
    ["tool:cursor is no longer featured.", "tool:claude is now featured.", "Text about tool:claude revised."],
  ],
  [
    "puts a section between the others",
    () => ({
      sections: [overview, { kind: "CUSTOM", emoji: "🔭", heading: "Outlook", body: "More\n\nto come." }, jobs],
    }),
    ["ADDED sections/outlook: kind: CUSTOM\nemoji: 🔭\nheading: Outlook\nanchor: outlook\n\nMore\n\nto come."],
    ["Section Outlook added."],
  ],
  [
    "revises a section",
    () => ({
      sections: [overview, { ...jobs, body: "Juniors do less typing.\n\nSeniors review much more code than before." }],
    }),
    ["CHANGED sections/job-impact/body: Juniors do less typing.\n\nSeniors review{+ much+} more code than before."],
    ["Section Impact on Jobs revised."],
  ],
  [
    "rewrites a section",
    () => ({ sections: [overview, { ...jobs, body: "Nobody knows." }] }),
    [
      "CHANGED sections/job-impact/body: [-Juniors do less typing.\n\nSeniors review more code than before.-]{+Nobody knows.+}",
    ],
    ["Section Impact on Jobs rewritten."],
  ],
  [
    "renames a section that keeps its address, gives it another sign and moves it",
    () => ({ sections: [{ ...jobs, heading: "Impact on Work", emoji: "🧰" }, overview] }),
    [
      "CHANGED sections/job-impact/emoji: 💼 → 🧰",
      "CHANGED sections/job-impact/heading: Impact on[- Jobs-]{+ Work+}",
      "MOVED sections: overview\njob-impact → job-impact\noverview",
    ],
    ["Section Impact on Jobs is now called Impact on Work.", "Order of sections changed."],
  ],
  [
    "removes a section and the facts",
    () => ({ sections: [overview], facts: [] }),
    [
      "REMOVED sections/job-impact: kind: JOB_IMPACT\nemoji: 💼\nheading: Impact on Jobs\nanchor: job-impact\n\nJuniors do less typing.\n\nSeniors review more code than before.",
      "REMOVED facts/developers: key: developers\nkind: USERS\nstatement: Many developers use AI.\nasOf: 2026-06-24\nsource.name: A page",
    ],
    ["Section Impact on Jobs removed.", "Fact removed: Many developers use AI."],
  ],
]);

cases<"tool">("tool", [
  [
    "changes the name, the vendor, the tagline and the website",
    () => ({ name: "Cursor 2", vendor: "Any", tagline: "The editor.", website: "https://cursor.dev" }),
    [
      "CHANGED name: Cursor{+ 2+}",
      "CHANGED vendor: [-Anysphere-]{+Any+}",
      "CHANGED tagline: [-An-]{+The+} editor.",
      "CHANGED website: https://cursor.com → https://cursor.dev",
    ],
    [
      "Name changed to “Cursor 2”.",
      "Vendor changed to Any.",
      "Tagline changed to “The editor.”.",
      "Website changed to https://cursor.dev.",
    ],
  ],
  [
    "changes what it is and how it is paid for",
    () => ({ category: "MCP_SERVER", pricingModel: "USAGE_BASED" }),
    ["CHANGED category: CODE_EDITOR → MCP_SERVER", "CHANGED pricingModel: FREEMIUM → USAGE_BASED"],
    ["Category changed from code editor to MCP server.", "Pricing model changed from freemium to usage based."],
  ],
  [
    "adds a protocol and takes a model family",
    () => ({ protocols: ["OAUTH_2_1", "MCP"], models: ["Claude"] }),
    ["ADDED protocols/OAUTH_2_1: OAUTH_2_1", "REMOVED models/GPT: GPT"],
    ["Protocol OAuth 2.1 added.", "Model family GPT removed."],
  ],
  [
    "puts another model family first",
    () => ({ models: ["Claude", "GPT"] }),
    ["MOVED models: GPT\nClaude → Claude\nGPT"],
    [],
  ],
  [
    "changes one price of a plan that comes with two units, and the day of the other",
    () => ({
      plans: [{ ...plus, price: { amount: "25.00", currency: "USD" } }, { ...plusYear, asOf: "2026-07-01" }, team],
    }),
    ["CHANGED plans/Plus MONTH/price: 20 USD → 25 USD", "CHANGED plans/Plus YEAR/asOf: 2026-06-24 → 2026-07-01"],
    ["Price of Plus changed from 20 USD to 25 USD a month."],
  ],
  [
    "no longer tells a price, and tells what the plan brings",
    ({ plans = [] }) => ({
      plans: plans.map(({ price, ...rest }) =>
        rest.name === "Team" ? { ...rest, description: "For teams." } : { ...rest, ...(price && { price }) },
      ),
    }),
    ["REMOVED plans/Team SEAT_MONTH/price: 40 USD", "ADDED plans/Team SEAT_MONTH/description: For teams."],
    ["Price of Team is no longer public, and was 40 USD a month for each seat.", "Description of Team added."],
  ],
  [
    "puts a plan first, removes one and swaps the others",
    () => ({ plans: [plan("Free", "0"), team, plus] }),
    [
      "ADDED plans/Free MONTH: name: Free\nprice: 0 USD\nunit: MONTH\nasOf: 2026-06-24\nsource.name: Price page",
      "REMOVED plans/Plus YEAR: name: Plus\nprice: 200 USD\nunit: YEAR\nasOf: 2026-06-24\nsource.name: Price page",
      "MOVED plans: Plus MONTH\nPlus YEAR\nTeam SEAT_MONTH → Free MONTH\nTeam SEAT_MONTH\nPlus MONTH",
    ],
    ["Plan Free added.", "Plan Plus removed.", "Order of plans changed."],
  ],
  [
    "updates one fact and checks the other",
    () => ({
      facts: [
        { ...users, statement: "It has two million users.", value: "2000000", comparison: "ABOUT" },
        { ...editor, verifiedOn: "2026-07-01" },
      ],
    }),
    [
      "CHANGED facts/users/statement: It has[- one-]{+ two+} million users.",
      "CHANGED facts/users/value: 1000000 → 2000000",
      "ADDED facts/users/comparison: ABOUT",
      "ADDED facts/editor/verifiedOn: 2026-07-01",
    ],
    ["Fact updated: It has two million users."],
  ],
  [
    "names the source of a fact, adds one and orders them anew",
    () => ({
      facts: [
        fact("revenue", "Much revenue"),
        { ...editor, source: { name: "A page", url: "https://example.org" } },
        users,
      ],
    }),
    [
      "ADDED facts/revenue: key: revenue\nkind: USERS\nstatement: Much revenue\nasOf: 2026-06-24\nsource.name: A page",
      "ADDED facts/editor/source/url: https://example.org",
      "MOVED facts: users\neditor → revenue\neditor\nusers",
    ],
    ["Fact added: Much revenue.", "Fact updated: It edits."],
  ],
  [
    "adds to the description",
    ({ description }) => ({ description: `${description}\n\nIt has a terminal.` }),
    ["CHANGED description: An editor made for working with AI from the start.{+\n\nIt has a terminal.+}"],
    ["Description revised."],
  ],
]);

cases<"module">("module", [
  [
    "puts the lessons in another order",
    () => ({ lessons: ["third-step", "first-step", "second-step"] }),
    ["MOVED lessons: first-step\nsecond-step\nthird-step → third-step\nfirst-step\nsecond-step"],
    ["Order of lessons changed."],
  ],
  [
    "adds a lesson in front and removes the last",
    () => ({ lessons: ["new-step", "first-step", "second-step"] }),
    ["ADDED lessons/new-step: new-step", "REMOVED lessons/third-step: third-step"],
    ["Lesson lesson:new-step added.", "Lesson lesson:third-step removed."],
  ],
  [
    "gives it to another topic, at another level and place",
    () => ({ topic: "data", level: "ADVANCED", position: 3 }),
    ["CHANGED topic: backend → data", "CHANGED level: BEGINNER → ADVANCED", "CHANGED position: 1 → 3"],
    ["Now part of topic:data.", "Level changed from beginner to advanced."],
  ],
]);

cases<"lesson">("lesson", [
  [
    "changes the prerequisites",
    () => ({ prerequisites: ["third-step", "second-step"] }),
    ["ADDED prerequisites/third-step: third-step"],
    ["Prerequisite lesson:third-step added."],
  ],
  [
    "changes the topics and the tools it covers",
    () => ({ topics: ["data", "backend"], tools: ["claude"] }),
    ["ADDED topics/data: data", "REMOVED tools/cursor: cursor"],
    ["Topic topic:data added.", "Tool tool:cursor removed."],
  ],
  [
    "makes it no guide any more",
    () => ({ kind: "LESSON", guideTo: undefined }),
    ["CHANGED kind: TOOL_GUIDE → LESSON", "REMOVED guideTo: cursor"],
    ["Kind changed from tool guide to lesson.", "No longer a guide to tool:cursor."],
  ],
  [
    "makes it longer, for accounts, a guide to something else",
    () => ({ durationMinutes: 15, access: "ACCOUNT", guideTo: "claude" }),
    ["CHANGED durationMinutes: 10 → 15", "CHANGED access: PUBLIC → ACCOUNT", "CHANGED guideTo: cursor → claude"],
    ["Duration changed from 10 to 15 minutes.", "Now needs a free account.", "Now a guide to tool:claude."],
  ],
  [
    "revises the text",
    () => ({ body: "Open your editor, and ask for a plan." }),
    ["CHANGED body: Open[- the-]{+ your+} editor, and ask for a plan."],
    ["Text revised."],
  ],
]);

describe("A content that is on one side only", () => {
  it.each<[ContentKind, string[]]>([
    ["topic", ["title", "callToAction", "tools/cursor", "sections/overview", "facts/developers"]],
    ["tool", ["name", "models/GPT", "plans/Plus YEAR", "description"]],
    ["module", ["title", "lessons/third-step"]],
    ["lesson", ["title", "tools/claude", "guideTo", "body"]],
  ])("is added or removed part by part: a %s", (kind, some) => {
    const added = compareSources(kind, undefined, normalForm(kind, base[kind]));
    expect(new Set(added.map(change => change.kind))).toEqual(new Set(["ADDED"]));
    expect(added.map(({ path }) => path.join("/"))).toEqual(expect.arrayContaining(some));
    expect(changesInWords(kind, added, nameOf)).toEqual(["Published for the first time."]);

    const removed = compareSources(kind, normalForm(kind, base[kind]), undefined);
    expect(removed.map(({ path }) => path)).toEqual(added.map(({ path }) => path));
    expect(changesInWords(kind, removed, nameOf)).toEqual(["Withdrawn."]);
  });
});

describe("Labels", () => {
  it("are what people call the item that a change is in", () => {
    const labelsOf = (changes: readonly FieldChange[]) =>
      Object.fromEntries(changes.map(({ path, label }) => [path.join("/"), label]));
    expect(labelsOf(compareSources("topic", undefined, topic))).toMatchObject({
      title: null,
      "tools/cursor": null,
      "sections/job-impact": "Impact on Jobs",
      "facts/developers": "Many developers use AI.",
    });
    expect(labelsOf(compareSources("tool", tool, undefined))).toMatchObject({ "plans/Plus YEAR": "Plus" });
  });
});

describe("Sentences", () => {
  const manyTools = (count: number) => ({
    ...topic,
    tools: [...topic.tools, ...Array.from({ length: count }, (_, index) => ({ tool: `t${index}`, blurb: "New." }))],
  });

  it("that say the same of more than five things are one", () => {
    const sentences = (count: number) =>
      changesInWords("topic", compareSources("topic", topic, manyTools(count)), nameOf);
    expect(sentences(5)).toHaveLength(5);
    expect(sentences(6)).toEqual(["6 tools added."]);
  });

  it("name the contents that have to be looked up, each once", () => {
    const changes = compareSources("lesson", lesson, {
      ...lesson,
      topics: ["data"],
      tools: ["claude"],
      guideTo: "claude",
      prerequisites: ["data"],
    });
    expect(namedInWords("lesson", changes)).toEqual([
      { kind: "topic", slug: "data" },
      { kind: "topic", slug: "backend" },
      { kind: "tool", slug: "cursor" },
      { kind: "tool", slug: "claude" },
      { kind: "lesson", slug: "data" },
      { kind: "lesson", slug: "second-step" },
    ]);
  });

  it("stand on one line", () => {
    const changes = compareSources("topic", topic, { ...topic, title: "Back\nend" });
    expect(changesInWords("topic", changes, nameOf)).toEqual(["Title changed to “Back end”."]);
  });
});

describe("Texts", () => {
  const marked = (before: string, after: string) =>
    shown({ path: [], label: null, kind: "CHANGED", before, after, words: compareTexts(before, after) }).slice(10);

  it.each([
    [
      "a word in front is nothing to the words behind it",
      "one two three",
      "zero one two three",
      "[-one-]{+zero one+} two three",
    ],
    ["a comma between two changes is part of them", "red, green", "blue, black", "[-red, green-]{+blue, black+}"],
    ["a word between two changes stays", "red or green", "blue or black", "[-red-]{+blue+} or[- green-]{+ black+}"],
    ["paragraphs are compared with each other", "a b\n\nc d", "a x\n\nc y", "a[- b-]{+ x+}\n\nc[- d-]{+ y+}"],
    ["an apostrophe is inside a word", "don't stop", "can't stop", "[-don't-]{+can't+} stop"],
    ["an accent is not cut from its letter", "cafe\u0301 x", "cafe x", "[-cafe\u0301-]{+cafe+} x"],
    ["a family is not cut into its members", "👩‍👩‍👧 x", "👩‍👧 x", "[-👩‍👩‍👧-]{+👩‍👧+} x"],
    ["a flag is not cut into letters", "🇩🇪🇫🇷 x", "🇩🇪🇪🇸 x", "🇩🇪[-🇫🇷-]{+🇪🇸+} x"],
    ["a language without spaces is compared by characters", "我们去公园", "我们去学校", "我们去[-公园-]{+学校+}"],
    ["nothing becomes something", "", "new", "{+new+}"],
  ])("%s", (_, before, after, expected) => {
    expect(marked(before, after)).toBe(expected);
  });

  const units = [
    "a",
    "b",
    "c",
    " ",
    " ",
    "\n",
    "\n\n",
    ",",
    "'",
    "e\u0301",
    "\u0301",
    "👩‍👧",
    "👩🏽",
    "🇩🇪",
    "🇫",
    "1️⃣",
    "中",
    "か\u3099",
    "한",
  ];
  const anyText = fc.array(fc.constantFrom(...units), { maxLength: 60 }).map(parts => parts.join(""));
  const soundText = fc.oneof(anyText, fc.string({ unit: "grapheme", maxLength: 60 }));

  it("can be put together again from their pieces, which end where characters end", () => {
    const graphemes = new Intl.Segmenter("en", { granularity: "grapheme" });
    const endsOf = (pieces: Iterable<string>) => {
      let end = 0;
      return new Set(Array.from(pieces, piece => (end += piece.length)));
    };
    fc.assert(
      fc.property(soundText, soundText, (before, after) => {
        const words = compareTexts(before, after);
        expect(rejoined(words, "ADDED")).toBe(before);
        expect(rejoined(words, "REMOVED")).toBe(after);
        expect(words.every(({ text }) => text !== "")).toBe(true);
        for (const [text, without] of [
          [before, "ADDED"],
          [after, "REMOVED"],
        ] as const) {
          const ends = endsOf(Array.from(graphemes.segment(text), ({ segment }) => segment));
          const cuts = endsOf(words.filter(({ kind }) => kind !== without).map(piece => piece.text));
          expect([...cuts].filter(cut => !ends.has(cut))).toEqual([]);
        }
      }),
      { numRuns: 500 },
    );
  });

  it("that are the same are one piece, and their share of change is 0; 1 when they have nothing in common", () => {
    expect(compareTexts("a\n\nb", "a\n\nb")).toEqual([{ kind: "SAME", text: "a\n\nb" }]);
    expect(shareChanged(compareTexts("a b", "a b"))).toBe(0);
    expect(shareChanged(compareTexts("a b", "c d"))).toBe(1);
    expect(shareChanged([])).toBe(0);
  });
});

describe("Work", () => {
  const numbered = (count: number) => Array.from({ length: count }, (_, index) => `word${index}`);
  const whole = (before: string, after: string) => [
    { kind: "REMOVED", text: before },
    { kind: "ADDED", text: after },
  ];

  // The same words in the opposite order have all in common, and are as far apart as can be.
  it.each([
    ["one line", " "],
    ["a line for each word", "\n"],
    ["a paragraph for each word", "\n\n"],
  ])("on 200 kB of other words is given up, and the text replaced as a whole: %s", (_, separator) => {
    const [before, after] = [numbered(20_000), numbered(20_000).reverse()].map(words => words.join(separator));
    const effort = fullEffort();
    expect(compareTexts(before!, after!, effort)).toEqual(whole(before!, after!));
    expect(effort.left).toBeGreaterThanOrEqual(0);
  });

  it("on 200 kB that match wherever they are laid is given up as well", () => {
    const same = "a ".repeat(99_000);
    const [before, after] = ["b c d e f g ".repeat(30) + same, "g f e d c b ".repeat(30) + same];
    const effort = fullEffort();
    expect(compareTexts(before, after, effort)).toEqual(whole(before, after));
    expect(effort.left).toBeGreaterThanOrEqual(0);
  });

  it("on a few words in 200 kB is not given up", () => {
    const before = numbered(20_000).join(" ");
    const words = compareTexts(before, before.replace("word5000 ", "").replace("word15000 ", "other "));
    expect(words.map(({ kind }) => kind)).toEqual(["SAME", "REMOVED", "SAME", "REMOVED", "ADDED", "SAME"]);
  });

  it("on one text leaves most of it for the others", () => {
    const words = numbered(1_000);
    const effort = fullEffort();
    compareTexts(words.join(" "), [...words].reverse().join(" "), effort);
    expect(effort.left).toBeGreaterThan(fullEffort().left / 2);
  });

  it("is shared by the texts that are compared together", () => {
    const words = numbered(100);
    const sectionsOf = (text: string) =>
      Array.from({ length: 100 }, (_, index) => ({ ...overview, anchor: `s${index}`, body: text }));
    const changes = compareSources(
      "topic",
      { ...topic, sections: sectionsOf(words.join(" ")) },
      { ...topic, sections: sectionsOf([...words].reverse().join(" ")) },
    );
    const pieces = changes.map(({ words: found }) => found.length);
    expect(pieces).toHaveLength(100);
    expect(pieces[0]).toBeGreaterThan(2);
    expect(pieces[99]).toBe(2);
  });

  it("gives so many pieces at most, and they still make up both texts", () => {
    const textWith = (word: string) =>
      numbered(120)
        .map(line => `${line}\n${`x ${word} `.repeat(8)}`)
        .join("\n");
    const words = compareTexts(textWith("y"), textWith("z"));
    expect(words).toHaveLength(maxWordChanges);
    expect(words.filter(({ kind }) => kind === "SAME").length).toBeGreaterThan(300);
    expect(rejoined(words, "ADDED")).toBe(textWith("y"));
    expect(rejoined(words, "REMOVED")).toBe(textWith("z"));
  });

  it("on repeated keys does not grow with their square", () => {
    const models = Array.from({ length: 20_000 }, () => "GPT");
    const changes = compareSources("tool", { ...tool, models }, { ...tool, models: models.slice(1) });
    expect(changes.map(shown)).toEqual(["REMOVED models/GPT (20000): GPT"]);
  });
});

describe("Any two contents", () => {
  const word = fc.constantFrom("one", "two", "one two", "one\n\ntwo");
  const slugs = fc.array(fc.constantFrom("a", "b", "c", "d"), { maxLength: 4 });
  const day = fc.constantFrom("2026-06-24", "2026-07-01");
  const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
  const source = fc.record({ name: word, url: fc.constantFrom("https://a", "https://b") }, { requiredKeys: ["name"] });
  const facts = fc.array(
    fc.record(
      {
        key: fc.constantFrom("a", "b", "c"),
        kind: fc.constantFrom("USERS" as const, "MODEL" as const),
        statement: word,
        value: fc.constantFrom("1", "1.50"),
        comparison: fc.constantFrom("EXACTLY" as const, "ABOUT" as const),
        asOf: day,
        source,
        verifiedOn: day,
      },
      { requiredKeys: ["key", "kind", "statement", "asOf", "source"] },
    ),
    { maxLength: 4 },
  );
  const contents = {
    topic: fc.record({
      title: word,
      emoji: fc.constantFrom("🧩", "🎯"),
      category: fc.constantFrom("DATA" as const, "DESIGN" as const),
      position: fc.nat(2),
      updatedOn: day,
      summary: word,
      seo: fc.record({ title: word, description: word }),
      callToAction: optional(
        fc.record({
          headline: word,
          body: word,
          buttonLabel: word,
          href: fc.constantFrom("/a", "/b"),
          finePrint: word,
        }),
      ),
      tools: fc.array(fc.record({ tool: fc.constantFrom("a", "b", "c"), featured: fc.boolean(), blurb: word })),
      sections: fc.array(
        fc.record({
          kind: fc.constantFrom("OVERVIEW" as const, "CUSTOM" as const),
          emoji: fc.constant("🧩"),
          heading: word,
          anchor: optional(fc.constantFrom("a", "b", "c")),
          body: word,
        }),
        { maxLength: 4 },
      ),
      facts,
    }),
    tool: fc.record({
      name: word,
      vendor: word,
      category: fc.constantFrom("SEARCH" as const, "DESIGN" as const),
      tagline: word,
      website: fc.constantFrom("https://a", "https://b"),
      pricingModel: fc.constantFrom("FREE" as const, "PAID" as const),
      protocols: fc.array(fc.constantFrom("MCP" as const, "A2A" as const), { maxLength: 3 }),
      models: slugs,
      plans: fc.array(
        fc.record(
          {
            name: fc.constantFrom("Plus", "Plus (2)", "Team"),
            price: fc.record({ amount: fc.constantFrom("1", "2"), currency: fc.constantFrom("USD", "EUR") }),
            unit: fc.constantFrom("MONTH" as const, "YEAR" as const),
            description: word,
            asOf: day,
            source,
          },
          { requiredKeys: ["name", "unit", "asOf", "source"] },
        ),
        { maxLength: 4 },
      ),
      facts,
      description: word,
    }),
    module: fc.record({
      title: word,
      topic: fc.constantFrom("a", "b"),
      level: fc.constantFrom("BEGINNER" as const, "ADVANCED" as const),
      position: fc.nat(2),
      summary: word,
      lessons: slugs,
    }),
    lesson: fc.record({
      title: word,
      summary: word,
      kind: fc.constantFrom("LESSON" as const, "TOOL_GUIDE" as const),
      level: fc.constantFrom("BEGINNER" as const, "ADVANCED" as const),
      durationMinutes: fc.nat(2),
      access: fc.constantFrom("PUBLIC" as const, "ACCOUNT" as const),
      updatedOn: day,
      topics: slugs,
      tools: slugs,
      guideTo: optional(fc.constantFrom("a", "b")),
      prerequisites: slugs,
      body: word,
    }),
  } as unknown as { [Kind in ContentKind]: fc.Arbitrary<SourceOf[Kind]> };

  const pairOf = (kind: ContentKind) =>
    fc
      .tuple(contents[kind] as fc.Arbitrary<object>, contents[kind] as fc.Arbitrary<object>, fc.array(fc.nat(11)))
      .map(([one, other, kept]) => {
        // Most of it as it was, as editors leave it.
        const replaced = Object.entries(other).filter((_, index) => kept.includes(index));
        return [one, { ...one, ...Object.fromEntries(replaced) }].map(content =>
          normalForm(kind, content as SourceOf[typeof kind]),
        ) as [SourceOf[typeof kind], SourceOf[typeof kind]];
      });

  describe.each<ContentKind>(["topic", "tool", "module", "lesson"])("%s", kind => {
    it("differ if and only if there are changes", () => {
      fc.assert(
        fc.property(pairOf(kind), ([before, after]) => {
          expect(compareSources(kind, before, before)).toEqual([]);
          expect(compareSources(kind, before, after).length === 0).toBe(isDeepStrictEqual(before, after));
        }),
        { numRuns: 300 },
      );
    });

    it("have changes with places of their own, and texts whose words make up both sides", () => {
      fc.assert(
        fc.property(pairOf(kind), ([before, after]) => {
          const changes = compareSources(kind, before, after);
          const places = changes.map(({ path }) => JSON.stringify(path));
          expect(new Set(places).size).toBe(places.length);
          expect(changes.every(({ path }) => path.length <= 4)).toBe(true);
          for (const { words, before: left, after: right } of changes.filter(change => change.words.length > 0)) {
            expect([rejoined(words, "ADDED"), rejoined(words, "REMOVED")]).toEqual([left, right]);
          }
        }),
        { numRuns: 300 },
      );
    });

    it("have the opposite changes the other way round", () => {
      const opposite = { ADDED: "REMOVED", REMOVED: "ADDED", CHANGED: "CHANGED", MOVED: "MOVED" } as const;
      const places = (changes: FieldChange[], kindOf: (change: FieldChange) => string) =>
        changes.map(change => JSON.stringify([change.path, kindOf(change), change.before, change.after])).sort();
      fc.assert(
        fc.property(pairOf(kind), ([before, after]) => {
          const there = compareSources(kind, before, after);
          const back = compareSources(kind, after, before).map(change => ({
            ...change,
            before: change.after,
            after: change.before,
          }));
          expect(places(back, change => opposite[change.kind])).toEqual(places(there, change => change.kind));
        }),
        { numRuns: 300 },
      );
    });

    it("have at most 100 sentences, none twice, each of them one", () => {
      fc.assert(
        fc.property(pairOf(kind), ([before, after]) => {
          const sentences = changesInWords(kind, compareSources(kind, before, after), nameOf);
          expect(new Set(sentences).size).toBe(sentences.length);
          expect(sentences.filter(sentence => !/^[^\n]+[.]$/.test(sentence))).toEqual([]);
        }),
        { numRuns: 100 },
      );
    });
  });

  it("that have nothing in common have at most 100 sentences", () => {
    const large = (mark: string, seed: number): SourceOf["tool"] => ({
      ...tool,
      name: `Tool ${mark}`,
      vendor: mark,
      models: Array.from({ length: 500 }, (_, index) => `Model ${index + seed}`),
      plans: Array.from({ length: 500 }, (_, index) => plan(`Plan ${index + seed}`, `${seed}`, { description: mark })),
      facts: Array.from({ length: 500 }, (_, index) => fact(`fact-${index + seed}`, `Fact ${index} of ${mark}.`)),
      description: mark,
    });
    const sentences = changesInWords("tool", compareSources("tool", large("a", 1), large("b", 251)), nameOf);
    expect(sentences).toContain("250 plans added.");
    expect(sentences).toContain("250 prices changed.");
    expect(sentences.length).toBeLessThan(20);
  });
});

describe("The schema's types of a comparison", () => {
  it("take changes as they are", () => {
    const changes: readonly FieldChangeInSchema[] = compareSources("topic", topic, { ...topic, title: "Data" });
    expect(changes.every(({ kind }) => kind in FieldChangeKind)).toBe(true);
    expect(changes.flatMap(({ words }) => words).every(({ kind }) => kind in WordChangeKind)).toBe(true);
  });
});
