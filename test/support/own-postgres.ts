// A PostgreSQL server of a test's own, for faults that the shared one must not have. Undefined where its programs are not installed.
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client } from "pg";

export interface OwnPostgres {
  readonly port: number;
  readonly password: string;
  stop(): Promise<void>;
}

const versions = "/usr/lib/postgresql";
const newest = existsSync(versions) ? readdirSync(versions).sort((a, b) => Number(b) - Number(a))[0] : undefined;
const programs = newest === undefined ? undefined : join(versions, newest, "bin");
export const canStartPostgres = programs !== undefined && existsSync(join(programs, "initdb"));

/** Its user postgres has a password, which is asked for. @param settings such as max_connections=5 */
export async function startOwnPostgres(settings: readonly string[], initdb: readonly string[]): Promise<OwnPostgres> {
  if (programs === undefined) throw new Error("PostgreSQL is not installed here");
  const directory = mkdtempSync(join(tmpdir(), "learngraph-postgres-"));
  const password = "own-server-password";
  const passwordFile = join(directory, "password");
  writeFileSync(passwordFile, password);
  // It refuses to run as root.
  const account = process.getuid?.() === 0 ? accountOf("postgres") : undefined;
  const as = account ? { uid: account.uid, gid: account.gid } : {};
  if (account) for (const path of [directory, passwordFile]) chownSync(path, account.uid, account.gid);
  const data = join(directory, "data");
  const how = ["--username=postgres", "--auth=scram-sha-256", `--pwfile=${passwordFile}`, "--no-sync", ...initdb];
  execFileSync(join(programs, "initdb"), [`--pgdata=${data}`, ...how], { ...as, stdio: "pipe", cwd: directory });
  const port = await freePort();
  const all = ["listen_addresses=127.0.0.1", "unix_socket_directories=", "fsync=off", ...settings];
  const server = spawn(join(programs, "postgres"), ["-D", data, "-p", `${port}`, ...all.flatMap(one => ["-c", one])], {
    ...as,
    stdio: "ignore",
    cwd: directory,
  });
  const stopped = once(server, "exit");
  const stop = async () => {
    server.kill("SIGINT");
    await stopped;
    rmSync(directory, { recursive: true, force: true });
  };
  try {
    await untilItAnswers(`postgresql://postgres:${password}@127.0.0.1:${port}/postgres`);
  } catch (error) {
    await stop();
    throw error;
  }
  return { port, password, stop };
}

function accountOf(name: string): { uid: number; gid: number } {
  const idOf = (kind: string) => Number(execFileSync("id", [kind, name], { encoding: "utf8" }));
  return { uid: idOf("-u"), gid: idOf("-g") };
}

/** Nobody has it now. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  await new Promise(resolve => server.close(resolve));
  return port;
}

async function untilItAnswers(url: string): Promise<void> {
  const end = Date.now() + 30_000;
  for (;;) {
    const client = new Client({ connectionString: url });
    try {
      await client.connect();
      return await client.end();
    } catch (error) {
      if (Date.now() > end) throw error;
      await new Promise(resolve => setTimeout(resolve, 50));
    }
  }
}
