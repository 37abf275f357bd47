// Every rule of docs/content.md: a file that breaks it is named with line, field and what belongs there.
import { readContentDirectory } from "../../../src/content/catalogue.read";
import { ContentError, formatProblems } from "../../../src/content/content.problem";
import { edited, lesson, smallContent, withContent, without, type ContentFiles } from "../../support/content-files";

const problemsOf = async (files: Readonly<Record<string, string | Uint8Array>>) =>
  formatProblems((await withContent(files, directory => readContentDirectory(directory))).problems);

const topic = "topics/backend.md";
const tool = "tools/cursor.md";
const guide = "lessons/guide-to-cursor.md";
const first = "lessons/first-step.md";

/** Breaks one place of the small catalogue. */
type Case = [rule: string, file: string, from: string, to: string, problems: string[]];

const text = (most: number) => `expected a text of 1 to ${most} characters`;
const decimalPhrase = 'in quotes such as "12.50", at most 12 digits before and 4 after the point';
const dayPhrase = "expected a day of the calendar such as 2026-06-24";
const linkPhrase =
  "expected a link that is https:, http:, mailto:, a path that starts with /, an anchor, or tool:, topic: or lesson: with a slug";

const valueCases: Case[] = [
  ["a text has a limit", topic, "Backend development", "x".repeat(121), [`${topic}:2  title  ${text(120)}`]],
  ["a limit counts characters and not code units", topic, "Backend development", "🧩".repeat(120), []],
  ["a text is not empty", topic, "Backend development", '"  "', [`${topic}:2  title  ${text(120)}`]],
  ["a text is not a number", topic, "Backend development", "12", [`${topic}:2  title  ${text(120)}`]],
  [
    "a key is not left out",
    topic,
    "title: Backend development\n",
    "",
    [`${topic}:2  title  ${text(120)}; the key is missing`],
  ],
  [
    "a text holds no NUL",
    topic,
    "Backend development",
    String.raw`"a\0b"`,
    [`${topic}:2  title  expected a text without NUL characters and without broken Unicode`],
  ],
  [
    "a text holds no half of a surrogate pair",
    topic,
    "Backend development",
    String.raw`"a\uD83Db"`,
    [`${topic}:2  title  expected a text without NUL characters and without broken Unicode`],
  ],
  [
    "unknown keys are errors",
    tool,
    "vendor: Anysphere",
    "vendor: Anysphere\nvendr: x",
    [
      `${tool}:4  vendr  expected one of the keys name, vendor, category, tagline, website, pricingModel, protocols, models, plans, facts, formerSlugs`,
    ],
  ],
  [
    "unknown keys inside are errors",
    topic,
    "finePrint: Free",
    "finePrint: Free\n  colour: red",
    [`${topic}:17  callToAction.colour  expected one of the keys headline, body, buttonLabel, href, finePrint`],
  ],
  [
    "the key of a prototype is an unknown key",
    "tools/claude.md",
    "vendor: Anthropic",
    "vendor: Anthropic\n__proto__: { a: 1 }",
    [
      "tools/claude.md:4  __proto__  expected one of the keys name, vendor, category, tagline, website, pricingModel, protocols, models, plans, facts, formerSlugs",
    ],
  ],
  ["an emoji is one", topic, "🧩", "🧩🧩", [`${topic}:3  emoji  expected one emoji`]],
  ["an emoji is not a letter", topic, "🧩", "x", [`${topic}:3  emoji  expected one emoji`]],
  ["an emoji may be joined of several", topic, "🧩", "👩🏽‍💻", []],
  ["an emoji may be a flag", topic, "🧩", "🇫🇮", []],
  [
    "an enum has its values",
    tool,
    "unit: YEAR",
    "unit: DAY",
    [
      `${tool}:18  plans[1].unit  expected one of MONTH, YEAR, SEAT_MONTH, SEAT_YEAR, MILLION_INPUT_TOKENS, MILLION_OUTPUT_TOKENS, ONE_TIME, UNIT`,
    ],
  ],
  [
    "a position starts at 1",
    topic,
    "position: 1",
    "position: 0",
    [`${topic}:5  position  expected a whole number from 1`],
  ],
  [
    "a position is whole",
    topic,
    "position: 1",
    "position: 1.5",
    [`${topic}:5  position  expected a whole number from 1`],
  ],
  [
    "a position fits the column",
    topic,
    "position: 1",
    "position: 3000000000",
    [`${topic}:5  position  expected a whole number from 1`],
  ],
  [
    "a duration is at most 240 minutes",
    guide,
    "durationMinutes: 10",
    "durationMinutes: 241",
    [`${guide}:6  durationMinutes  expected a whole number from 1 to 240`],
  ],
  [
    "a duration is not a text",
    guide,
    "durationMinutes: 10",
    'durationMinutes: "10"',
    [`${guide}:6  durationMinutes  expected a whole number from 1 to 240`],
  ],
  ["a day is in the calendar", topic, "2026-06-24", "2026-02-30", [`${topic}:6  updatedOn  ${dayPhrase}`]],
  ["a day has no time", topic, "2026-06-24", "2026-06-24T00:00:00Z", [`${topic}:6  updatedOn  ${dayPhrase}`]],
  [
    "the 29th of February is in leap years only",
    topic,
    "2026-06-24",
    "2027-02-29",
    [`${topic}:6  updatedOn  ${dayPhrase}`],
  ],
  [
    "an amount is in quotes",
    tool,
    '"20"',
    "20",
    [`${tool}:12  plans[0].price.amount  expected a decimal of 0 or more ${decimalPhrase}`],
  ],
  [
    "an amount is not negative",
    tool,
    '"20"',
    '"-1"',
    [`${tool}:12  plans[0].price.amount  expected a decimal of 0 or more ${decimalPhrase}`],
  ],
  [
    "a value has at most 4 decimals",
    tool,
    '"2000000000"',
    '"1.23456"',
    [`${tool}:25  facts[0].value  expected a decimal ${decimalPhrase}`],
  ],
  [
    "a value has at most 12 digits before the point",
    tool,
    '"2000000000"',
    '"1234567890123"',
    [`${tool}:25  facts[0].value  expected a decimal ${decimalPhrase}`],
  ],
  ["a value may be negative", tool, '"2000000000"', '"-2.5"', []],
  [
    "a price has a currency",
    tool,
    ", currency: USD",
    "",
    [
      `${tool}:12  plans[0].price.currency  expected a currency of three capital letters such as USD; the key is missing`,
    ],
  ],
  [
    "a unit needs a value",
    tool,
    '    value: "2000000000"\n',
    "",
    [`${tool}:26  facts[0].unit  expected no unit, because there is no value`],
  ],
  [
    "a fact is not stale before its day",
    tool,
    "staleAfter: 2026-12-24",
    "staleAfter: 2026-06-23",
    [`${tool}:31  facts[0].staleAfter  expected a day that is not before asOf`],
  ],
  [
    "a website is on the web",
    tool,
    "https://cursor.com",
    "ftp://cursor.com",
    [`${tool}:6  website  expected an address that starts with https:// or http://`],
  ],
  [
    "a call to action leads to a path or to https",
    topic,
    "href: /sign-up",
    "href: http://example.org/",
    [`${topic}:15  callToAction.href  expected a path that starts with /, or an address that starts with https://`],
  ],
  [
    "a path is not an address of another host",
    topic,
    "href: /sign-up",
    "href: //example.org/",
    [`${topic}:15  callToAction.href  expected a path that starts with /, or an address that starts with https://`],
  ],
  [
    "a guide names its tool",
    guide,
    "guideTo: cursor\n",
    "",
    [
      `${guide}:2  guideTo  expected the slug of the tool that it guides to, because its kind is TOOL_GUIDE; the key is missing`,
    ],
  ],
  [
    "only a guide names its tool",
    guide,
    "TOOL_GUIDE",
    "LESSON",
    [`${guide}:10  guideTo  expected no guideTo, because its kind is LESSON`],
  ],
  [
    "a lesson has a topic",
    guide,
    "topics: [backend]",
    "topics: []",
    [`${guide}:9  topics  expected a list of the slugs of topics, at least one`],
  ],
  [
    "a list is not a text",
    guide,
    "topics: [backend]",
    "topics: backend",
    [`${guide}:9  topics  expected a list of the slugs of topics, at least one`],
  ],
];

const yamlCases: Case[] = [
  [
    "a key stands once",
    tool,
    "vendor: Anysphere",
    "vendor: Anysphere\nname: Again",
    [`${tool}:4  front matter  expected each key once`],
  ],
  [
    "tags are not used",
    tool,
    "Anysphere",
    "!!js/function x",
    [`${tool}:3  front matter  expected values without tags`],
  ],
  [
    "YAML is well formed",
    tool,
    "[MCP]",
    "[MCP",
    [
      `${tool}:9  front matter  expected YAML that can be read: flow sequence in block collection must be sufficiently indented and end with a ]`,
    ],
  ],
  [
    "front matter is a map",
    tool,
    smallContent[tool]?.split("---")[1] ?? "",
    "\n- a\n",
    [
      `${tool}:2  front matter  expected the keys name, vendor, category, tagline, website, pricingModel, protocols, models, plans, facts, formerSlugs`,
    ],
  ],
  [
    "aliases are bounded",
    tool,
    "models: [GPT, Claude]",
    aliasBomb(),
    [`${tool}:1  front matter  expected at most 100 aliases`],
  ],
];

const markdownCases: Case[] = [
  [
    "no level-1 headings",
    guide,
    "## Cursor",
    "# Cursor",
    [`${guide}:13  body  expected no level-1 heading, because the title is the heading`],
  ],
  [
    "headings start at level 2",
    guide,
    "## Cursor",
    "### Cursor",
    [`${guide}:13  body  expected level 2 for the first heading`],
  ],
  [
    "links have known protocols",
    guide,
    "https://example.org/",
    "javascript:alert(1)",
    [`${guide}:15  body  ${linkPhrase}; not “javascript:alert(1)”`],
  ],
  ["links are not relative", guide, "https://example.org/", "../x", [`${guide}:15  body  ${linkPhrase}; not “../x”`]],
  [
    "links are not protocol-relative",
    guide,
    "https://example.org/",
    "//example.org",
    [`${guide}:15  body  ${linkPhrase}; not “//example.org”`],
  ],
  [
    "links by reference count too",
    guide,
    "[a link](https://example.org/)",
    "[a link]\n\n[a link]: data:text/html,x\n\nEnd",
    [`${guide}:15  body  ${linkPhrase}; not “data:text/html,x”`],
  ],
  [
    "links may be mail, paths and anchors",
    guide,
    "[a link](https://example.org/)",
    "[a](mailto:a@b.c) [b](/x) [c](#d)",
    [],
  ],
  [
    "images come over https",
    guide,
    "[a link](https://example.org/)",
    "![x](http://example.org/x.png)",
    [
      `${guide}:15  body  expected an image with an https: address or a path that starts with /; not “http://example.org/x.png”`,
    ],
  ],
  [
    "images say what they show",
    guide,
    "[a link](https://example.org/)",
    "![](/x.png)",
    [`${guide}:15  body  expected a text between the brackets of an image that says what it shows`],
  ],
  ["a lesson has text", guide, guideText(), "", [`${guide}:12  body  expected text after the front matter`]],
  ["raw HTML is not text", guide, guideText(), "<p>x</p>", [`${guide}:13  body  expected text after the front matter`]],
  ["a module has no text", "modules/groundwork.md", "---\ntitle", "---\ntitle", []],
];

const sectionCases: Case[] = [
  [
    "a section has its heading",
    topic,
    "## AI in Action",
    "**AI in Action**",
    [`${topic}:29  sections[1].heading  expected a level-2 heading “AI in Action” in the text`],
  ],
  [
    "a heading has its section",
    topic,
    "- one",
    "## More\n\n- one",
    [`${topic}:41  body  expected an entry in sections for the heading “More”, or no such level-2 heading`],
  ],
  [
    "a heading is repeated exactly",
    topic,
    "## Overview",
    "## overview",
    [
      `${topic}:26  sections[0].heading  expected a level-2 heading “Overview” in the text`,
      `${topic}:33  body  expected an entry in sections for the heading “overview”, or no such level-2 heading`,
    ],
  ],
  [
    "sections and headings are in one order",
    topic,
    ...swapped(),
    [`${topic}:33  body  expected the headings in the order of sections: “AI in Action” next`],
  ],
  [
    "anchors are unique",
    topic,
    "anchor: in-action",
    "anchor: overview",
    [`${topic}:30  sections[1].anchor  expected an anchor that no other section has; “overview” is there before`],
  ],
  [
    "a heading may be in any script",
    topic,
    "heading: AI in Action\n    anchor: in-action",
    "heading: Åéß 概要",
    [
      `${topic}:29  sections[1].heading  expected a level-2 heading “Åéß 概要” in the text`,
      `${topic}:36  body  expected an entry in sections for the heading “AI in Action”, or no such level-2 heading`,
    ],
  ],
  [
    "an anchor can be made of the heading, or is given",
    topic,
    "heading: Overview",
    "heading: 概要",
    [
      `${topic}:24  sections[0].anchor  expected an anchor, because none can be made from the heading`,
      `${topic}:26  sections[0].heading  expected a level-2 heading “概要” in the text`,
      `${topic}:33  body  expected an entry in sections for the heading “Overview”, or no such level-2 heading`,
    ],
  ],
  [
    "a section has text",
    topic,
    "What a backend is, see [data](topic:data).\n",
    "",
    [`${topic}:33  body  expected text under the heading “Overview”`],
  ],
  [
    "text is in a section",
    topic,
    "## Overview",
    "Hello.\n\n## Overview",
    [`${topic}:33  body  expected a level-2 heading before the first text`],
  ],
  [
    "definitions are in the section that uses them",
    topic,
    "- one",
    "- [one]\n\n## Overview\n\n[one]: /one",
    [
      `${topic}:41  body  expected the definition [one] in the same section`,
      `${topic}:43  body  expected an entry in sections for the heading “Overview”, or no such level-2 heading`,
    ],
  ],
];

const crossCases: Case[] = [
  [
    "a topic's tools exist",
    topic,
    "tool: claude",
    "tool: clyde",
    [`${topic}:21  tools[1].tool  expected the slug of a tool; there is no tools/clyde.md`],
  ],
  [
    "a module's topic exists",
    "modules/practice.md",
    "topic: backend",
    "topic: back",
    ["modules/practice.md:3  topic  expected the slug of a topic; there is no topics/back.md"],
  ],
  [
    "a module's lessons exist",
    "modules/practice.md",
    "lessons: []",
    "lessons: [nothing]",
    ["modules/practice.md:7  lessons[0]  expected the slug of a lesson; there is no lessons/nothing.md"],
  ],
  [
    "a lesson's topics exist",
    guide,
    "topics: [backend]",
    "topics: [backend, b]",
    [`${guide}:9  topics[1]  expected the slug of a topic; there is no topics/b.md`],
  ],
  [
    "a lesson's tools exist",
    "lessons/second-step.md",
    "tools: [claude",
    "tools: [clyde",
    ["lessons/second-step.md:10  tools[0]  expected the slug of a tool; there is no tools/clyde.md"],
  ],
  [
    "a guide's tool exists",
    guide,
    "guideTo: cursor",
    "guideTo: curser",
    [`${guide}:10  guideTo  expected the slug of a tool; there is no tools/curser.md`],
  ],
  [
    "prerequisites exist",
    first,
    "[second-step]",
    "[third-step]",
    [`${first}:10  prerequisites[0]  expected the slug of a lesson; there is no lessons/third-step.md`],
  ],
  [
    "linked tools exist",
    guide,
    "https://example.org/",
    "tool:x",
    [`${guide}:15  body  expected the slug of a tool; there is no tools/x.md`],
  ],
  [
    "linked topics exist",
    topic,
    "topic:data",
    "topic:x",
    [`${topic}:35  body  expected the slug of a topic; there is no topics/x.md`],
  ],
  [
    "linked lessons exist",
    tool,
    "lesson:guide-to-cursor",
    "lesson:x",
    [`${tool}:39  body  expected the slug of a lesson; there is no lessons/x.md`],
  ],
  [
    "a tool is ranked once",
    topic,
    "tool: claude",
    "tool: cursor",
    [`${topic}:21  tools[1].tool  expected a tool that is not ranked before`],
  ],
  [
    "topics have positions of their own",
    "topics/data.md",
    "position: 2",
    "position: 1",
    ["topics/data.md:5  position  expected a position that no other topic has; topics/backend.md has the same"],
  ],
  [
    "modules of a topic have positions of their own",
    "modules/practice.md",
    "position: 2",
    "position: 1",
    [
      "modules/practice.md:5  position  expected a position that no other module of the topic has; modules/groundwork.md has the same",
    ],
  ],
  [
    "a lesson is in one module",
    "modules/practice.md",
    "lessons: []",
    "lessons: [first-step]",
    [
      "modules/practice.md:7  lessons[0]  expected a lesson that is in no other module; modules/groundwork.md has the same",
    ],
  ],
  [
    "a lesson is in a module once",
    "modules/practice.md",
    "lessons: []",
    "lessons: [all-about-it, all-about-it]",
    ["modules/practice.md:7  lessons[1]  expected each lesson once"],
  ],
  ["a lesson of a module is for its topic", "modules/practice.md", "topic: backend\n", "topic: data\n", []],
  [
    "a lesson of a module has its level",
    "modules/groundwork.md",
    "BEGINNER",
    "ADVANCED",
    [
      "modules/groundwork.md:7  lessons[0]  expected a lesson of the module's level ADVANCED; lessons/second-step.md has BEGINNER",
      "modules/groundwork.md:7  lessons[1]  expected a lesson of the module's level ADVANCED; lessons/first-step.md has BEGINNER",
    ],
  ],
  [
    "a lesson of a module has its topic",
    "modules/groundwork.md",
    "topic: backend",
    "topic: data",
    ["modules/groundwork.md:7  lessons[0]  expected a lesson that has the module's topic data among its topics"],
  ],
  [
    "a tool has one guide",
    first,
    "kind: LESSON",
    "kind: TOOL_GUIDE\nguideTo: cursor",
    [`${guide}:10  guideTo  expected a tool that no other lesson guides to; ${first} has the same`],
  ],
  [
    "fact keys are unique in a tool",
    tool,
    "key: editor",
    "key: revenue",
    [`${tool}:32  facts[1].key  expected a key that no other fact of the tool has`],
  ],
  [
    "plans are unique by name and unit",
    tool,
    "unit: YEAR",
    "unit: MONTH",
    [`${tool}:17  plans[1].name  expected a name and unit that no other plan of the tool has`],
  ],
  ["a protocol stands once", tool, "[MCP]", "[MCP, MCP]", [`${tool}:8  protocols[1]  expected each protocol once`]],
  [
    "a topic stands once",
    guide,
    "topics: [backend]",
    "topics: [backend, backend]",
    [`${guide}:9  topics[1]  expected each topic once`],
  ],
  [
    "no lesson needs itself",
    first,
    "[second-step]",
    "[first-step]",
    [`${first}:10  prerequisites[0]  expected no lesson that needs this one itself: first-step → first-step`],
  ],
  [
    "prerequisites do not go in a circle",
    "lessons/second-step.md",
    "topics: [backend]",
    "topics: [backend]\nprerequisites: [first-step]",
    [
      "lessons/second-step.md:10  prerequisites[0]  expected no lesson that needs this one itself: first-step → second-step → first-step",
    ],
  ],
];

describe("readContentDirectory", () => {
  it("finds nothing in a catalogue that keeps to the format", async () => {
    expect(await problemsOf(smallContent)).toBe("");
  });

  describe.each([
    ["values", valueCases],
    ["YAML", yamlCases],
    ["Markdown", markdownCases],
    ["sections", sectionCases],
    ["over all files", crossCases],
  ])("%s", (_, cases) => {
    it.each(cases)("%s", async (_rule, file, from, to, problems) => {
      expect((await problemsOf(edited(smallContent, file, from, to))).split("\n").filter(Boolean)).toEqual(problems);
    });
  });

  it("finds every problem of every file, sorted by file and line", async () => {
    let files: ContentFiles = edited(smallContent, topic, "position: 1", "position: one");
    files = edited(files, topic, "category: SOFTWARE_ENGINEERING", "category: COOKING");
    files = edited(files, topic, "topic:data", "ftp://x");
    files = edited(files, guide, "guideTo: cursor", "guideTo: gone");
    files = edited(files, "modules/practice.md", "lessons: []", "lessons: [gone, first-step]\nmore: 1");
    expect((await problemsOf(files)).split("\n").map(line => line.split("  expected")[0])).toEqual([
      `${guide}:10  guideTo`,

      "modules/practice.md:7  lessons[0]",
      "modules/practice.md:7  lessons[1]",
      "modules/practice.md:8  more",
      `${topic}:4  category`,
      `${topic}:5  position`,
      `${topic}:35  body`,
    ]);
  });

  it("checks the text of a file whose front matter cannot be read, and takes the file for known", async () => {
    const broken = edited(
      edited(smallContent, tool, "name: Cursor", "name: [Cursor"),
      tool,
      "lesson:guide-to-cursor",
      "x:y",
    );
    const problems = await problemsOf(broken);
    expect(problems).toContain(`${tool}:3  front matter  expected YAML that can be read`);
    expect(problems).toContain(`${tool}:39  body  ${linkPhrase}; not “x:y”`);
    expect(problems).not.toContain("there is no tools/cursor.md");
  });

  it("wants front matter between two fences", async () => {
    expect(await problemsOf({ ...smallContent, "lessons/a.md": "Hello" })).toBe(
      "lessons/a.md:1  front matter  expected a line --- at the start of the file",
    );
    expect(await problemsOf({ ...smallContent, "lessons/a.md": "---\ntitle: x\n" })).toBe(
      "lessons/a.md:1  front matter  expected a line --- after the front matter",
    );
  });

  it("wants a module without text", async () => {
    expect(
      await problemsOf({ ...smallContent, "modules/practice.md": `${smallContent["modules/practice.md"]}\n\nHello` }),
    ).toBe("modules/practice.md:11  body  expected no text, because a module has none");
  });

  it.each([
    ["topics/Über.md", "topics/Über.md:1  file  expected a file named <slug>.md"],
    ["topics/a--b.md", "topics/a--b.md:1  file  expected a file named <slug>.md"],
    ["topics/readme.txt", "topics/readme.txt:1  file  expected a file named <slug>.md"],
    [`topics/${"x".repeat(81)}.md`, `topics/${"x".repeat(81)}.md:1  file  expected a file named <slug>.md`],
    ["topcs/a.md", "topcs:1  file  expected nothing here but the folders topics, tools, modules, lessons"],
  ])("names the misplaced file %s", async (file, problem) => {
    expect(await problemsOf({ ...smallContent, [file]: "" })).toContain(problem);
  });

  it("passes over names that start with a dot", async () => {
    expect(await problemsOf({ ...smallContent, ".DS_Store": "x", "topics/.gitkeep": "" })).toBe("");
  });

  it("refuses a directory that is not there, or holds no content", async () => {
    await withContent({}, async directory => {
      expect((await readContentDirectory(directory)).problems).toEqual([
        {
          file: directory,
          line: 1,
          field: "file",
          expected: "files in at least one of the folders topics, tools, modules, lessons",
        },
      ]);
      expect((await readContentDirectory(`${directory}/none`)).problems).toHaveLength(1);
    });
  });

  it("refuses a file that is too large", async () => {
    const file = `${smallContent[guide]}${"x".repeat(200_000)}`;
    expect(await problemsOf({ ...smallContent, [guide]: file })).toBe(`${guide}:1  file  expected at most 200 kB`);
  });

  it("refuses bytes that are not UTF-8, and names their line", async () => {
    const bytes = Buffer.from(edited(smallContent, guide, "The text", "The téxt")[guide] ?? "", "latin1");
    expect(await problemsOf({ ...smallContent, [guide]: bytes })).toBe(
      `${guide}:15  file  expected text encoded in UTF-8`,
    );
  });

  it("refuses NUL characters, and names their line", async () => {
    expect(await problemsOf(edited(smallContent, guide, "The text", "The\0text"))).toBe(
      `${guide}:15  file  expected text without NUL characters`,
    );
  });

  it("reads Windows line ends and a byte order mark as if they were not there", async () => {
    const windows: ContentFiles = {};
    for (const [file, text] of Object.entries(smallContent)) windows[file] = `\uFEFF${text.replaceAll("\n", "\r\n")}`;
    expect(await problemsOf(windows)).toBe("");
  });

  it("says of nesting without end that it is too deep", async () => {
    const deep = edited(smallContent, tool, "models: [GPT, Claude]", `models: ${"[".repeat(50_000)}`);
    expect(await problemsOf(deep)).toContain(`${tool}:`);
    expect(await problemsOf(edited(smallContent, guide, "The text", `${"> ".repeat(20_000)}text`))).toContain(
      "expected Markdown that is nested less deep",
    );
  });

  it("allows 1,000 links and images in a text and names the line of the first too many, however many there are", async () => {
    const expected = "body  expected at most 1,000 links and images in one text";
    const withText = (text: string) => problemsOf(edited(smallContent, guide, "The text", text));
    // The text has one already, at its end.
    const others = `${"![A line](/a.png)\n\n[it](/b)\n\n".repeat(499)}[it](/b)\n\n`;
    expect(await withText(`${others}The text`)).toBe("");
    expect(await withText(`${others}[it](/b) and the text`)).toBe(`${guide}:2013  ${expected}`);
    expect(await withText("![](javascript:x) ".repeat(5_001))).toBe(`${guide}:13  ${expected}`);
    expect(await withText("www.example.org ".repeat(5_001))).toBe(`${guide}:13  ${expected}`);
  });

  it("names a circle of three lessons once", async () => {
    const needing = (slug: string) => lesson("Round", `topics: [data]\nprerequisites: [${slug}]`);
    const circle = { "lessons/a.md": needing("b"), "lessons/b.md": needing("c"), "lessons/c.md": needing("a") };
    expect(await problemsOf({ ...smallContent, ...circle })).toBe(
      "lessons/c.md:10  prerequisites[0]  expected no lesson that needs this one itself: a → b → c → a",
    );
  });

  it("says what is missing when a file is gone", async () => {
    expect(await problemsOf(without(smallContent, "tools/claude.md"))).toBe(
      [
        "lessons/second-step.md:10  tools[0]  expected the slug of a tool; there is no tools/claude.md",
        `${topic}:21  tools[1].tool  expected the slug of a tool; there is no tools/claude.md`,
        `${topic}:39  body  expected the slug of a tool; there is no tools/claude.md`,
      ].join("\n"),
    );
  });
});

describe("ContentError", () => {
  it("shows all problems", () => {
    const problem = {
      file: "lessons/foo.md",
      line: 12,
      field: "durationMinutes",
      expected: "a whole number from 1 to 240",
    };
    expect(new ContentError([problem]).message).toBe(
      "The content cannot be imported:\nlessons/foo.md:12  durationMinutes  expected a whole number from 1 to 240",
    );
  });
});

function aliasBomb(): string {
  const levels = [1, 2, 3, 4, 5, 6].map(
    level =>
      `  - &a${level} [${Array(9)
        .fill(`*a${level - 1}`)
        .join(", ")}]`,
  );
  return ["models:", "  - &a0 [x]", ...levels].join("\n");
}

function guideText(): string {
  return smallContent[guide]?.split("---\n")[2]?.trim() ?? "";
}

/** The two sections of the topic's list, and the same in the other order. */
function swapped(): [string, string] {
  const [one, two] = [
    "  - kind: OVERVIEW\n    emoji: 📘\n    heading: Overview\n",
    "  - kind: AI_IN_ACTION\n    emoji: 🤖\n    heading: AI in Action\n    anchor: in-action\n",
  ];
  return [one + two, two + one];
}
