// documentOf and fileText: what an editor wrote is refused, or reads back from its file as it was.
import fc from "fast-check";
import { readDocument, documentOf } from "../../../src/content/document.read";
import { fileOf, largestFile } from "../../../src/content/content.files";
import { fileText } from "../../../src/content/file.write";
import { loadMarkdown } from "../../../src/content/markdown.pipeline";
import type { Source } from "../../../src/content/source.model";
import { withContent } from "../../support/content-files";
import { editorsSources, normalSources } from "../../support/content-sources";

const textOf = async (source: Source) => fileText(source, await loadMarkdown());

async function readBack(source: Source) {
  const { kind, slug } = source;
  const found = { kind, slug, file: fileOf(kind, slug) };
  const text = await textOf(source);
  return withContent({ [found.file]: text }, directory => readDocument(directory, found));
}

function topicWith(...sections: [heading: string, body: string][]): Source<"topic"> {
  return {
    kind: "topic",
    slug: "data",
    content: {
      title: "Data",
      emoji: "📊",
      category: "DATA",
      position: 1,
      updatedOn: "2026-06-24",
      summary: "Numbers.",
      seo: { title: "AI for data", description: "What AI does for data." },
      tools: [],
      sections: sections.map(([heading, body], index) => ({
        kind: "CUSTOM",
        emoji: "📘",
        heading,
        anchor: `section-${index}`,
        body,
      })),
    },
    formerSlugs: [],
  };
}

function lessonWith(body: string): Source<"lesson"> {
  return {
    kind: "lesson",
    slug: "first",
    content: {
      title: "First",
      summary: "What it teaches.",
      kind: "LESSON",
      level: "BEGINNER",
      durationMinutes: 10,
      access: "PUBLIC",
      updatedOn: "2026-06-24",
      topics: ["data"],
      body,
    },
    formerSlugs: [],
  };
}

async function problemsOf(source: Source): Promise<string[]> {
  const { problems, source: read, addTo } = await documentOf(source);
  expect([read === undefined, addTo === undefined]).toEqual([problems.length > 0, problems.length > 0]);
  return problems.map(({ field, line, expected }) => `${field}:${line} ${expected}`);
}

describe("documentOf", () => {
  it("gives what is in its normal form back as it is, and so does its file", async () => {
    let refused = 0;
    await fc.assert(
      fc.asyncProperty(normalSources, async source => {
        const document = await documentOf(source);
        if (document.problems.length > 0) return void refused++;
        expect(document.source).toEqual(source);
        const read = await readBack(source);
        expect([read.problems, read.source]).toEqual([[], source]);
      }),
      { numRuns: 100 },
    );
    expect(refused).toBeLessThan(15);
  });

  it("brings whatever it does not refuse to the form in which its file gives it back", async () => {
    await fc.assert(
      fc.asyncProperty(editorsSources, async source => {
        const document = await documentOf(source);
        if (!document.source) return;
        const read = await readBack(source);
        expect([read.problems, read.source]).toEqual([[], document.source]);
        expect((await documentOf(document.source)).source).toEqual(document.source);
      }),
      { numRuns: 100 },
    );
  });

  it.each<[what: string, body: string, problem: string]>([
    [
      "a code fence",
      "Text.\n\n```js\nopen",
      "3 the end of what begins here, a code block or HTML, before the next section",
    ],
    ["a comment", "<!-- open", "1 the end of what begins here, a code block or HTML, before the next section"],
    ["a level-2 heading", "Text.\n\n## More\n\nText.", "3 no level-2 heading, because it begins another section"],
    ["an underlined heading", "More\n---", "1 no level-2 heading, because it begins another section"],
    ["nesting without end", ">".repeat(101), "1 Markdown that is nested less deep"],
    ["links without end", "[".repeat(5_001), "1 at most 1,000 links and images in one text"],
    ["a NUL", "a\0b", "1 a text without NUL characters and without broken Unicode"],
    ["half a character", "a\ud83d", "1 a text without NUL characters and without broken Unicode"],
    ["nothing", " \n ", "1 text under the heading “One”"],
    ["a level-1 heading", "Text.\n\n# More", "3 no level-1 heading, because the title is the heading"],
  ])("names the section that has %s, and no other", async (_what, body, problem) => {
    const [first, last] = [`sections[0].body:${problem}`, `sections[1].body:${problem.replace("One", "Two")}`];
    expect(await problemsOf(topicWith(["One", body], ["Two", "Text."]))).toEqual([first]);
    const mayBeLast = problem.includes("before the next section");
    expect(await problemsOf(topicWith(["Three", "Text."], ["Two", body]))).toEqual(mayBeLast ? [] : [last]);
  });

  it("names every section with something wrong", async () => {
    const source = topicWith(["One", "```"], ["Two", "[a](javascript:b)"], ["Three", "## More"]);
    expect((await problemsOf(source)).map(problem => problem.split(" ")[0])).toEqual([
      "sections[0].body:1",
      "sections[2].body:1",
      "sections[1].body:1",
    ]);
  });

  it("is not led astray by a section that takes in a heading and brings another", async () => {
    const source = topicWith(["One", "Text.\n\n## Two\n\n```"], ["Two", "Text."]);
    expect(await problemsOf(source)).toEqual([
      "sections[0].body:3 no level-2 heading, because it begins another section",
    ]);
  });

  it("keeps a heading that looks like a link to what the text defines", async () => {
    const source = topicWith(["A [note]", "See [note].\n\n[note]: /note"]);
    expect(await problemsOf(source)).toEqual([]);
    expect((await readBack(source)).source).toEqual(source);
  });

  it("reads text without the blank lines around it, and with plain line ends", async () => {
    const lesson = await documentOf(lessonWith("\r\n \r\n    code\r\n\r\nText.\rMore.  \r\n\r\n"));
    expect(lesson.source).toEqual(lessonWith("    code\n\nText.\nMore."));
    const topic = await documentOf(topicWith(["One", "\r\n\r\nText.\r\n\r\n"], ["Two", "More.\r\n"]));
    expect(topic.source).toEqual(topicWith(["One", "Text."], ["Two", "More."]));
  });

  it("refuses what makes too large a file", async () => {
    const rest = Buffer.byteLength(await textOf(lessonWith("")));
    const body = (bytes: number) => `x${"ä".repeat((bytes - 1) / 2)}`;
    const most = largestFile - rest - "\n\n".length;
    const fitting = lessonWith(most % 2 === 1 ? body(most) : `y${body(most - 1)}`);
    expect(Buffer.byteLength(await textOf(fitting))).toBe(largestFile);
    expect(await problemsOf(fitting)).toEqual([]);
    expect(await problemsOf(lessonWith(`${fitting.content.body}z`))).toEqual(["file:1 at most 200 kB"]);
  });
});

describe("fileText", () => {
  it("is written for people: keys in the documented order, quotes where they are needed", async () => {
    const source: Source<"tool"> = {
      kind: "tool",
      slug: "cursor",
      content: {
        facts: [
          {
            staleAfter: "2026-12-24",
            asOf: "2026-06-24",
            source: { url: "https://example.org", name: "A page: the first" },
            value: "2000000000",
            unit: "USD per year",
            statement: "Much: revenue.",
            kind: "REVENUE",
            key: "revenue",
          },
        ],
        description: "An editor.\n\n---\n\nText.",
        models: ["GPT", "null"],
        tagline: `One line that ${"goes on and ".repeat(12)}ends.`,
        vendor: "Two\n\nlines",
        name: "Cursor",
        website: "https://cursor.com",
        category: "CODE_EDITOR",
        pricingModel: "FREEMIUM",
      },
      formerSlugs: ["12", "code-editor"],
    };
    expect(await textOf(source)).toBe(`---
name: Cursor
vendor: |-
  Two

  lines
category: CODE_EDITOR
tagline: One line that ${"goes on and ".repeat(12)}ends.
website: https://cursor.com
pricingModel: FREEMIUM
models:
  - GPT
  - "null"
facts:
  - key: revenue
    kind: REVENUE
    statement: "Much: revenue."
    value: "2000000000"
    unit: USD per year
    asOf: 2026-06-24
    source:
      name: "A page: the first"
      url: https://example.org
    staleAfter: 2026-12-24
formerSlugs:
  - "12"
  - code-editor
---

An editor.

---

Text.
`);
  });

  it("keeps a line of blanks in a long text that must be escaped", async () => {
    const source = lessonWith("Text.");
    source.content.summary = `\u0007${"long ".repeat(20)}\n \nend`;
    expect((await readBack(source)).source).toEqual(source);
  });

  it("leaves out the text that a module does not have", async () => {
    const source: Source<"module"> = {
      kind: "module",
      slug: "groundwork",
      content: { lessons: [], summary: "s", position: 1, level: "BEGINNER", topic: "data", title: "t" },
      formerSlugs: [],
    };
    expect(await textOf(source)).toBe(
      "---\ntitle: t\ntopic: data\nlevel: BEGINNER\nposition: 1\nsummary: s\nlessons: []\n---\n",
    );
  });
});
