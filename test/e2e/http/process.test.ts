// The real process, as `npm start` runs it: what it prints, how it ends, and what it refuses to start with. Needs dist/src (scripts/compile.mjs).
import { spawn, type ChildProcessWithoutNullStreams } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { edited, smallContent, withContent } from "../../support/content-files";
import { overhear } from "../../support/log";
import { canary } from "./refusals";

interface Run {
  readonly process: ChildProcessWithoutNullStreams;
  readonly output: () => string;
  readonly exit: Promise<number | null>;
}

let directory: string;
const running = new Set<ChildProcessWithoutNullStreams>();

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "learngraph-process-"));
});

afterAll(async () => {
  for (const child of running) child.kill("SIGKILL");
  await rm(directory, { recursive: true, force: true });
});

/** Only what a test gives, so that the surroundings of the test run decide nothing. */
function start(environment: Record<string, string>): Run {
  const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", "dist/src/main.js"], {
    env: {
      PATH: process.env["PATH"],
      PORT: "0",
      DATA_DIRECTORY: directory,
      CONTENT_ON_START: "never",
      PLAYGROUND: "false",
      LOG_FORMAT: "json",
      ...environment,
    },
  });
  running.add(child);
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", part => (output += String(part)));
  const exit = once(child, "close").then(([code]) => {
    running.delete(child);
    overhear(output);
    return code as number | null;
  });
  return { process: child, output: () => output, exit };
}

/** The URL that the process names once it listens. */
async function urlOf(run: Run): Promise<string> {
  const state = { ended: false };
  void run.exit.then(() => (state.ended = true));
  for (;;) {
    const url = /ready at (http:\/\/[\w.:]+)/.exec(run.output())?.[1];
    if (url) return url;
    if (state.ended) throw new Error(`the process ended:\n${run.output()}`);
    await new Promise(resolve => setTimeout(resolve, 50));
  }
}

describe("The server's process", () => {
  it("names its URL last, serves, keeps its directory to itself, and ends with 0 on SIGTERM", async () => {
    const first = start({});
    const url = await urlOf(first);
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
