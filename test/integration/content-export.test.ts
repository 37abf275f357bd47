// exportContent and readLiveSources on a real database: what they give imports back without writing one row; the command from outside.
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import fc from "fast-check";
import { exportContent, type ExportReport } from "../../src/content/content.export";
import { fileOf, findContent } from "../../src/content/content.files";
import { importContent } from "../../src/content/content.import";
import { ContentError } from "../../src/content/content.problem";
import { documentOf, readDocument } from "../../src/content/document.read";
import { fileText } from "../../src/content/file.write";
import { readLiveScope, readLiveSources } from "../../src/content/live.read";
import { loadMarkdown } from "../../src/content/markdown.pipeline";
import type { Source } from "../../src/content/source.model";
import type { Database } from "../../src/db/database";
import { joinSql, sql, trustedSql } from "../../src/db/sql";
import { runProgram } from "../support/command";
import { edited, lesson, smallContent, withContent, type ContentFiles } from "../support/content-files";
import { catalogues } from "../support/content-sources";
import { openTestDatabase } from "../support/database";
import { createSharedDatabase, type SharedDatabase } from "../support/shared-database";

/** The directory that each test exports into; it is not there yet. */
let directory: string;
beforeEach(async () => {
  directory = join(await mkdtemp(join(tmpdir(), "learngraph-export-")), "content");
});
afterEach(() => rm(dirname(directory), { recursive: true }));

describe("exportContent", () => {
  describe("of the shipped catalogue", () => {
    let database: Database;
    beforeAll(async () => {
      database = await openTestDatabase({ golden: "catalogue" });
    });
    afterAll(() => database.close());

    it("says what the shipped files say, and imports back without one row", async () => {
      const report = await exportContent(database, directory);
      const shipped = await sourcesIn("prisma/content");
      expect(await sourcesIn(directory)).toEqual(shipped);
      expect(Object.values(report).map(({ created }) => created.length)).toEqual(
        (["topic", "tool", "module", "lesson"] as const).map(kind => shipped.filter(one => one.kind === kind).length),
      );
      await expectNoWrites(database, () => importContent(database, directory));
    });

    it("leaves files that say the same as they are, however they are written", async () => {
      await cp("prisma/content", directory, { recursive: true });
      const report = await exportContent(database, directory, { prune: true });
      expect(
        Object.values(report).flatMap(({ created, updated, removed }) => [...created, ...updated, ...removed]),
      ).toEqual([]);
      expect(await filesIn(directory)).toEqual(await filesIn("prisma/content"));
    });
  });

  describe("of a small catalogue", () => {
    let database: Database;
    beforeAll(async () => {
      database = await openTestDatabase({ golden: "empty" });
    });
    afterAll(() => database.close());
    beforeEach(async () => {
      await importFiles(database, smallContent);
    });

    const none = { created: [], updated: [], unchanged: [], extra: [], removed: [] };
    const unchanged: ExportReport = {
      topics: { ...none, unchanged: ["backend", "data"] },
      tools: { ...none, unchanged: ["claude", "cursor"] },
      modules: { ...none, unchanged: ["groundwork", "practice"] },
      lessons: { ...none, unchanged: ["all-about-it", "first-step", "guide-to-cursor", "second-step"] },
    };

    it("writes what is there, facts of topics and former slugs among it", async () => {
      const { id: topicId } = await database.models.topic.findUniqueOrThrow({ where: { slug: "data" } });
      const fact = {
        topicId,
        position: 1,
        key: "growth",
        kind: "ADOPTION",
        statement: "It grows.",
        value: "1.50",
      } as const;
      await database.models.fact.create({ data: { ...fact, asOf: new Date("2026-06-24"), sourceName: "A page" } });
      await database.models.slugRedirect.createMany({
        data: [
          { entity: "TOPIC", slug: "old-data", entityId: topicId },
          { entity: "TOPIC", slug: "numbers", entityId: topicId },
          { entity: "TOOL", slug: "another-kind", entityId: topicId },
        ],
      });
      try {
        await exportContent(database, directory);
        expect(await readFile(join(directory, "topics/data.md"), "utf8")).toBe(`---
title: Data
emoji: 📊
category: DATA
position: 2
updatedOn: 2026-06-25
summary: Numbers.
seo:
  title: AI for data
  description: What AI does for data.
tools: []
sections: []
facts:
  - key: growth
    kind: ADOPTION
    statement: It grows.
    value: "1.5"
    asOf: 2026-06-24
    source:
      name: A page
formerSlugs:
  - numbers
  - old-data
---
`);
        await expectNoWrites(database, () => importContent(database, directory));
      } finally {
        await database.models.fact.deleteMany({ where: { topicId } });
        await database.models.slugRedirect.deleteMany();
      }
    });

    it("writes only the files that say something else", async () => {
      await exportContent(database, directory);
      const before = await filesIn(directory);
      expect(await exportContent(database, directory)).toEqual(unchanged);

      await importFiles(
        database,
        edited(smallContent, "tools/claude.md", "tagline: An assistant.", "tagline: A helper."),
      );
      await rm(join(directory, "lessons/first-step.md"));
      await writeFile(join(directory, "lessons/second-step.md"), "no front matter");
      expect(await exportContent(database, directory)).toEqual({
        ...unchanged,
        tools: { ...none, updated: ["claude"], unchanged: ["cursor"] },
        lessons: {
          ...none,
          created: ["first-step"],
          updated: ["second-step"],
          unchanged: ["all-about-it", "guide-to-cursor"],
        },
      });
      expect(await filesIn(directory)).toEqual(edited(before, "tools/claude.md", "An assistant.", "A helper."));
    });

    it("tells which files hold what is not live, and removes them when asked to", async () => {
      await exportContent(database, directory);
      const live = await filesIn(directory);
      await writeFile(join(directory, "lessons/withdrawn.md"), lesson("Withdrawn", "topics: [data]"));
      await writeFile(join(directory, "topics/broken.md"), "");
      expect(await exportContent(database, directory)).toEqual({
        ...unchanged,
        topics: { ...unchanged.topics, extra: ["broken"] },
        lessons: { ...unchanged.lessons, extra: ["withdrawn"] },
      });
      expect(Object.keys(await filesIn(directory))).toContain("topics/broken.md");
      expect(await exportContent(database, directory, { prune: true })).toEqual({
        ...unchanged,
        topics: { ...unchanged.topics, removed: ["broken"] },
        lessons: { ...unchanged.lessons, removed: ["withdrawn"] },
      });
      expect(await filesIn(directory)).toEqual(live);
    });

    it.each(["notes.txt", "drafts/one.md", "lessons/Not-A-Slug.md", "lessons/one.txt", "lessons/first-step.md/x.md"])(
      "touches nothing in a directory that holds %s",
      async foreign => {
        await mkdir(dirname(join(directory, foreign)), { recursive: true });
        await writeFile(join(directory, foreign), "mine");
        const error: unknown = await exportContent(database, directory, { prune: true }).catch(
          (thrown: unknown) => thrown,
        );
        expect(error).toBeInstanceOf(ContentError);
        expect((error as ContentError).message).toMatch(/^The content cannot be exported:\n.* file {2}expected /);
        expect(await filesIn(directory)).toEqual({ [foreign]: "mine" });
      },
    );

    it("leaves names that start with a dot alone, and its own unfinished files take none", async () => {
      await mkdir(join(directory, "tools"), { recursive: true });
      await writeFile(join(directory, "tools/.cursor.md.new"), "what a broken export left");
      await writeFile(join(directory, ".keep"), "");
      await exportContent(database, directory, { prune: true });
      const names = Object.keys(await filesIn(directory));
      expect(names.filter(name => /(^|\/)\./.test(name))).toEqual([".keep"]);
    });

    it("tells of its progress", async () => {
      const seen: [number, number, string][] = [];
      await exportContent(database, directory, { onProgress: (...progress) => seen.push(progress) });
      expect(seen.map(([done]) => done)).toEqual(Object.keys(smallContent).map((_, index) => index + 1));
      expect(new Set(seen.map(([, total]) => total))).toEqual(new Set([Object.keys(smallContent).length]));
      expect(seen.map(([, , file]) => file).sort()).toEqual(Object.keys(smallContent).sort());
    });

    it("reads one moment of the database, and cannot write to it", async () => {
      let seen: unknown;
      const watched: Database = {
        ...database,
        transaction: (work, options) =>
          database.transaction(async session => {
            seen = await session.query(sql`SELECT current_setting('transaction_isolation') AS "isolation",
              current_setting('transaction_read_only') AS "readOnly"`);
            return work(session);
          }, options),
      };
      await exportContent(watched, directory);
      expect(seen).toEqual([{ isolation: "repeatable read", readOnly: "on" }]);
    });

    it("needs no more statements for more lessons", async () => {
      const statements = () =>
        statementsOf(database, async () => readLiveSources(database, await readLiveScope(database)));
      const few = await statements();
      const more = Array.from({ length: 100 }, (_, n) => [
        `lessons/more-${n}.md`,
        lesson(`More ${n}`, "topics: [data]"),
      ]);
      await importFiles(database, { ...smallContent, ...(Object.fromEntries(more) as ContentFiles) });
      expect((await statements()).length).toBe(few.length);
      expect(few.length).toBeLessThan(40);
    });

    it("reads some of what is live by its ids", async () => {
      const scope = await readLiveScope(database);
      const everything = await readLiveSources(database, scope);
      const [tool, lessons] = [scope.tool.slice(1), scope.lesson.slice(0, 2)];
      expect(await readLiveSources(database, { tool, lesson: [...lessons, 2_000_000] })).toEqual(
        everything.filter(({ id, source: { kind } }) =>
          kind === "tool" ? tool.includes(id) : kind === "lesson" && lessons.includes(id),
        ),
      );
      expect(await readLiveSources(database, {})).toEqual([]);
    });
  });

  it("refuses to export nothing: no directory without content can be imported", async () => {
    const database = await openTestDatabase({ golden: "empty" });
    try {
      await expect(withContent(smallContent, files => exportContent(database, files, { prune: true }))).rejects.toThrow(
        "something live in the database to write there; there is nothing",
      );
    } finally {
      await database.close();
    }
  });

  it("gives back every catalogue as it was", async () => {
    const database = await openTestDatabase({ golden: "empty" });
    try {
      const markdown = await loadMarkdown();
      await fc.assert(
        fc.asyncProperty(catalogues, async sources => {
          for (const source of sources) fc.pre((await documentOf(source)).problems.length === 0);
          const texts = await Promise.all(sources.map(source => fileText(source, markdown)));
          const files = Object.fromEntries(sources.map(({ kind, slug }, n) => [fileOf(kind, slug), texts[n] ?? ""]));
          await emptyTables(database);
          await importFiles(database, files);
          await exportContent(database, directory, { prune: true });
          expect(await sourcesIn(directory)).toEqual(inOrder(sources));
          expect(await filesIn(directory)).toEqual(files);
          await expectNoWrites(database, () => importContent(database, directory));
        }),
        { numRuns: 12 },
      );
    } finally {
      await database.close();
    }
  });
});

describe("Command content export", () => {
  let shared: SharedDatabase;
  const content = (...args: string[]) => runProgram("content", args, { env: shared.env });

  beforeAll(async () => {
    shared = await createSharedDatabase();
    await shared.use(database => importFiles(database, smallContent));
  });
  afterAll(() => shared.remove());

  it("does not migrate a database to read it", async () => {
    const blank = await createSharedDatabase("blank");
    const outcome = await runProgram("content", ["export", directory], { env: blank.env });
    await blank.remove();
    expect(outcome).toEqual({
      exitCode: 1,
      stdout: "",
      stderr: "The database lacks migrations: `npm run db:migrate` applies them.\n",
    });
  }, 120_000);

  it("writes what is live, and removes what is not when asked to", async () => {
    await mkdir(join(directory, "tools"), { recursive: true });
    await writeFile(join(directory, "tools/old.md"), "");
    const counts = "topics:  2 created, 0 updated, 0 unchanged\ntools:   2 created, 0 updated, 0 unchanged";
    expect(await content("export", directory)).toEqual({
      exitCode: 0,
      stdout: `${counts}\n  has a file, but is not live: old\nmodules: 2 created, 0 updated, 0 unchanged\nlessons: 4 created, 0 updated, 0 unchanged\n`,
      stderr: "",
    });
    const again = await content("export", directory, "--prune");
    expect(again.stdout).toContain("tools:   0 created, 0 updated, 2 unchanged, 1 removed\n  removed: old\n");
    expect(await sourcesIn(directory)).toEqual(await withContent(smallContent, sourcesIn));
  });

  it("says in one message that a directory holds something else", async () => {
    await mkdir(directory);
    await writeFile(join(directory, "notes.txt"), "");
    expect(await content("export", directory)).toEqual({
      exitCode: 1,
      stdout: "",
      stderr:
        "The content cannot be exported:\nnotes.txt:1  file  expected nothing here but the folders topics, tools, modules, lessons\n",
    });
  });

  it.each([
    [["export", "a", "b"], "At most one directory can be given."],
    [["export", "--all"], "Unknown option '--all'"],
  ])("explains itself when it is called with %j", async (args, problem) => {
    const outcome = await content(...args);
    expect(outcome).toMatchObject({ exitCode: 2, stdout: "" });
    expect(outcome.stderr.startsWith(`${problem}\n\nUsage:\n  content import `)).toBe(true);
  });
});

// ---------------------------------------------------------------- helpers

const entityTables = ["topic", "tool", "module", "lesson", "revision", "slug_redirect"];
const tables = [
  ...entityTables,
  ...["call_to_action", "topic_section", "section_tool", "topic_tool", "tool_plan", "fact"],
  ...["lesson_topic", "lesson_tool", "lesson_prerequisite", "catalog_count", "list_count", "search_document"],
];

async function emptyTables(database: Database): Promise<void> {
  await database.exclusive(connection => connection.script(`TRUNCATE "${entityTables.join('", "')}" CASCADE`));
}

const importFiles = (database: Database, files: Readonly<ContentFiles>) =>
  withContent(files, from => importContent(database, from, { prune: true }));

/** Every document in its normal form, in the order of the files; none may have problems. */
async function sourcesIn(from: string): Promise<Source[]> {
  const { files, problems } = await findContent(from);
  const documents = await Promise.all(files.map(found => readDocument(from, found)));
  expect([...problems, ...documents.flatMap(document => document.problems)]).toEqual([]);
  return inOrder(documents.flatMap(({ source }) => source ?? []));
}

function inOrder(sources: readonly Source[]): Source[] {
  const file = ({ kind, slug }: Source) => fileOf(kind, slug);
  return [...sources].sort((a, b) => (file(a) < file(b) ? -1 : 1));
}

/** Every file with its text, those whose names start with a dot included. */
async function filesIn(from: string): Promise<ContentFiles> {
  const entries = await readdir(from, { recursive: true, withFileTypes: true });
  const paths = entries.filter(entry => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
  const texts = await Promise.all(paths.map(path => readFile(path, "utf8")));
  return Object.fromEntries(paths.map((path, index) => [path.slice(from.length + 1), texts[index] ?? ""]));
}

async function statementsOf(database: Database, work: () => Promise<unknown>): Promise<string[]> {
  const statements: string[] = [];
  const stop = database.onStatement(text => statements.push(text));
  await work();
  stop();
  return statements;
}

/** Every row of every table that an import writes to, with the transaction that wrote it. */
async function rowsOf(database: Database): Promise<string[]> {
  const all = tables.map(
    table =>
      sql`SELECT ${table} || ' ' || xmin || ' ' || to_jsonb(t)::text AS "row" FROM ${trustedSql(`"${table}"`)} t`,
  );
  const rows = await database.query<{ row: string }>(sql`${joinSql(all, " UNION ALL ")} ORDER BY "row"`);
  return rows.map(({ row }) => row);
}

/** Not even rows that are written as they were are written. */
async function expectNoWrites(database: Database, work: () => Promise<unknown>): Promise<void> {
  const before = await rowsOf(database);
  expect(before.length).toBeGreaterThan(0);
  await work();
  expect(await rowsOf(database)).toEqual(before);
}
