// What positions are made of, asked of PostgreSQL itself: an instance of the test's own, which crashes, restarts and is replaced by its standby.
import { setTimeout as delay } from "node:timers/promises";
import { Client } from "pg";
import { positionColumns } from "../../../src/db/change-positions";
import { postgresPrograms } from "../../support/own-servers";
import { startPostgresInstance, type PostgresInstance } from "../../support/postgres-instance";

if (postgresPrograms === undefined) {
  process.stderr.write("change-positions.test.ts: skipped, PostgreSQL's programs were not found.\n");
}

(postgresPrograms === undefined ? describe.skip : describe)("The position of a database", () => {
  let primary: PostgresInstance;
  const running: PostgresInstance[] = [];

  beforeAll(async () => {
    // Whoever vacuums ends transactions too.
    const settings = { wal_level: "replica", autovacuum: "off" };
    primary = await startPostgresInstance(postgresPrograms ?? "", { settings });
    running.push(primary);
    await primary.run("CREATE ROLE plain LOGIN", "CREATE TABLE written (id integer)");
  }, 60_000);
  afterAll(() => running.forEach(instance => instance.remove()));

  async function connect(instance: PostgresInstance, user = "postgres"): Promise<Client> {
    const client = new Client({ connectionString: Object.assign(new URL(instance.url), { username: user }).href });
    client.on("error", () => undefined);
    await client.connect();
    return client;
  }

  /** As a role that has no rights. */
  async function position(instance = primary): Promise<{ history: string; ended: number }> {
    const client = await connect(instance, "plain");
    const { rows } = await client.query<{ history: string; ended: string }>(`SELECT ${positionColumns}`);
    await client.end();
    return { history: rows[0]!.history, ended: Number(rows[0]!.ended) };
  }

  it("counts each transaction that has ended, also behind one that runs", async () => {
    const [long, other] = [await connect(primary), await connect(primary)];
    const start = await position();
    expect(await position()).toEqual(start);
    await long.query("BEGIN");
    await long.query("INSERT INTO written VALUES (1)");
    expect(await position()).toEqual(start);
    for (const [number, how] of ["COMMIT", "ROLLBACK", "COMMIT"].entries()) {
      await other.query("BEGIN");
      await other.query("INSERT INTO written VALUES (2)");
      expect((await position()).ended).toBe(start.ended + number);
      await other.query(how);
      expect((await position()).ended).toBe(start.ended + number + 1);
    }
    await long.query("COMMIT");
    expect(await position()).toEqual({ history: start.history, ended: start.ended + 4 });
    await long.end();
    await other.end();
  });

  it("is of another history after a crash that the server survives, which forgets the numbers of transactions", async () => {
    const before = await position();
    const victim = await connect(primary);
    const { rows } = await victim.query<{ pid: number }>(`SELECT pg_backend_pid() AS "pid"`);
    for (let time = 0; time < 5; time++) await primary.run("SELECT pg_notify('learngraph_changes', 'Ping')");
    process.kill(rows[0]!.pid, "SIGKILL");
    // It answers for a moment longer, and then not until it has recovered.
    const historyNow = () =>
      position().then(
        ({ history }) => history,
        () => before.history,
      );
    while ((await historyNow()) === before.history) await delay(50);
    expect((await position()).history).toBe((await position()).history);
  }, 20_000);

  it("is of another history after a start, and on a standby that takes over", async () => {
    const histories = [(await position()).history];
    primary.stop("fast");
    await primary.start();
    histories.push((await position()).history);
    const standby = await startPostgresInstance(postgresPrograms ?? "", { standbyOf: primary });
    running.push(standby);
    await expect(position(standby)).rejects.toThrow(/recovery/);
    await standby.run("SELECT pg_promote()");
    histories.push((await position(standby)).history);
    expect(new Set(histories).size).toBe(3);
    expect(new Set(histories.map(history => history.split("/").slice(0, 2).join("/"))).size).toBe(1);
    expect(histories.map(history => history.split("/")[2])).toEqual(["00000001", "00000001", "00000002"]);
  }, 60_000);
});
