// The real process, as `npm start` runs it: what it prints, how it ends, and what it refuses to start with. Needs dist/src (scripts/build.mjs).
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { edited, smallContent, withContent } from "../../support/content-files";
import { startServerProcess, type ServerProcess } from "../../support/server-process";
import { canary } from "./refusals";

let directory: string;
const running = new Set<ServerProcess>();

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "learngraph-process-"));
});

afterAll(async () => {
  await Promise.all([...running].map(one => one.kill()));
  await rm(directory, { recursive: true, force: true });
});

function start(environment: Record<string, string>): ServerProcess {
  const started = startServerProcess({ DATA_DIRECTORY: directory, ...environment });
  running.add(started);
  return started;
}

describe("The server's process", () => {
  it("names its URL last, serves, keeps its directory to itself, and ends with 0 on SIGTERM", async () => {
    const first = start({});
    const url = await first.url();
    const lines = first.output().trim().split("\n");
    expect(JSON.parse(lines.at(-1) ?? "")).toMatchObject({
      level: "info",
      msg: `learngraph is ready at ${url}/graphql`,
    });
    expect((await fetch(`${url}/readyz`)).status).toBe(200);

    const second = start({});
    expect(await second.exit).toBe(1);
    expect(second.output()).toContain(`The data directory ${directory} is in use by process ${first.process.pid}`);
    expect(second.output()).not.toMatch(/\n\s+at /);

    first.process.kill("SIGTERM");
    expect(await first.exit).toBe(0);
    expect(await readdir(directory)).toEqual(["postgres", "signing-keys.json"]);
  });

  it("ends with 1 and lists the problems of content that cannot be imported", async () => {
    const broken = edited(smallContent, "lessons/first-step.md", "durationMinutes: 10", "durationMinutes: 999");
    await withContent(broken, async content => {
      const run = start({ CONTENT_ON_START: "if-empty", CONTENT_DIRECTORY: content });
      expect(await run.exit).toBe(1);
      expect(run.output()).toMatch(/lessons\/first-step\.md:\d+ {2}durationMinutes {2}expected /);
      expect(run.output()).not.toMatch(/\n\s+at |ready at/);
    });
  });

  it("ends with 1 and names every variable that is wrong, without its value", async () => {
    const run = start({ PORT: `1${canary}`, DATABASE_URL: `mysql://user:${canary}@host/x`, LOG_LEVEL: canary });
    expect(await run.exit).toBe(1);
    for (const name of ["PORT", "DATABASE_URL", "LOG_LEVEL"])
      expect(run.output()).toMatch(new RegExp(`^ {2}${name} must be `, "m"));
    expect(run.output()).not.toContain(canary);
    expect(run.output()).not.toMatch(/\n\s+at /);
  });
});
