// Content health of what is live: the same as of the files it came from, in few statements; and `content health` from outside.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readContentDirectory } from "../../src/content/catalogue.read";
import { importContent } from "../../src/content/content.import";
import { checkAll, checkLiveHealth, readSurroundings } from "../../src/content/health/health.read";
import { surroundingsOf } from "../../src/content/health/health.surroundings";
import { readLiveScope } from "../../src/content/live.read";
import type { Database } from "../../src/db/database";
import { runProgram } from "../support/command";
import { edited, smallContent, withContent, type ContentFiles } from "../support/content-files";
import { openTestDatabase } from "../support/database";

const today = "2026-11-24";
const topic = "topics/backend.md";
const tool = "tools/cursor.md";

/** Links that are dead, old and right, and figures with and without a source. */
const files: ContentFiles = [
  [
    topic,
    "Use [Cursor](tool:cursor)",
    "Use [Cursor](/tools/cursor-ide), [that](/lessons/gone) and [Cursor](tool:cursor)",
  ],
  [topic, "blurb: An editor.", "blurb: An editor for $20 with 2 billion dollars of revenue."],
  [topic, "blurb: An assistant.", "blurb: An assistant for $20."],
  [tool, "vendor:", "formerSlugs: [cursor-ide]\nvendor:"],
].reduce((all, [file = "", from = "", to = ""]) => edited(all, file, from, to), { ...smallContent });

describe("checkLiveHealth", () => {
  let database: Database;
  beforeAll(async () => {
    database = await openTestDatabase({ golden: "empty" });
    await withContent(files, directory => importContent(database, directory));
  });
  afterAll(() => database.close());

  const sourcesOf = async () => (await withContent(files, directory => readContentDirectory(directory))).sources;

  it("finds in the database what is found in the files", async () => {
    const sources = await sourcesOf();
    const fromFiles = await checkAll(sources, surroundingsOf(sources), today);
    const live = await checkLiveHealth(database, await readLiveScope(database), today);
    const byAddress = (health: typeof live) =>
      Object.fromEntries(health.map(({ source: { kind, slug }, findings }) => [`${kind} ${slug}`, findings]));
    expect(byAddress(live)).toEqual(byAddress(fromFiles));
    expect(byAddress(live)["topic backend"]?.map(({ rule, severity, message }) => [rule, severity, message])).toEqual([
      ["DEAD_LINK", "ERROR", "There is no published lesson at “gone”."],
      ["NUMBER_WITHOUT_SOURCE", "WARNING", "Nothing with a source says “$20”."],
      ["DEAD_LINK", "NOTICE", "The address “cursor-ide” of the tool “Cursor” has become “cursor”."],
      ["TOO_FEW_TOOLS", "NOTICE", "The topic ranks 2 tools only."],
    ]);
  });

  it("checks those that it is asked for", async () => {
    const { lesson } = await readLiveScope(database);
    const checked = await checkLiveHealth(database, { lesson: lesson.slice(1, 3) }, today);
    expect(checked.map(({ source }) => source.kind)).toEqual(["lesson", "lesson"]);
    expect(await checkLiveHealth(database, { topic: [2_000_000_000] }, today)).toEqual([]);
  });

  it("takes three statements for the surroundings, whatever they are of", async () => {
    const sources = await sourcesOf();
    expect(await statements(() => readSurroundings(database, sources.slice(0, 1)))).toBe(3);
    expect(await statements(() => readSurroundings(database, sources))).toBe(3);
  });

  it("takes as many statements for one lesson as for all", async () => {
    const { lesson } = await readLiveScope(database);
    const one = await statements(() => checkLiveHealth(database, { lesson: lesson.slice(0, 1) }, today));
    expect(await statements(() => checkLiveHealth(database, { lesson }, today))).toBe(one);
  });

  it("takes an address that now belongs to another for what it is now", async () => {
    const cursor = await database.models.tool.findUniqueOrThrow({ where: { slug: "cursor" } });
    await database.models.slugRedirect.create({ data: { entity: "TOOL", slug: "claude", entityId: cursor.id } });
    try {
      const surroundings = await readSurroundings(database, await sourcesOf());
      expect(surroundings.find("tool", "claude")).toMatchObject({ slug: "claude", name: "Claude" });
    } finally {
      await database.models.slugRedirect.delete({ where: { entity_slug: { entity: "TOOL", slug: "claude" } } });
    }
  });

  async function statements(work: () => Promise<unknown>): Promise<number> {
    let count = 0;
    const stop = database.onStatement(() => count++);
    await work();
    stop();
    return count;
  }
});

describe("Command content health", () => {
  const data = mkdtempSync(join(tmpdir(), "learngraph-health-"));
  const env = { DATA_DIRECTORY: data };
  afterAll(() => rmSync(data, { recursive: true }));

  const health = (...args: string[]) => runProgram("content", ["health", ...args], { env });

  it("looks at files without a database, the worst first, and ends with 1 for an error", async () => {
    await withContent(files, async directory => {
      const { exitCode, stdout, stderr } = await health(directory);
      expect([exitCode, stderr]).toEqual([1, ""]);
      expect(stdout).toMatch(
        /^topic backend\n {2}ERROR {3}DEAD_LINK sections\[1\]\.body:1 {2}There is no published lesson/,
      );
      expect(stdout).toMatch(/\n1 error, \d+ warnings, \d+ notices in 8 of 10 entities of .*\n$/);
    });
  });

  it("prints JSON", async () => {
    await withContent(files, async directory => {
      const { exitCode, stdout } = await health(directory, "--json");
      const { entities } = JSON.parse(stdout) as { entities: { kind: string; slug: string; findings: object[] }[] };
      expect([exitCode, entities[0]?.kind, entities[0]?.slug]).toEqual([1, "topic", "backend"]);
      expect(entities[0]?.findings[0]).toEqual({
        rule: "DEAD_LINK",
        severity: "ERROR",
        path: ["sections", "1", "body"],
        line: 1,
        message: expect.any(String),
        remedy: expect.any(String),
      });
    });
  });

  it("says what is wrong with files that cannot be read", async () => {
    await withContent(edited(files, topic, "position: 1", "position: one"), async directory => {
      const { exitCode, stdout, stderr } = await health(directory);
      expect([exitCode, stdout]).toEqual([1, ""]);
      expect(stderr).toContain("topics/backend.md:5  position  expected a whole number from 1\n");
    });
  });

  it("without a directory looks at the files of CONTENT_DIRECTORY while the database is empty", async () => {
    await withContent(files, async directory => {
      const { stdout } = await runProgram("content", ["health"], { env: { ...env, CONTENT_DIRECTORY: directory } });
      expect(stdout).toContain(` of 10 entities of ${directory}\n`);
    });
  });

  it("without a directory looks at the database once it has content", async () => {
    await withContent(files, directory => runProgram("content", ["import", directory], { env }));
    const { exitCode, stdout } = await health();
    expect(exitCode).toBe(1);
    expect(stdout).toMatch(/^topic backend\n[^]* of 10 entities of the database\n$/);
  });
});
