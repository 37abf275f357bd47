// A PostgreSQL server of a test's own, that it may fill, stop and crash: made by initdb in a temporary directory, on a free port.
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client } from "pg";

export interface PostgresInstance {
  /** Of its database `postgres`, as its superuser. */
  readonly url: URL;
  start(): Promise<void>;
  /** `fast` ends sessions with 57P01; `immediate` is a crash: the next start recovers. */
  stop(how: "fast" | "immediate"): void;
  /** Runs statements outside any transaction. */
  run(...statements: string[]): Promise<void>;
  remove(): void;
}

export interface InstanceOptions {
  /** Parameters of postgresql.conf. */
  settings?: Readonly<Record<string, string>>;
  /** Where its directory is made; the system's temporary directory when left out. */
  under?: string;
}

/** Where Debian has PostgreSQL's programs; undefined where there are none. */
export const postgresPrograms = newestPrograms();

function newestPrograms(): string | undefined {
  const all = "/usr/lib/postgresql";
  const versions = existsSync(all) ? readdirSync(all).sort((one, other) => Number(other) - Number(one)) : [];
  return versions.map(version => join(all, version, "bin")).find(bin => existsSync(join(bin, "initdb")));
}

/** @param programs see `postgresPrograms`. Started already. */
export async function startPostgresInstance(
  programs: string,
  { settings = {}, under = tmpdir() }: InstanceOptions = {},
): Promise<PostgresInstance> {
  const directory = mkdtempSync(join(under, "learngraph-instance-"));
  const user = ownUser();
  ownByPostgres(directory);
  const data = join(directory, "data");
  const call = (program: string, ...args: string[]) =>
    execFileSync(join(programs, program), args, { ...user, cwd: directory, stdio: "pipe" });
  call("initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync");
  const port = await freePort();
  const url = new URL(`postgresql://postgres@127.0.0.1:${port}/postgres`);
  const parameters = {
    ...{ port: String(port), listen_addresses: "127.0.0.1", unix_socket_directories: "", fsync: "off" },
    ...{ shared_buffers: "16MB", ...settings },
  };
  const run = async (...statements: string[]) => {
    const client = new Client({ connectionString: url.href });
    client.on("error", () => undefined);
    await client.connect();
    try {
      for (const statement of statements) await client.query(statement);
    } finally {
      await client.end();
    }
  };
  const instance: PostgresInstance = {
    url,
    start: async () => {
      const options = Object.entries(parameters).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
      // Not by pg_ctl, which waits for it: whoever tests a start wants to see what happens meanwhile.
      spawn(join(programs, "postgres"), ["-D", data, ...options], { ...user, cwd: directory, stdio: "ignore" }).unref();
      while (!(await run("SELECT 1").then(...accepted))) await new Promise(resolve => setTimeout(resolve, 50));
    },
    stop: how => void call("pg_ctl", "stop", "-D", data, "-m", how, "-w"),
    run,
    remove: () => {
      if (existsSync(join(data, "postmaster.pid"))) instance.stop("immediate");
      rmSync(directory, { recursive: true, force: true });
    },
  };
  await instance.start();
  return instance;
}

const accepted = [() => true, () => false] as const;

/** PostgreSQL does not run as root. */
function ownUser(): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const number = (which: string) => Number(execFileSync("id", [which, "postgres"], { encoding: "utf8" }));
  return { uid: number("-u"), gid: number("-g") };
}

/** Gives a directory to whom the instances run as. */
export function ownByPostgres(directory: string): void {
  const user = ownUser();
  if (user) chownSync(directory, user.uid, user.gid);
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}
