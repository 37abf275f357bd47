// Servers of a test's own, on free ports and in a temporary directory: a PostgreSQL primary with a streaming hot standby, PgBouncer in front of the
// primary as docs/scaling.md sets it up, and Redis. From the programs of the machine, where it has them.
import { execFile, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";
import { Client } from "pg";
import { freePorts, ownByPostgres, ownUser, pgbouncerProgram, postgresPrograms, redisProgram } from "./own-servers";

const programs = {
  initdb: join(postgresPrograms ?? "", "initdb"),
  postgres: join(postgresPrograms ?? "", "postgres"),
  basebackup: join(postgresPrograms ?? "", "pg_basebackup"),
  pgbouncer: pgbouncerProgram ?? "",
  redis: redisProgram ?? "",
};
/** What a cluster needs and this machine has not. */
export const missingPrograms = Object.entries({
  PostgreSQL: postgresPrograms,
  PgBouncer: pgbouncerProgram,
  "redis-server": redisProgram,
}).flatMap(([name, path]) => (path === undefined ? [name] : []));

export interface Cluster {
  readonly primaryUrl: string;
  readonly standbyUrl: string;
  /** The primary through PgBouncer, in transaction mode. */
  readonly poolerUrl: string;
  /** The same, through an entry that sets nothing on its connections. */
  readonly barePoolerUrl: string;
  readonly redisUrl: string;
  /** All statements that the standby was sent. */
  standbyLog(): string;
  stopStandby(): Promise<void>;
  startStandby(): Promise<void>;
  /** Whether the standby goes on with what it has received. */
  setReplay(isOn: boolean): Promise<void>;
  /** Ends everything, and leaves nothing. */
  remove(): Promise<void>;
}

interface Program {
  readonly child: ChildProcess;
  output(): string;
  /** Resolves when it has ended. */
  stop(signal: NodeJS.Signals): Promise<void>;
}

export async function startCluster(): Promise<Cluster> {
  const directory = mkdtempSync(join(tmpdir(), "learngraph-cluster-"));
  ownByPostgres(directory);
  const [primaryData, standbyData] = [join(directory, "primary"), join(directory, "standby")];
  const [primaryPort, standbyPort, poolerPort, redisPort] = await freePorts(4);
  const urlOf = (port: number | undefined, database: string) => `postgresql://postgres@127.0.0.1:${port}/${database}`;
  const running: Program[] = [];
  const start = (program: string, args: readonly string[]) => {
    const started = startProgram(program, args, directory);
    running.push(started);
    return started;
  };
  const postgres = (data: string, port: number | undefined, settings: Readonly<Record<string, string>>) =>
    start(programs.postgres, [
      ...["-D", data, "-p", String(port)],
      ...Object.entries({ ...common, ...settings }).flatMap(([name, value]) => ["-c", `${name}=${value}`]),
    ]);
  const remove = async () => {
    await Promise.all(running.map(program => program.stop("SIGQUIT")));
    rmSync(directory, { recursive: true, force: true });
  };
  try {
    await run(programs.initdb, ["-D", primaryData, "-U", "postgres", "-A", "trust", "-N", "-E", "UTF8", "--no-locale"]);
    const primary = postgres(primaryData, primaryPort, {});
    await untilAnswering(urlOf(primaryPort, "postgres"), primary);
    await execute(urlOf(primaryPort, "postgres"), 'CREATE DATABASE "learngraph"');
    await run(programs.basebackup, [
      ...["-d", urlOf(primaryPort, "postgres"), "-D", standbyData, "-X", "stream", "-c", "fast", "-R", "-N"],
    ]);
    // Replaying does not wait for queries, so it cancels them.
    const startStandby = () =>
      postgres(standbyData, standbyPort, { log_statement: "all", max_standby_streaming_delay: "0" });
    let standby = startStandby();
    const configuration = join(directory, "pgbouncer.ini");
    writeFileSync(configuration, poolerConfiguration(directory, primaryPort, poolerPort));
    writeFileSync(join(directory, "userlist.txt"), '"postgres" ""\n');
    const pooler = start(programs.pgbouncer, [configuration]);
    start(programs.redis, ["--port", String(redisPort), "--bind", "127.0.0.1", "--save", "", "--dir", directory]);
    const standbyUrl = urlOf(standbyPort, "learngraph");
    await untilAnswering(standbyUrl, standby);
    await untilAnswering(urlOf(poolerPort, "learngraph"), pooler);
    const earlier: string[] = [];
    return {
      primaryUrl: urlOf(primaryPort, "learngraph"),
      standbyUrl,
      poolerUrl: urlOf(poolerPort, "learngraph"),
      barePoolerUrl: urlOf(poolerPort, "bare"),
      redisUrl: `redis://127.0.0.1:${redisPort}`,
      standbyLog: () => [...earlier, standby.output()].join(""),
      stopStandby: () => standby.stop("SIGINT"),
      startStandby: async () => {
        earlier.push(standby.output());
        standby = startStandby();
        await untilAnswering(standbyUrl, standby);
      },
      // Replaying may cancel this statement, too.
      setReplay: isOn => untilDone(standbyUrl, `SELECT pg_wal_replay_${isOn ? "resume" : "pause"}()`, standby),
      remove,
    };
  } catch (error) {
    await remove();
    throw error;
  }
}

/** Another zone than ours, so that it shows where it is not set. Nothing has to outlive the machine. */
const common = {
  listen_addresses: "127.0.0.1",
  unix_socket_directories: "",
  timezone: "Pacific/Auckland",
  fsync: "off",
  shared_buffers: "32MB",
  max_connections: "60",
};

/** The one of the documentation, with the addresses of this machine and few connections, so that they go from hand to hand. */
function poolerConfiguration(directory: string, primaryPort: number | undefined, port: number | undefined): string {
  const [, documented = ""] = /```ini\n(.*?)```/s.exec(readFileSync("docs/scaling.md", "utf8")) ?? [];
  const here: Readonly<Record<string, string>> = {
    listen_addr: "127.0.0.1",
    listen_port: String(port),
    auth_type: "trust",
    auth_file: join(directory, "userlist.txt"),
    default_pool_size: "5",
  };
  const lines = documented.replace("host=db.internal port=5432", `host=127.0.0.1 port=${primaryPort}`).split("\n");
  const settings = lines.map(line =>
    line.replace(/^(\w+) = .*/, (all, name: string) => (here[name] ? `${name} = ${here[name]}` : all)),
  );
  const entry = `bare = host=127.0.0.1 port=${primaryPort} dbname=learngraph`;
  return [...settings.flatMap(line => (line === "[databases]" ? [line, entry] : [line])), "unix_socket_dir ="].join(
    "\n",
  );
}

function startProgram(program: string, args: readonly string[], cwd: string): Program {
  const child = spawn(program, args, { ...ownUser(), cwd, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", part => (output += String(part)));
  const ended = once(child, "exit");
  return {
    child,
    output: () => output,
    stop: async signal => {
      child.kill(signal);
      await ended;
    },
  };
}

async function run(program: string, args: readonly string[]): Promise<void> {
  await promisify(execFile)(program, args, { ...ownUser(), cwd: tmpdir() });
}

const untilAnswering = (url: string, program: Program) => untilDone(url, "SELECT 1", program);

/** @throws Error with what the program has said when it has ended. */
async function untilDone(url: string, statement: string, program: Program): Promise<void> {
  for (;;) {
    try {
      return await execute(url, statement);
    } catch (error) {
      if (program.child.exitCode !== null) throw new Error(program.output(), { cause: error });
      await delay(50);
    }
  }
}

async function execute(url: string, statement: string): Promise<void> {
  const client = new Client({ connectionString: url });
  try {
    await client.connect();
    await client.query(statement);
  } finally {
    await client.end();
  }
}
