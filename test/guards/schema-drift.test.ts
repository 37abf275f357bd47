// prisma/schema.prisma and prisma/migrations say the same, in the eyes of Prisma's own schema engine. It runs as a program of its own (`db new` in
// a copy of the project): jest cannot load its ES modules. In memory, whatever database the suite runs on.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { copyProject, runProgram, type ProjectCopy } from "../support/command";

describe("Schema drift", () => {
  let project: ProjectCopy;
  beforeEach(() => {
    project = copyProject();
  });
  afterEach(() => project.remove());

  const inProject = (path: string) => join(project.root, path);

  it("is none: the migrations make exactly what prisma/schema.prisma says", async () => {
    const before = readdirSync(inProject("prisma/migrations"));
    const outcome = await runProgram("db", ["new", "drift"], { root: project.root });
    // What the engine found comes first, so that a failure shows it.
    const written = readdirSync(inProject("prisma/migrations")).filter(name => !before.includes(name));
    expect(written.map(name => readFileSync(inProject(`prisma/migrations/${name}/migration.sql`), "utf8"))).toEqual([]);
    expect(outcome).toEqual({ exitCode: 0, stdout: expect.stringMatching(/^nothing to do/) as string, stderr: "" });
  });

  it("is found in both directions: a field only in the schema, a table only in the migrations", async () => {
    const schema = readFileSync(inProject("prisma/schema.prisma"), "utf8");
    writeFileSync(
      inProject("prisma/schema.prisma"),
      schema.replace("model Topic {", "model Topic {\n  forgotten String?\n"),
    );
    mkdirSync(inProject("prisma/migrations/99990101000000_stray"));
    writeFileSync(
      inProject("prisma/migrations/99990101000000_stray/migration.sql"),
      `CREATE TABLE "stray" ("id" INTEGER PRIMARY KEY);`,
    );

    const outcome = await runProgram("db", ["new", "find_it"], { root: project.root });

    expect(outcome).toMatchObject({ exitCode: 0, stderr: "" });
    // One more than the newest, which is ahead of the clock: a new migration is always the last.
    const file = "prisma/migrations/99990101000001_find_it/migration.sql";
    expect(outcome.stdout).toContain(`wrote ${file}`);
    const statements = readFileSync(inProject(file), "utf8").match(/^(ALTER|DROP|CREATE).*/gm);
    expect(statements).toEqual([
      expect.stringMatching(/^ALTER TABLE "topic" ADD COLUMN +"forgotten" TEXT;$/),
      'DROP TABLE "stray";',
    ]);
  });

  it("cannot be looked for in a schema that is wrong: the problem is named and nothing is written", async () => {
    const schema = readFileSync(inProject("prisma/schema.prisma"), "utf8");
    writeFileSync(
      inProject("prisma/schema.prisma"),
      schema.replace("model Topic {", "model Topic {\n  odd Nonsense\n"),
    );
    const before = readdirSync(inProject("prisma/migrations"));
    const outcome = await runProgram("db", ["new", "find_it"], { root: project.root });
    expect(outcome).toMatchObject({ exitCode: 1, stdout: "" });
    expect(outcome.stderr).toMatch(/^The schema cannot be compared with the migrations: [^]*Nonsense/);
    expect(outcome.stderr).not.toMatch(/^ +at /m);
    expect(readdirSync(inProject("prisma/migrations"))).toEqual(before);
  });
});
