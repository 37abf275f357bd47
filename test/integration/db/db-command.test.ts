// The command `db` from outside: what it prints, its exit codes, and what it leaves in the database. `db new` is in test/guards/schema-drift.test.ts.
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { copyProject, runProgram, type Outcome, type ProjectCopy } from "../../support/command";
import { createSharedDatabase, type SharedDatabase } from "../../support/shared-database";

const shipped = readdirSync("prisma/migrations", { withFileTypes: true })
  .filter(entry => entry.isDirectory())
  .map(entry => entry.name)
  .sort();
const lines = (prefix: string) => shipped.map(name => `${prefix}${name}\n`).join("");

describe("Command db", () => {
  let shared: SharedDatabase;
  beforeAll(async () => {
    shared = await createSharedDatabase("blank");
  });
  afterAll(() => shared.remove());

  const db = (...args: string[]): Promise<Outcome> => runProgram("db", args, { env: shared.env });

  it("takes a new database to the shipped catalogue: status, migrate, status, seed, seed again", async () => {
    const pending = await db("status");
    expect(pending).toMatchObject({ exitCode: 1, stderr: "" });
    expect(pending.stdout.match(/^pending +\S+/gm)).toEqual(shipped.map(name => `pending  ${name}`));

    expect(await db("migrate")).toEqual({ exitCode: 0, stdout: lines("applied "), stderr: "" });
    expect(await db("migrate")).toMatchObject({
      exitCode: 0,
      stdout: expect.stringMatching(/^nothing to do/) as string,
    });
    expect(await db("status")).toEqual({ exitCode: 0, stdout: lines("applied  "), stderr: "" });

    expect(await db("seed")).toEqual({ exitCode: 0, stdout: catalogue("created"), stderr: "" });
    expect(await db("seed")).toEqual({ exitCode: 0, stdout: catalogue("unchanged"), stderr: "" });
    // Six programs, one after the other.
  }, 150_000);

  it("says with status which migrations were edited and which are of another version, and refuses to migrate then", async () => {
    const copy: ProjectCopy = copyProject();
    try {
      const [first = "", ...later] = shipped;
      const file = join(copy.root, "prisma/migrations", first, "migration.sql");
      writeFileSync(file, `${readFileSync(file, "utf8")}\n-- another thought\n`);
      for (const name of later) rmSync(join(copy.root, "prisma/migrations", name), { recursive: true });

      const status = await runProgram("db", ["status"], { env: shared.env, root: copy.root });
      expect(status).toMatchObject({ exitCode: 1, stderr: "" });
      expect(status.stdout.match(/^\w+ +\S+/gm)).toEqual([
        `edited   ${first}`,
        ...later.map(name => `unknown  ${name}`),
      ]);
      const migrate = await runProgram("db", ["migrate"], { env: shared.env, root: copy.root });
      expect(migrate).toMatchObject({ exitCode: 1, stdout: "" });
      expect(migrate.stderr).toContain(`changed after they had been applied: ${first}.`);
      expect(migrate.stderr).not.toContain("    at ");
    } finally {
      copy.remove();
    }
  });

  it("does not reset without a terminal to ask on unless told so by --force, and never in production", async () => {
    const unasked = await db("reset");
    expect(unasked).toMatchObject({ exitCode: 2, stdout: "" });
    expect(unasked.stderr).toMatch(/^This deletes everything in .*\. Say so with --force\.\n\nUsage:/);
    const production = await runProgram("db", ["reset", "--force"], { env: { ...shared.env, NODE_ENV: "production" } });
    expect(production).toMatchObject({ exitCode: 1, stdout: "" });
    expect(production.stderr).toMatch(/never reset/);
    expect(await db("status")).toMatchObject({ exitCode: 0 });
  });

  it("resets with --force: everything is deleted, then the catalogue is there again, and other files stay", async () => {
    writeFileSync(join(shared.directory, "notes.txt"), "mine");
    const outcome = await db("reset", "--force");
    expect(outcome).toMatchObject({ exitCode: 0, stderr: "" });
    const [deleted, ...rest] = outcome.stdout.split("\n");
    expect(deleted).toMatch(/^everything was deleted in the (embedded )?database /);
    expect(rest.join("\n")).toBe(lines("applied ") + catalogue("created"));
    expect(existsSync(join(shared.directory, "notes.txt"))).toBe(true);
    expect(existsSync(join(shared.directory, "lock"))).toBe(false);
  });

  it.each([
    [[], "A command is missing."],
    [["drop"], "There is no command drop."],
    [["constructor"], "There is no command constructor."],
    [["migrate", "--fast"], "Unknown option '--fast'"],
    [["status", "now"], "Unexpected argument 'now'"],
    [["new"], "Exactly one name must be given."],
    [["new", "Add Things"], "The name must be made of lower-case letters, digits and underscores, at most 80."],
    [["new", "../../outside"], "The name must be made of lower-case letters, digits and underscores, at most 80."],
  ])("explains itself when it is called with %j", async (args, problem) => {
    const outcome = await db(...args);
    expect(outcome).toMatchObject({ exitCode: 2, stdout: "" });
    expect(outcome.stderr.startsWith(`${problem}\n\nUsage:\n  db migrate `)).toBe(true);
  });

  it("prints its usage when asked to", async () => {
    expect(await db("--help")).toMatchObject({
      exitCode: 0,
      stdout: expect.stringMatching(/^Usage:/) as string,
      stderr: "",
    });
  });

  it("says in one line that the database is away, with exit code 1", async () => {
    const away = { ...shared.env, DATABASE_URL: "postgresql://somebody:secret@127.0.0.1:1/learngraph" };
    const outcome = await runProgram("db", ["migrate"], { env: away });
    expect(outcome).toMatchObject({ exitCode: 1, stdout: "" });
    expect(outcome.stderr).toMatch(
      /^The service is unavailable for a moment\. Try again\. \(connect ECONNREFUSED .*\)\n$/,
    );
  });
});

/** What an import of all the shipped files prints when each of them was `outcome`. */
function catalogue(outcome: "created" | "unchanged"): string {
  return ["topics", "tools", "modules", "lessons"]
    .map(kind => {
      const files = readdirSync(`prisma/content/${kind}`).filter(name => name.endsWith(".md")).length;
      const of = (name: string) => `${name === outcome ? files : 0} ${name}`;
      return `${`${kind}:`.padEnd(9)}${of("created")}, ${of("updated")}, ${of("unchanged")}\n`;
    })
    .join("");
}
