// importContent on a real database: what it writes, that it writes nothing else, and that it writes all or nothing.
import fc from "fast-check";
import { importContent, type ImportReport } from "../../src/content/content.import";
import { ContentError } from "../../src/content/content.problem";
import type { Database } from "../../src/db/database";
import { sql, trustedSql } from "../../src/db/sql";
import { edited, lesson, smallContent, withContent, without, type ContentFiles } from "../support/content-files";
import { openTestDatabase } from "../support/database";

let database: Database;

beforeAll(async () => {
  database = await openTestDatabase({ golden: "empty" });
});

afterAll(() => database.close());

/** Each test starts with the small catalogue in the database and nothing else. */
beforeEach(async () => {
  await importFiles(smallContent, true);
});

const importFiles = (files: Readonly<ContentFiles>, prune = false) =>
  withContent(files, directory => importContent(database, directory, { prune }));

describe("importContent", () => {
  it("writes what the files say", async () => {
    const topic = await database.models.topic.findUniqueOrThrow({
      where: { slug: "backend" },
      include: {
        callToAction: true,
        sections: {
          orderBy: { position: "asc" },
          include: { tools: { orderBy: { position: "asc" }, include: { tool: true } } },
        },
        tools: { orderBy: { rank: "asc" }, include: { tool: true } },
      },
    });
    expect(topic).toMatchObject({
      title: "Backend development",
      emoji: "🧩",
      category: "SOFTWARE_ENGINEERING",
      position: 1,
      updatedOn: new Date("2026-06-24"),
      seoTitle: "AI for backends",
      callToAction: { headline: "Learn it", buttonLabel: "Start", href: "/sign-up" },
    });
    expect(topic.sections.map(({ anchor, kind, bodyText }) => [anchor, kind, bodyText])).toEqual([
      ["overview", "OVERVIEW", "What a backend is, see data."],
      ["in-action", "AI_IN_ACTION", "Use Cursor, then Claude, then Cursor again.\n\none\ntwo"],
    ]);
    expect(topic.sections[0]?.bodyHtml).toBe('<p>What a backend is, see <a href="/topics/data">data</a>.</p>');
    expect(topic.sections[1]?.tools.map(({ tool }) => tool.slug)).toEqual(["cursor", "claude"]);
    expect(topic.tools.map(({ tool, featured }) => [tool.slug, featured])).toEqual([
      ["cursor", true],
      ["claude", false],
    ]);

    const tool = await database.models.tool.findUniqueOrThrow({
      where: { slug: "cursor" },
      include: { plans: { orderBy: { position: "asc" } }, facts: { orderBy: { position: "asc" } }, guide: true },
    });
    expect(tool).toMatchObject({ protocols: ["MCP"], models: ["GPT", "Claude"], guide: { slug: "guide-to-cursor" } });
    expect(tool.plans.map(plan => [plan.name, plan.unit, plan.amount?.toString() ?? null, plan.currency])).toEqual([
      ["Pro", "MONTH", "20", "USD"],
      ["Pro", "YEAR", null, null],
    ]);
    expect(tool.facts).toMatchObject([
      { key: "revenue", comparison: "AT_LEAST", unit: "USD per year", staleAfter: new Date("2026-12-24") },
      { key: "editor", comparison: "EXACTLY", value: null, unit: null, verifiedOn: null },
    ]);
    expect(tool.facts[0]?.value?.toString()).toBe("2000000000");
  });

  it("orders the lessons of a topic by module, then by slug", async () => {
    const links = await database.models.lessonTopic.findMany({
      orderBy: [{ topicId: "asc" }, { position: "asc" }],
      include: { topic: true, lesson: true },
    });
    expect(links.map(({ topic, position, lesson: { slug } }) => `${topic.slug} ${position} ${slug}`)).toEqual([
      "backend 1 second-step",
      "backend 2 first-step",
      "backend 3 all-about-it",
      "backend 4 guide-to-cursor",
      "data 1 all-about-it",
      "data 2 first-step",
    ]);
  });

  it("reports what it did", async () => {
    await emptyDatabase();
    expect(await importFiles(smallContent)).toEqual<ImportReport>({
      topics: { ...nothing, created: ["backend", "data"] },
      tools: { ...nothing, created: ["claude", "cursor"] },
      modules: { ...nothing, created: ["groundwork", "practice"] },
      lessons: { ...nothing, created: ["all-about-it", "first-step", "guide-to-cursor", "second-step"] },
    });
  });

  it("writes nothing when nothing has changed", async () => {
    const before = await dump();
    const { result, writes } = await watched(() => importFiles(smallContent));
    expect(writes).toEqual([]);
    expect(result).toEqual(unchangedReport());
    expect(await dump()).toEqual(before);
  });

  it("tells of its progress", async () => {
    const seen: [number, number][] = [];
    await withContent(smallContent, directory =>
      importContent(database, directory, { onProgress: (done, total) => seen.push([done, total]) }),
    );
    const total = Object.keys(smallContent).length + 6;
    expect(seen).toEqual(Array.from({ length: total }, (_, index) => [index + 1, total]));
  });

  it("changes only what one file changed", async () => {
    const before = await dump();
    const changed = edited(smallContent, "tools/cursor.md", 'amount: "20"', 'amount: "25.5"');
    expect(await importFiles(changed)).toEqual({
      ...unchangedReport(),
      tools: { ...nothing, updated: ["cursor"], unchanged: ["claude"] },
    });
    expect(changesBetween(before, await dump())).toEqual({
      tool: ["updated_at"],
      tool_plan: ["amount"],
    });
  });

  it.each<[what: string, file: string, from: string, to: string, changes: Record<string, string[]>]>([
    ["a title", "lessons/first-step.md", "title: First step", "title: First", { lesson: ["title", "updated_at"] }],
    [
      "a heading that gives the anchor",
      "topics/backend.md",
      "anchor: in-action",
      "anchor: action",
      {
        section_tool: ["+", "+", "-", "-"],
        topic: ["updated_at"],
        topic_section: ["+", "-"],
      },
    ],
    [
      "a section's text",
      "topics/backend.md",
      "then [Claude](tool:claude), ",
      "",
      {
        section_tool: ["-"],
        topic: ["updated_at"],
        topic_section: ["body_html", "body_markdown", "body_text"],
      },
    ],
    [
      "a blurb",
      "topics/backend.md",
      "blurb: An editor.",
      "blurb: The editor.",
      { topic: ["updated_at"], topic_tool: ["blurb"] },
    ],
    [
      "the call to action",
      "topics/backend.md",
      "finePrint: Free",
      "finePrint: None",
      {
        call_to_action: ["fine_print"],
        topic: ["updated_at"],
      },
    ],
    [
      "the order of lessons in a module",
      "modules/groundwork.md",
      "[second-step, first-step]",
      "[first-step, second-step]",
      {
        lesson: ["position", "position", "updated_at", "updated_at"],
        lesson_topic: ["position", "position"],
        module: ["updated_at"],
      },
    ],
    [
      "a lesson's topics",
      "lessons/first-step.md",
      "topics: [backend, data]",
      "topics: [backend]",
      {
        lesson: ["updated_at"],
        lesson_topic: ["-"],
      },
    ],
    [
      "a lesson's prerequisites",
      "lessons/first-step.md",
      "prerequisites: [second-step]",
      "prerequisites: [all-about-it]",
      {
        lesson: ["updated_at"],
        lesson_prerequisite: ["+", "-"],
      },
    ],
    [
      "the order of a lesson's tools",
      "lessons/second-step.md",
      "[claude, cursor]",
      "[cursor, claude]",
      {
        lesson: ["updated_at"],
        lesson_tool: ["position", "position"],
      },
    ],
    [
      "the order of facts",
      "tools/cursor.md",
      "- key: revenue",
      "- key: sales",
      {
        fact: ["+", "-"],
        tool: ["updated_at"],
      },
    ],
  ])("writes just the rows behind %s", async (_, file, from, to, changes) => {
    const before = await dump();
    await importFiles(edited(smallContent, file, from, to));
    expect(changesBetween(before, await dump())).toEqual(changes);
  });

  it("lets two tools exchange their guides, and lessons and guides change into each other", async () => {
    const second = {
      "lessons/guide-to-claude.md": lesson("Claude", "topics: [backend]\nguideTo: claude", "TOOL_GUIDE"),
    };
    await importFiles({ ...smallContent, ...second });
    let files = edited(
      { ...smallContent, ...second },
      "lessons/guide-to-claude.md",
      "guideTo: claude",
      "guideTo: cursor",
    );
    files = edited(files, "lessons/guide-to-cursor.md", "guideTo: cursor", "guideTo: claude");
    await importFiles(files);
    expect(await guides()).toEqual({ "guide-to-claude": "cursor", "guide-to-cursor": "claude" });
    files = edited(files, "lessons/guide-to-cursor.md", "kind: TOOL_GUIDE", "kind: LESSON");
    files = edited(files, "lessons/guide-to-cursor.md", "guideTo: claude\n", "");
    expect((await importFiles(files)).lessons.updated).toEqual(["guide-to-cursor"]);
    expect(await guides()).toEqual({ "guide-to-claude": "cursor" });
    expect((await importFiles(files)).lessons.updated).toEqual([]);
  });

  describe("without a file", () => {
    const fewer = edited(
      without(smallContent, "lessons/guide-to-cursor.md", "modules/practice.md"),
      "tools/cursor.md",
      "[guide](lesson:guide-to-cursor)",
      "guide",
    );

    it("rows are reported and stay", async () => {
      const before = await dump();
      const report = await importFiles(fewer);
      expect(report.lessons).toMatchObject({ missing: ["guide-to-cursor"], pruned: [] });
      expect(report.modules).toMatchObject({ missing: ["practice"], pruned: [] });
      expect(changesBetween(before, await dump())).toEqual({
        tool: ["description_html", "description_markdown", "updated_at"],
      });
      expect((await watched(() => importFiles(fewer))).writes).toEqual([]);
    });

    it("rows are removed when asked for, with all that belongs to them", async () => {
      const report = await importFiles(fewer, true);
      expect(report.lessons).toMatchObject({ missing: [], pruned: ["guide-to-cursor"] });
      expect(report.modules).toMatchObject({ missing: [], pruned: ["practice"] });
      const { lesson: lessons, module: modules } = await dump();
      expect(lessons?.map(row => row.slug)).toEqual(["all-about-it", "first-step", "second-step"]);
      expect(modules?.map(row => row.slug)).toEqual(["groundwork"]);
    });

    it("everything but one lesson can be removed at once", async () => {
      const files = {
        "topics/data.md": smallContent["topics/data.md"] ?? "",
        "lessons/all-about-it.md": lesson("All about it", "topics: [data]"),
      };
      const report = await importFiles(files, true);
      expect(report.lessons.pruned).toEqual(["first-step", "guide-to-cursor", "second-step"]);
      expect(report.tools.pruned).toEqual(["claude", "cursor"]);
      expect(report.topics.pruned).toEqual(["backend"]);
      expect(report.modules.pruned).toEqual(["groundwork", "practice"]);
      const { catalog_count: counts } = await dump();
      expect(Object.fromEntries(counts?.map(({ name, count }) => [name, count]) ?? [])).toEqual({
        TOPIC: 1,
        TOOL: 0,
        MODULE: 0,
        LESSON: 1,
        TOOL_GUIDE: 0,
        FACT: 0,
      });
    });

    it("leaves a user their progress and bookmarks, which count again when the content is back", async () => {
      const [user, guide] = [
        await database.models.user.create({
          data: { email: "a@example.org", emailKey: "a@example.org", displayName: "A" },
        }),
        await database.models.lesson.findUniqueOrThrow({ where: { slug: "guide-to-cursor" } }),
      ];
      await database.models.lessonProgress.create({
        data: { learnerId: user.id, lessonId: guide.id, state: "STARTED" },
      });
      await database.models.bookmark.create({ data: { learnerId: user.id, lessonId: guide.id } });
      await importFiles(fewer, true);
      await importFiles(smallContent);
      const again = await database.models.lesson.findUniqueOrThrow({ where: { slug: "guide-to-cursor" } });
      expect(await database.models.lessonProgress.count({ where: { lessonId: again.id } })).toBe(1);
      expect(await database.models.bookmark.count({ where: { lessonId: again.id } })).toBe(1);
      await database.models.user.delete({ where: { id: user.id } });
    });

    it("rows that hold a place which a file wants are named", async () => {
      const renamed = (files: ContentFiles, from: string, to: string) => ({
        ...without(files, from),
        [to]: files[from] ?? "",
      });
      let files = renamed(fewer, "lessons/second-step.md", "lessons/step-two.md");
      files = edited(files, "modules/groundwork.md", "[second-step, first-step]", "[step-two, first-step]");
      files = edited(files, "lessons/first-step.md", "[second-step]", "[step-two]");
      files["modules/training.md"] = smallContent["modules/practice.md"] ?? "";
      files["lessons/cursor.md"] = smallContent["lessons/guide-to-cursor.md"] ?? "";
      const advice = "has it in the database and has no file: import with --prune, or bring its file back";
      const before = await dump();
      expect(await problemsOf(() => importFiles(files))).toEqual([
        `lessons/cursor.md:10 guideTo a tool without another guide; the lesson guide-to-cursor ${advice}`,
        `modules/groundwork.md:7 lessons[0] a free position; the lesson second-step ${advice}`,
        `modules/training.md:5 position a free position; the module practice ${advice}`,
      ]);
      expect(await dump()).toEqual(before);
      const report = await importFiles(files, true);
      expect(report.lessons.pruned).toEqual(["guide-to-cursor", "second-step"]);
      expect(await guides()).toEqual({ cursor: "cursor" });
    });
  });

  it("writes nothing when a file is wrong", async () => {
    const before = await dump();
    let files = edited(smallContent, "lessons/first-step.md", "title: First step", "title: Changed");
    files = edited(files, "tools/claude.md", "pricingModel: FREEMIUM", "pricingModel: CHEAP");
    const { result, statements } = await watched(() => problemsOf(() => importFiles(files)));
    expect(result).toEqual([
      "tools/claude.md:7 pricingModel one of FREE, FREEMIUM, PAID, USAGE_BASED, OPEN_SOURCE, CONTACT_SALES",
    ]);
    expect(statements).toEqual([]);
    expect(await dump()).toEqual(before);
  });

  it.each(["INSERT", "UPDATE", "DELETE"])("writes nothing when one %s fails on the way", async operation => {
    const before = await dump();
    await script(`
      CREATE FUNCTION "fail_on_purpose"() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'on purpose'; END $$;
      CREATE TRIGGER "fail_on_purpose" AFTER ${operation} ON "lesson" FOR EACH ROW EXECUTE FUNCTION "fail_on_purpose"();`);
    try {
      const files: ContentFiles = {
        ...edited(
          edited(smallContent, "tools/claude.md", "name: Claude", "name: Changed"),
          "lessons/first-step.md",
          "First step",
          "First",
        ),
        "lessons/new.md": lesson("New", "topics: [data]"),
        "tools/new.md": smallContent["tools/claude.md"] ?? "",
      };
      await expect(importFiles(without(files, "lessons/all-about-it.md"), true)).rejects.toThrow("on purpose");
    } finally {
      await script(`DROP TRIGGER "fail_on_purpose" ON "lesson"; DROP FUNCTION "fail_on_purpose"();`);
    }
    expect(await dump()).toEqual(before);
  });

  it("writes nothing when what is checked at the commit fails", async () => {
    const before = await dump();
    await script(`
      CREATE FUNCTION "fail_on_purpose"() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'on purpose'; END $$;
      CREATE CONSTRAINT TRIGGER "fail_on_purpose" AFTER UPDATE ON "tool" DEFERRABLE INITIALLY DEFERRED
        FOR EACH ROW EXECUTE FUNCTION "fail_on_purpose"();`);
    try {
      const files = edited(smallContent, "tools/claude.md", "name: Claude", "name: Changed");
      await expect(importFiles(files)).rejects.toThrow("on purpose");
    } finally {
      await script(`DROP TRIGGER "fail_on_purpose" ON "tool"; DROP FUNCTION "fail_on_purpose"();`);
    }
    expect(await dump()).toEqual(before);
  });

  it("lets one of two imports wait for the other", async () => {
    await emptyDatabase();
    const reports = await Promise.all([importFiles(smallContent), importFiles(smallContent)]);
    expect(reports.map(report => report.lessons.created.length).sort()).toEqual([0, 4]);
    expect(reports).toContainEqual(unchangedReport());
  });

  it("needs few statements, however much there is to create", async () => {
    await emptyDatabase();
    const many = Object.fromEntries(
      Array.from({ length: 150 }, (_, n) => [
        `lessons/more-${n}.md`,
        lesson(`More ${n}`, "topics: [data]\ntools: [cursor]"),
      ]),
    );
    const { statements } = await watched(() => importFiles({ ...smallContent, ...many }));
    expect(statements.length).toBeLessThan(60);
  });

  it("takes away facts about topics that their files do not state", async () => {
    const topic = await database.models.topic.findUniqueOrThrow({ where: { slug: "data" } });
    await database.models.fact.create({
      data: {
        topicId: topic.id,
        position: 1,
        key: "k",
        kind: "USERS",
        statement: "s",
        asOf: new Date("2026-01-01"),
        sourceName: "x",
      },
    });
    const { topics } = await importFiles(smallContent);
    expect(topics.updated).toEqual(["data"]);
    expect(await database.models.fact.count({ where: { topicId: topic.id } })).toBe(0);
  });

  it("comes to the same tables on every way there", async () => {
    await fc.assert(
      fc.asyncProperty(catalogues, catalogues, async (one, other) => {
        await importFiles(filesOf(one), true);
        const first = meaning(await dump());
        await importFiles(filesOf(other), true);
        await importFiles(filesOf(one), true);
        expect(meaning(await dump())).toEqual(first);
        expect((await watched(() => importFiles(filesOf(one), true))).writes).toEqual([]);
      }),
      { numRuns: 8 },
    );
  });
});

// ---------------------------------------------------------------- catalogues at random

interface RandomCatalogue {
  /** Slugs of tools in rank order, those that are ranked at all; all three have a file. */
  ranked: string[];
  mentioned: string[];
  featured: boolean;
  sections: string[];
  callToAction: boolean;
  plans: string[];
  facts: string[];
  amount: string;
  /** The lessons that have a file. */
  lessons: string[];
  /** The lessons of the two modules; those without a file are left out. */
  grouped: string[];
  split: number;
  modulesSwapped: boolean;
  /** The tools that the two guides guide to. */
  guided: string[];
  prerequisites: boolean;
  text: string;
}

const toolSlugs = ["x", "y", "z"];
const lessonSlugs = ["a", "b", "c", "d"];
const catalogues: fc.Arbitrary<RandomCatalogue> = fc.record({
  ranked: fc.shuffledSubarray(toolSlugs),
  mentioned: fc.shuffledSubarray(toolSlugs),
  featured: fc.boolean(),
  sections: fc.shuffledSubarray(["One", "Two", "Three"]),
  callToAction: fc.boolean(),
  plans: fc.shuffledSubarray(["Free", "Pro", "Team"]),
  facts: fc.shuffledSubarray(["users", "revenue", "models"]),
  amount: fc.constantFrom("0", "20", "20.5000", "999999999999.9999"),
  lessons: fc.shuffledSubarray(lessonSlugs),
  grouped: fc.shuffledSubarray(lessonSlugs),
  split: fc.nat(4),
  modulesSwapped: fc.boolean(),
  guided: fc.shuffledSubarray(toolSlugs, { maxLength: 2 }),
  prerequisites: fc.boolean(),
  text: fc.constantFrom("Some text.", "*Other* text.", "| a |\n| - |\n| b |", "> quoted"),
});

function filesOf(catalogue: RandomCatalogue): ContentFiles {
  const { sections, mentioned, lessons, text } = catalogue;
  const grouped = catalogue.grouped.filter(slug => lessons.includes(slug));
  const inOrder = lessonSlugs.filter(slug => lessons.includes(slug));
  const source = `asOf: 2026-01-01, source: { name: s }`;
  return {
    "topics/t.md": `---
title: T
emoji: 🧩
category: DATA
position: 1
updatedOn: 2026-01-01
summary: s
seo: { title: t, description: d }
${catalogue.callToAction ? "callToAction: { headline: h, body: b, buttonLabel: l, href: /x, finePrint: f }" : ""}
tools: [${catalogue.ranked.map(tool => `{ tool: ${tool}, blurb: b, featured: ${catalogue.featured} }`).join(", ")}]
sections: [${sections.map(heading => `{ kind: CUSTOM, emoji: 🧩, heading: ${heading} }`).join(", ")}]
---

${sections.map(heading => `## ${heading}\n\n${text}\n\n${mentioned.map(tool => `[t](tool:${tool})`).join(" ")}\n\n`).join("")}`,
    ...Object.fromEntries(
      toolSlugs.map(slug => [
        `tools/${slug}.md`,
        `---
name: ${slug}
vendor: v
category: WRITING
tagline: t
website: https://example.org
pricingModel: FREE
plans: [${catalogue.plans.map(name => `{ name: ${name}, unit: MONTH, price: { amount: "${catalogue.amount}", currency: EUR }, ${source} }`).join(", ")}]
facts: [${catalogue.facts.map(key => `{ key: ${key}, kind: USERS, statement: s, value: "${catalogue.amount}", ${source} }`).join(", ")}]
---
${text}
`,
      ]),
    ),
    ...Object.fromEntries(
      [grouped.slice(0, catalogue.split), grouped.slice(catalogue.split)].map((group, index) => [
        `modules/m${index}.md`,
        `---
title: M
topic: t
level: BEGINNER
position: ${(index === 0) === catalogue.modulesSwapped ? 2 : 1}
summary: s
lessons: [${group.join(", ")}]
---
`,
      ]),
    ),
    ...Object.fromEntries(
      lessons.map(slug => {
        const before = inOrder.slice(0, inOrder.indexOf(slug));
        const tools = catalogue.ranked.join(", ");
        return [
          `lessons/${slug}.md`,
          lesson(
            slug,
            `topics: [t]\ntools: [${tools}]\nprerequisites: [${catalogue.prerequisites ? before.join(", ") : ""}]`,
          ),
        ];
      }),
    ),
    ...Object.fromEntries(
      catalogue.guided.map((tool, index) => [
        `lessons/guide-${index}.md`,
        lesson("Guide", `topics: [t]\nguideTo: ${tool}`, "TOOL_GUIDE"),
      ]),
    ),
  };
}

// ---------------------------------------------------------------- tables

const tables = [
  ...["topic", "call_to_action", "topic_section", "section_tool", "topic_tool", "tool", "tool_plan", "fact"],
  ...["module", "lesson", "lesson_topic", "lesson_tool", "lesson_prerequisite", "catalog_count"],
];

type Row = Record<string, unknown>;
type Dump = Record<string, Row[]>;

/** Every row of every table of the catalogue, with ids and timestamps. */
async function dump(): Promise<Dump> {
  const all: Dump = {};
  for (const table of tables) {
    const rows = await database.query<{ row: string }>(
      sql`SELECT to_jsonb(t)::text AS "row" FROM ${trustedSql(`"${table}"`)} t ORDER BY to_jsonb(t)->>'slug', to_jsonb(t)::text`,
    );
    all[table] = rows.map(({ row }) => JSON.parse(row) as Row);
  }
  return all;
}

/** The columns that changed, "+" for a new row and "-" for one that is gone, by table; rows are recognised by their keys. */
function changesBetween(before: Dump, after: Dump): Record<string, string[]> {
  const changes = tables.map(table => {
    const keyed = (rows: Row[] = []) => new Map(rows.map(row => [keyOf(row), row]));
    const [old, fresh] = [keyed(before[table]), keyed(after[table])];
    return [
      table,
      [
        ...[...fresh].flatMap(([key, row]) => {
          const was = old.get(key);
          return was
            ? Object.keys(row).filter(column => JSON.stringify(row[column]) !== JSON.stringify(was[column]))
            : ["+"];
        }),
        ...[...old.keys()].filter(key => !fresh.has(key)).map(() => "-"),
      ].sort(),
    ] as const;
  });
  return Object.fromEntries(changes.filter(([, columns]) => columns.length > 0));
}

function keyOf(row: Row): string {
  if ("id" in row) return String(row.id);
  if ("name" in row) return String(row.name);
  return JSON.stringify(Object.entries(row).filter(([column]) => column.endsWith("_id")));
}

/** The same without what depends on when and in which order rows were made: ids are replaced by what they stand for. */
function meaning(all: Dump): Dump {
  const names = (table: string) =>
    new Map(all[table]?.map(row => [row.id, row.slug ?? `${String(row.topic_id)} ${String(row.anchor)}`]));
  const [topic, tool, module, lessons, section] = ["topic", "tool", "module", "lesson", "topic_section"].map(names);
  const targets: Record<string, Map<unknown, unknown> | undefined> = {
    ...{ topic_id: topic, tool_id: tool, guides_tool_id: tool, module_id: module },
    ...{ lesson_id: lessons, prerequisite_id: lessons, section_id: section },
  };
  const topicSlug = (key: unknown) =>
    String(key).replace(/^\d+/, id => `topic ${JSON.stringify(topic?.get(Number(id)))}`);
  const rename = (column: string, value: unknown) => {
    const target = value === null ? undefined : targets[column];
    return target ? topicSlug(target.get(value)) : value;
  };
  return Object.fromEntries(
    Object.entries(all).map(([table, rows]) => [
      table,
      rows
        .map(row =>
          Object.fromEntries(
            Object.entries(row)
              .filter(([column]) => !["id", "created_at", "updated_at"].includes(column))
              .map(([column, value]) => [column, rename(column, value)]),
          ),
        )
        .sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)),
    ]),
  );
}

// ---------------------------------------------------------------- helpers

const nothing = { created: [], updated: [], unchanged: [], missing: [], pruned: [] };

function unchangedReport(): ImportReport {
  return {
    topics: { ...nothing, unchanged: ["backend", "data"] },
    tools: { ...nothing, unchanged: ["claude", "cursor"] },
    modules: { ...nothing, unchanged: ["groundwork", "practice"] },
    lessons: { ...nothing, unchanged: ["all-about-it", "first-step", "guide-to-cursor", "second-step"] },
  };
}

async function emptyDatabase(): Promise<void> {
  await script(`TRUNCATE "topic", "tool", "module", "lesson" CASCADE`);
}

async function script(text: string): Promise<void> {
  await database.exclusive(connection => connection.script(text));
}

/** The SQL that `work` sends, all of it and that which writes. */
async function watched<T>(work: () => Promise<T>): Promise<{ result: T; statements: string[]; writes: string[] }> {
  const statements: string[] = [];
  const stop = database.onStatement(text => statements.push(text));
  const result = await work();
  stop();
  return { result, statements, writes: statements.filter(text => /^\s*(insert|update|delete)/i.test(text)) };
}

async function problemsOf(work: () => Promise<unknown>): Promise<string[]> {
  const error: unknown = await work().catch((thrown: unknown) => thrown);
  if (!(error instanceof ContentError)) throw error;
  return error.problems.map(({ file, line, field, expected }) => `${file}:${line} ${field} ${expected}`);
}

async function guides(): Promise<Record<string, string>> {
  const rows = await database.models.lesson.findMany({
    where: { kind: "TOOL_GUIDE" },
    orderBy: { slug: "asc" },
    include: { guidesTool: true },
  });
  return Object.fromEntries(rows.map(({ slug, guidesTool }) => [slug, guidesTool?.slug ?? ""]));
}
