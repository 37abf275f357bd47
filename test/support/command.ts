// Command line programs as a person at a terminal sees them: child processes of the compiled code, in this project or in a copy of it.
import { execFile } from "node:child_process";
import { cpSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface Outcome {
  exitCode: number;
  stdout: string;
  stderr: string;
}

export interface CommandOptions {
  /** Added to an environment without any setting of ours. */
  env?: Readonly<Record<string, string>>;
  /** The project whose compiled code runs; this one when left out. */
  root?: string;
  /** What is piped into it; nothing when left out. */
  input?: string;
}

/** Runs `node dist/src/cli/<program>.js …` without a terminal, in the system's temporary directory: where it was started must not matter. */
export function runProgram(program: string, args: readonly string[], options: CommandOptions = {}): Promise<Outcome> {
  const { env = {}, root = process.cwd(), input = "" } = options;
  const file = join(root, "dist/src/cli", `${program}.js`);
  return new Promise(resolve => {
    const child = execFile(
      process.execPath,
      ["--disable-warning=ExperimentalWarning", file, ...args],
      { cwd: tmpdir(), env: { PATH: process.env["PATH"], ...env } },
      (error, stdout, stderr) => {
        const exitCode = error === null ? 0 : typeof error.code === "number" ? error.code : -1;
        resolve({ exitCode, stdout, stderr });
      },
    );
    // One that has ended already takes no input; its outcome says what there is to say.
    child.stdin?.on("error", () => undefined).end(input);
  });
}

export interface ProjectCopy {
  root: string;
  remove(): void;
}

/** A copy of the compiled program and of prisma/, for programs that write into the project. */
export function copyProject(): ProjectCopy {
  const root = mkdtempSync(join(tmpdir(), "learngraph-project-"));
  for (const part of ["package.json", "dist/src", "prisma/schema.prisma", "prisma/migrations"]) {
    cpSync(part, join(root, part), { recursive: true });
  }
  symlinkSync(join(process.cwd(), "node_modules"), join(root, "node_modules"));
  return { root, remove: () => rmSync(root, { recursive: true }) };
}
