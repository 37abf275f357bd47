// How what is generated is made (scripts/steps.mjs), in a project whose makers only note that they ran: what runs beside what, what is made
// anew, and that nobody finds halves.
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";

/** The programs of the steps, and what each makes. */
const makers: Readonly<Record<string, string>> = {
  "node_modules/prisma/build/index.js": "src/generated/prisma/client.ts",
  "scripts/compile.mjs": "dist/main.js",
  "scripts/make-empty-database.mjs": "dist/empty-database.tar",
  "scripts/build-playground.mjs": "dist/playground/index.html",
  "node_modules/@graphql-codegen/cli/cjs/bin.js": "src/generated/client/index.ts",
};
const clientOnly = "src/generated/client/index.ts";
const made = Object.values(makers).sort();
const pglite = "node_modules/@electric-sql/pglite/package.json";

let root: string;
let started: ChildProcess[];
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "learngraph-build-"));
  started = [];
  for (const [program, target] of Object.entries(makers)) write(program, maker(target));
  write("package.json", "{}");
  write(pglite, `{ "version": "1.0.0" }`);
  write("prisma/schema.prisma", "model A {}");
  write("dist/program.js", "console.log('it runs');");
});
afterEach(async () => {
  for (const child of started) child.kill("SIGKILL");
  // What a killed build has left running ends by itself.
  rmSync(root, { recursive: true, maxRetries: 20 });
});

function write(path: string, text: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}

/** Waits while there is a file `hold` (for it alone, where that has the name of what it makes in it); fails where there is a file `fail` with the name of what it makes in it. */
function maker(target: string): string {
  return `
    const fs = process.getBuiltinModule("node:fs");
    const note = word => fs.appendFileSync("notes", word + " ${target}\\n");
    fs.mkdirSync("${dirname(target)}", { recursive: true });
    fs.writeFileSync("${target}", "half");
    note("begin");
    const end = () => {
      if (fs.existsSync("hold") && "${target}".startsWith(fs.readFileSync("hold", "utf8"))) return setTimeout(end, 10);
      if (fs.existsSync("fail") && fs.readFileSync("fail", "utf8") === "${target}") throw new Error("it broke");
      fs.writeFileSync("${target}", "whole");
      note("end");
    };
    setTimeout(end, 50);`;
}

interface Build {
  readonly child: ChildProcess;
  output(): string;
  readonly exit: Promise<number | null>;
}

function start(script: string, ...args: string[]): Build {
  const child = spawn(process.execPath, [join(process.cwd(), "scripts", script), ...args], { cwd: root });
  started.push(child);
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", part => (output += String(part)));
  return { child, output: () => output, exit: once(child, "close").then(([code]) => code as number | null) };
}

const build = async (...args: string[]) => expect(await start("build.mjs", ...args).exit).toBe(0);

/** What was noted, in order. */
function readNotes(): string[] {
  const file = join(root, "notes");
  return existsSync(file) ? readFileSync(file, "utf8").trim().split("\n") : [];
}

/** The same, and it is forgotten. */
function notes(): string[] {
  const lines = readNotes();
  rmSync(join(root, "notes"), { force: true });
  return lines;
}

const ended = (lines: string[]) => lines.flatMap(line => (line.startsWith("end ") ? [line.slice(4)] : [])).sort();

async function until(condition: () => boolean): Promise<void> {
  for (let tries = 0; !condition(); tries++) {
    if (tries === 2_000) throw new Error("It did not come to that");
    await delay(5);
  }
}

const begun = () => until(() => readNotes().length > 0);

describe("A build", () => {
  it("makes everything once, the server after the database client and others beside it", async () => {
    write("hold", "");
    const first = start("build.mjs");
    const together = Math.min(availableParallelism(), 4);
    await until(() => readNotes().length === together);
    rmSync(join(root, "hold"));
    expect(await first.exit).toBe(0);
    const lines = notes();
    expect(lines.slice(0, together).every(line => line.startsWith("begin "))).toBe(true);
    expect(ended(lines)).toEqual(made);
    expect(lines.indexOf("begin dist/main.js")).toBeGreaterThan(lines.indexOf("end src/generated/prisma/client.ts"));
    await build();
    expect(notes()).toEqual([]);
    await build("--all");
    expect(ended(notes())).toEqual(made);
  });

  it("makes for a program what it needs, and the client for tests later without compiling again", async () => {
    const program = start("run.mjs", "program");
    expect(await program.exit).toBe(0);
    expect(program.output()).toMatch(/it runs\n$/);
    expect(ended(notes())).toEqual(made.filter(target => target !== clientOnly));
    await build();
    expect(ended(notes())).toEqual([clientOnly]);
  });

  it("lets the server start while the playground is made, and tells it when that is there", async () => {
    await build();
    write("dist/main.js", `console.log("starts"); void globalThis.stillMaking.then(() => console.log("listens"));`);
    write("hold", "dist/playground/index.html");
    write("docs/api.md", "changed");
    const server = start("run.mjs", "main");
    await until(() => server.output().includes("starts"));
    expect(server.output()).not.toContain("listens");
    rmSync(join(root, "hold"));
    expect(await server.exit).toBe(0);
    expect(server.output()).toMatch(/^starts\nmade the playground .*\nlistens\n$/);
  });

  it("makes the empty database anew for another version of PGlite, and nothing else", async () => {
    await build();
    notes();
    write(pglite, `{ "version": "1.0.1" }`);
    await build();
    expect(ended(notes())).toEqual(["dist/empty-database.tar"]);
  });

  it("waits for one that is under way, and finds everything made", async () => {
    write("hold", "");
    const first = start("build.mjs");
    await begun();
    const second = start("build.mjs");
    await until(() => second.output().includes("another process is making what is out of date"));
    rmSync(join(root, "hold"));
    expect(await Promise.all([first.exit, second.exit])).toEqual([0, 0]);
    expect(ended(notes())).toEqual(made);
  });

  it.each(["SIGKILL", "SIGTERM"] as const)("leaves nothing half made that counts after %s", async signal => {
    await build();
    notes();
    write("hold", "");
    write("prisma/schema.prisma", "model B {}");
    const first = start("build.mjs");
    await begun();
    first.child.kill(signal);
    expect(await first.exit).toBe(signal === "SIGKILL" ? null : 143);
    expect(readFileSync(join(root, "src/generated/prisma/client.ts"), "utf8")).toBe("half");
    rmSync(join(root, "hold"));
    if (signal === "SIGTERM") {
      expect(existsSync(join(root, "dist/.made/lock"))).toBe(false);
      await delay(100);
      expect(ended(notes())).toEqual([]);
    }
    // What it was last made from whole.
    write("prisma/schema.prisma", "model A {}");
    notes();
    await build();
    expect(notes()).toContain("begin src/generated/prisma/client.ts");
    expect(readFileSync(join(root, "src/generated/prisma/client.ts"), "utf8")).toBe("whole");
  });

  it("says what went wrong, counts what failed as not made, and what others have made as made", async () => {
    write("fail", "dist/main.js");
    const failing = start("build.mjs");
    expect(await failing.exit).toBe(1);
    expect(failing.output()).toMatch(/The server could not be made:\n[^]*it broke/);
    expect(ended(notes())).toContain("src/generated/prisma/client.ts");
    rmSync(join(root, "fail"));
    await build();
    const made = ended(notes());
    expect(made).toContain("dist/main.js");
    expect(made).not.toContain("src/generated/prisma/client.ts");
  });
});
