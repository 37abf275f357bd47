// A PostgreSQL server of a test's own, that it may fill, stop and crash: made by initdb in a temporary directory, on a free port.
import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client } from "pg";
import { freePort, ownByPostgres, ownUser } from "./own-servers";

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
  encoding?: "UTF8" | "SQL_ASCII";
  /** Of its superuser; anybody is let in when left out. */
  password?: string;
  /** It is made a streaming standby of this one, whose encoding and password it has. */
  standbyOf?: PostgresInstance;
}

/** @param programs see `postgresPrograms`. Started already. */
export async function startPostgresInstance(
  programs: string,
  { settings = {}, encoding = "UTF8", password, standbyOf }: InstanceOptions = {},
): Promise<PostgresInstance> {
  const directory = mkdtempSync(join(tmpdir(), "learngraph-instance-"));
  const user = ownUser();
  ownByPostgres(directory);
  const data = join(directory, "data");
  const call = (program: string, ...args: string[]) =>
    execFileSync(join(programs, program), args, { ...user, cwd: directory, stdio: "pipe" });
  const port = await freePort();
  const url = new URL(standbyOf?.url ?? "postgresql://postgres@127.0.0.1/postgres");
  url.port = String(port);
  if (standbyOf) {
    const how = ["-X", "stream", "-c", "fast", "-R", "--no-sync"];
    call("pg_basebackup", "-d", standbyOf.url.href, "-D", data, ...how);
  } else {
    const how = ["-U", "postgres", "-E", encoding, "--locale=C", "--no-sync"];
    call("initdb", "-D", data, ...how, ...authentication(directory, password));
    if (password !== undefined) url.password = password;
  }
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

function authentication(directory: string, password: string | undefined): string[] {
  if (password === undefined) return ["-A", "trust"];
  const file = join(directory, "password");
  writeFileSync(file, password);
  ownByPostgres(file);
  return ["-A", "scram-sha-256", `--pwfile=${file}`];
}

const accepted = [() => true, () => false] as const;
