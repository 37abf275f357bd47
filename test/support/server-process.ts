// The real process, with the memory that `npm start` gives it. Needs dist/src (scripts/build.mjs).
import { spawn, type ChildProcessWithoutNullStreams } from "node:child_process";
import { once } from "node:events";
import { scripts } from "../../package.json";
import { overhear } from "./log";

export interface ServerProcess {
  readonly process: ChildProcessWithoutNullStreams;
  /** What it has printed so far. */
  output(): string;
  /** Its exit code; null when a signal ended it. */
  readonly exit: Promise<number | null>;
  /** The URL that it names once it listens. @throws Error with its output when it ends before. */
  url(): Promise<string>;
  /** SIGKILL; resolves when it is gone. */
  kill(): Promise<void>;
}

const flags = scripts.start.split(" ").filter(word => word.startsWith("--"));

/** @param environment is all that it gets, so that the surroundings of the test run decide nothing. */
export function startServerProcess(environment: Readonly<Record<string, string>>): ServerProcess {
  const child = spawn(process.execPath, [...flags, "--disable-warning=ExperimentalWarning", "dist/src/main.js"], {
    env: {
      // All of a test's requests come from one address.
      COST_BUDGET: "0",
      ...{ PATH: process.env["PATH"], PORT: "0", CONTENT_ON_START: "never", PLAYGROUND: "false", LOG_FORMAT: "json" },
      ...environment,
    },
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", part => (output += String(part)));
  const state = { ended: false };
  const exit = once(child, "close").then(([code]) => {
    state.ended = true;
    overhear(output);
    return code as number | null;
  });
  return {
    process: child,
    output: () => output,
    exit,
    url: async () => {
      for (;;) {
        const url = /ready at (http:\/\/[\w.:]+)/.exec(output)?.[1];
        if (url) return url;
        if (state.ended) throw new Error(`the process ended:\n${output}`);
        await new Promise(resolve => setTimeout(resolve, 20));
      }
    },
    kill: async () => {
      child.kill("SIGKILL");
      await exit;
    },
  };
}
