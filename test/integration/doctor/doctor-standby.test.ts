// `doctor` of a standby of the test's own, in every state that one can be in.
import { Client } from "pg";
import { askPostgres, postgresChecks } from "../../../src/cli/doctor/postgres.check";
import { replicaCheck } from "../../../src/cli/doctor/replica.check";
import { loadProjectConfig } from "../../../src/config/project-config";
import { primaryPosition, standbyPosition } from "../../../src/db/replica";
import { serverUrl } from "../../support/database";
import { examineWith, of } from "../../support/doctor";
import { freePort, postgresPrograms } from "../../support/own-servers";
import { startPostgresInstance, type PostgresInstance } from "../../support/postgres-instance";

if (postgresPrograms === undefined) process.stderr.write("doctor-standby.test.ts: skipped, no PostgreSQL found.\n");
(postgresPrograms !== undefined ? describe : describe.skip)("Command doctor, of a standby", () => {
  const password = "standby-password";
  let primary: PostgresInstance;
  let standby: PostgresInstance;
  beforeAll(async () => {
    primary = await startPostgresInstance(postgresPrograms ?? "", { settings: { max_connections: "25" }, password });
    await primary.run('CREATE DATABASE "learngraph"', "CREATE ROLE app LOGIN PASSWORD 'app-password'");
    // Replaying does not wait for queries.
    const settings = { max_connections: "25", max_standby_streaming_delay: "0" };
    standby = await startPostgresInstance(postgresPrograms ?? "", { settings, standbyOf: primary });
    // It answers before it has begun to follow.
    while (!(await check(urlOf(standby)))[0]?.startsWith("ok")) continue;
  });
  afterAll(() => {
    standby.remove();
    primary.remove();
  });

  const urlOf = (
    { url }: PostgresInstance,
    { database = "learngraph", as = "postgres", with: given = password } = {},
  ) => `postgresql://${as}:${given}@127.0.0.1:${url.port}/${database}`;
  /** Without a process of its own, and waiting for a moment only. */
  async function check(replicaUrl: string, primaryUrl = urlOf(primary)): Promise<string[]> {
    const config = loadProjectConfig({ DATABASE_URL: primaryUrl, DATABASE_REPLICA_URL: replicaUrl });
    const found = await replicaCheck(config, primaryUrl, askPostgres(primaryUrl, Date.now), 200).run();
    return found.map(({ level, message }) => `${level} ${message}`);
  }

  it("says that it follows the primary, and how many connections it has", async () => {
    const report = await examineWith({ DATABASE_URL: urlOf(primary), DATABASE_REPLICA_URL: urlOf(standby) });
    expect(of("replica", report)).toEqual([
      expect.stringMatching(/^ok 127\.0\.0\.1:\d+ is a standby of DATABASE_URL .* is there within \d\.\d s$/),
      "ok 10 connections are needed by each server (DATABASE_POOL_SIZE), 22 of 22 are free",
    ]);
    expect(report.text).not.toContain(password);
  });

  it("says that it is not there, or refuses the password, and repeats no password", async () => {
    const wrong = { DATABASE_URL: urlOf(primary), DATABASE_REPLICA_URL: urlOf(standby, { with: "wr0ng-password" }) };
    const report = await examineWith(wrong);
    expect(of("replica", report)).toEqual([
      expect.stringMatching(
        /^error DATABASE_REPLICA_URL, .*: it refuses the password: .* Meanwhile everything is read/,
      ),
    ]);
    expect(report.text).not.toMatch(/wr0ng|standby-password/);
    expect(await check(`postgresql://127.0.0.1:${await freePort()}/x`)).toEqual([
      expect.stringMatching(/^error DATABASE_REPLICA_URL, .*: nothing listens there/),
    ]);
  });

  it("says that it is the primary itself, or has another database", async () => {
    expect(await check(urlOf(primary))).toEqual([
      expect.stringMatching(/^error DATABASE_REPLICA_URL, .*, leads to the primary itself, and takes nothing off it/),
    ]);
    expect(await check(urlOf(standby, { database: "postgres" }))).toEqual([
      expect.stringMatching(/^error DATABASE_REPLICA_URL, .*, names another database than DATABASE_URL/),
    ]);
  });

  it("in another database is not read from", async () => {
    const row = async (url: string, text: string, values?: unknown[]) => {
      const client = new Client({ connectionString: url });
      await client.connect();
      const { rows } = await client.query<Record<string, unknown>>(text, values);
      await client.end();
      return rows[0] ?? {};
    };
    const { lsn, system, timeline } = await row(urlOf(primary), primaryPosition);
    const seen = (database: string) => row(urlOf(standby, { database }), standbyPosition, [lsn, system, timeline]);
    expect(await seen("learngraph")).toMatchObject({ isStandby: true });
    expect(await seen("postgres")).toMatchObject({ isStandby: false });
  });

  it("says that it is of another version", async () => {
    const url = urlOf(primary);
    const config = loadProjectConfig({ DATABASE_URL: url, DATABASE_REPLICA_URL: urlOf(standby) });
    const older = askPostgres(url, Date.now).then(facts => ({ ...facts, versionNumber: 140_005 }));
    expect(await replicaCheck(config, url, older).run()).toEqual([
      { level: "error", message: expect.stringMatching(/PostgreSQL \d+ and the primary 14, which it/) as string },
    ]);
  });

  (serverUrl === undefined ? it.skip : it)("says that it is another server's", async () => {
    expect(await check(serverUrl ?? "")).toEqual([
      expect.stringMatching(/^error DATABASE_REPLICA_URL, .*, is no copy of the server of DATABASE_URL/),
    ]);
  });

  it("says that the role may not ask where the servers are, or may not read", async () => {
    const asked = "EXECUTE ON FUNCTION pg_control_system()";
    const database = { as: "app", with: "app-password", database: "postgres" };
    await primary.run(`REVOKE ${asked} FROM PUBLIC`);
    const denied = await check(urlOf(primary, database), urlOf(primary, database));
    await primary.run(`GRANT ${asked} TO PUBLIC`);
    expect(denied).toEqual([expect.stringMatching(/^error the role may not ask .*: GRANT EXECUTE ON FUNCTION/)]);
    await primary.run('CREATE TABLE "secret" ()');
    const reading = () => check(urlOf(standby, database), urlOf(primary, { database: "postgres" }));
    let found = await reading();
    for (let tries = 0; tries < 100 && found.length < 3; tries++) found = await reading();
    expect(found[1]).toMatch(/^error app may not read everything there: use the role of DATABASE_URL/);
  });

  it("says that it is behind, and why; it gets nothing from then on", async () => {
    await standby.run("SELECT pg_wal_replay_pause()");
    const [paused] = await check(urlOf(standby));
    expect(paused).toMatch(
      /^warning the standby .* is \d+(\.\d)? s behind: its replay is paused: SELECT pg_wal_replay_resume/,
    );
    await standby.run(
      "SELECT pg_wal_replay_resume()",
      "ALTER SYSTEM SET primary_conninfo = ''",
      "SELECT pg_reload_conf()",
    );
    let found = paused;
    for (let tries = 0; tries < 100 && !found?.includes("gets nothing"); tries++) [found] = await check(urlOf(standby));
    expect(found).toMatch(/^warning .* behind: it gets nothing from the primary: see primary_conninfo/);
  });

  it("says that it takes writes by itself now", async () => {
    await standby.run("SELECT pg_promote()");
    expect(await check(urlOf(standby))).toEqual([
      expect.stringMatching(/^error DATABASE_REPLICA_URL, .*, was a standby and takes writes by itself now/),
    ]);
  });

  it("counts the connections of everybody, and the servers of this database", async () => {
    const connections: Client[] = [];
    const connect = async (count: number, application_name: string) => {
      for (let index = 0; index < count; index++) {
        const client = new Client({ connectionString: urlOf(primary), application_name });
        connections.push(client);
        await client.connect();
      }
    };
    // Who may not see what others do.
    const url = urlOf(primary, { as: "app", with: "app-password" });
    const describe = async (poolSize: number, env: Record<string, string> = {}) => {
      const config = loadProjectConfig({ DATABASE_URL: url, DATABASE_POOL_SIZE: String(poolSize), ...env });
      const [{ run } = { run: () => [] }] = postgresChecks(config, url, askPostgres(url, Date.now));
      return (await run()).map(({ level, message }) => `${level} ${message}`).find(line => line.includes("are needed"));
    };
    expect(await describe(10)).toMatch(/^ok 11 connections .*, 22 of 22 are free$/);
    await connect(14, "psql");
    expect(await describe(10)).toMatch(/^warning 11 connections .*, 8 of 22 are free: enough only if/);
    expect(await describe(22)).toMatch(/^error 23 connections .*: lower DATABASE_POOL_SIZE, or raise max_connections$/);
    await connect(2, "learngraph changes");
    expect(await describe(10)).toMatch(
      /^warning 11 .* are free; of this database 2 run, which with one more may take 33: lower DATABASE_POOL_SIZE/,
    );
    expect(await describe(4)).toMatch(/^ok 5 connections .*, 6 of 22 are free$/);
    expect(await describe(10, { DATABASE_DIRECT_URL: url })).toMatch(/enough only if/);
    await primary.run("ALTER ROLE app CONNECTION LIMIT 5");
    expect(await describe(10)).toMatch(/^error .* 5 of 5 are free: .* raise the limit of the role/);
    await Promise.all(connections.map(client => client.end()));
  });
});
