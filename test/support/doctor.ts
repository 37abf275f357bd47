// `doctor` as a test runs it, and servers that are no good.
import { once } from "node:events";
import { createServer, type AddressInfo, type Server, type Socket } from "node:net";
import type { Check, Finding } from "../../src/cli/doctor/checkup";
import { runProgram } from "./command";
import { overhear } from "./log";

export interface Report {
  exitCode: number;
  findings: Finding[];
  text: string;
}

export async function examineWith(env: Record<string, string>, root?: string): Promise<Report> {
  const outcome = await runProgram("doctor", ["--json"], { env, ...(root === undefined ? {} : { root }) });
  overhear(outcome.stdout);
  expect(outcome.stderr).toBe("");
  const { ok: isOk, findings } = JSON.parse(outcome.stdout) as { ok: boolean; findings: Finding[] };
  expect(isOk).toBe(outcome.exitCode === 0);
  return { exitCode: outcome.exitCode, findings, text: outcome.stdout };
}

/** What it found of one thing. */
export const of = (check: string, { findings }: Report): string[] =>
  findings.filter(finding => finding.check === check).map(({ level, message }) => `${level} ${message}`);

/** What a check says by itself. */
export const linesOf = async ({ run }: Check): Promise<string[]> =>
  (await run()).map(({ level, message }) => `${level} ${message}`);

/** Answers nothing to anybody. */
export const startSilentServer = () => startBadServer(() => undefined);

/** Ends every connection with words that are no HTTP. */
export const startRudeServer = () => startBadServer(socket => void socket.end("no\n"));

async function startBadServer(meet: (socket: Socket) => void): Promise<{ port: number; server: Server }> {
  const server = createServer(socket => meet(socket.on("error", () => undefined)))
    .listen(0, "127.0.0.1")
    .unref();
  await once(server, "listening");
  return { port: (server.address() as AddressInfo).port, server };
}
