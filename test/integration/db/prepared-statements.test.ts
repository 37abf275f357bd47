// Statements that are sent again and again are sent by a name; what comes of that when a connection does not know the name, or knows it by an
// older form of the database.
import { randomUUID } from "node:crypto";
import type { QueryConfig } from "pg";
import { createDatabase, type Database } from "../../../src/db/database";
import { openPostgres } from "../../../src/db/postgres-driver";
import { PreparedStatements } from "../../../src/db/prepared-statements";
import { sql, trustedSql } from "../../../src/db/sql";
import { openTestDatabase, serverUrl, settingsOf } from "../../support/database";

const failure = (code: string) => Object.assign(new Error(`failed with ${code}`), { code });

describe("Statements that are sent often", () => {
  let sent: QueryConfig[];
  let fails: (query: QueryConfig) => void;
  let lost: number;
  let statements: PreparedStatements;
  beforeEach(() => {
    [sent, fails, lost] = [[], () => undefined, 0];
    statements = new PreparedStatements(true, () => void lost++);
  });

  const send = async (text: string, times = 1): Promise<(string | undefined)[]> => {
    const before = sent.length;
    for (let i = 0; i < times; i++) {
      await statements.query(text, [1], async query => {
        sent.push(query);
        fails(query);
      });
    }
    return sent.slice(before).map(({ name }) => name);
  };
  const failNamed = (code: string) => {
    fails = ({ name }) => {
      if (name !== undefined) throw failure(code);
    };
  };

  it("get a name from the fourth time on, and keep their values", async () => {
    const [first, second, third, fourth, fifth] = await send("SELECT $1", 5);
    expect([first, second, third]).toEqual([undefined, undefined, undefined]);
    expect(fourth).toMatch(/^learngraph_.{32}$/);
    expect(fifth).toBe(fourth);
    expect(sent.every(({ text, values }) => text === "SELECT $1" && values?.[0] === 1)).toBe(true);
  });

  it("have the same name in each process, and another one for each text: PostgreSQL runs what has the name", async () => {
    const [name] = (await send("SELECT $1", 4)).slice(-1);
    const [other] = (await send("SELECT $1 + 1", 4)).slice(-1);
    statements = new PreparedStatements(true);
    expect((await send("SELECT $1", 4)).at(-1)).toBe(name);
    expect(other).not.toBe(name);
  });

  it("have none when it is switched off", async () => {
    statements = new PreparedStatements(false);
    expect(await send("SELECT $1", 6)).toEqual(Array(6).fill(undefined));
  });

  it("are 200 at most: what comes then is sent as it is", async () => {
    for (let i = 0; i < 200; i++) await send(`SELECT $1 + ${i}`, 4);
    expect(await send("SELECT $1", 6)).toEqual(Array(6).fill(undefined));
    expect(await send("SELECT $1 + 199")).toEqual([expect.any(String)]);
  });

  it.each(["26000", "42P05"])("are answered, and none is named any more, when a connection says %s", async code => {
    await send("SELECT $1", 4);
    failNamed(code);
    expect(await send("SELECT $1", 2)).toEqual([expect.any(String), undefined, undefined]);
    expect(await send("SELECT $1 + 1", 5)).toEqual(Array(5).fill(undefined));
    expect(lost).toBe(1);
  });

  it("are answered when a plan is out of date, and only that text is not named any more", async () => {
    await send("SELECT $1", 4);
    failNamed("0A000");
    expect(await send("SELECT $1", 2)).toEqual([expect.any(String), undefined, undefined]);
    fails = () => undefined;
    expect((await send("SELECT $1 + 1", 4)).at(-1)).toEqual(expect.any(String));
    expect(lost).toBe(0);
  });

  it("fail once with whatever else is wrong", async () => {
    await send("SELECT $1", 4);
    failNamed("22012");
    await expect(send("SELECT $1")).rejects.toMatchObject({ code: "22012" });
    expect(sent).toHaveLength(5);
  });
});

if (serverUrl === undefined)
  console.log("PGlite keeps no statements prepared: how PostgreSQL does is tested with TEST_DATABASE_URL only.");
else describe("On PostgreSQL", onPostgres);

function onPostgres(): void {
  let home: Database;
  let database: Database;
  let found: number;
  const table = trustedSql(`"prepared_${randomUUID().slice(0, 8)}"`);
  const read = () => database.query<{ value: unknown }>(sql`SELECT "value" FROM ${table} WHERE "id" = ${1}::integer`);
  const kept = () =>
    database.query<{ statement: string }>(
      sql`SELECT "statement" FROM pg_prepared_statements WHERE "name" LIKE 'learngraph%'`,
    );

  beforeAll(async () => {
    home = await openTestDatabase({ golden: "empty" });
    const settings = (await settingsOf(home))!;
    found = 0;
    // One connection, so that each statement meets what the one before has left.
    database = createDatabase(openPostgres({ ...settings, poolSize: 1, onPoolerFound: () => void found++ }));
    await database.query(sql`CREATE TABLE ${table} ("id" integer PRIMARY KEY, "value" integer)`);
    await database.query(sql`INSERT INTO ${table} VALUES (1, 7)`);
  });
  afterAll(async () => {
    await database.close();
    await home.close();
  });

  it("a statement is kept by the connection, and reads what is there now", async () => {
    for (let i = 0; i < 5; i++) expect(await read()).toEqual([{ value: 7 }]);
    expect((await kept()).map(({ statement }) => statement)).toEqual([expect.stringContaining("prepared_")]);
    await database.query(sql`UPDATE ${table} SET "value" = 8`);
    expect(await read()).toEqual([{ value: 8 }]);
  });

  it("a migration that changes a column's type is met with the new type", async () => {
    await database.query(sql`ALTER TABLE ${table} ALTER COLUMN "value" TYPE text`);
    expect(await read()).toEqual([{ value: "8" }]);
    expect(await read()).toEqual([{ value: "8" }]);
    expect(found).toBe(0);
  });

  it("a connection that has forgotten everything, as behind a pooler, answers all the same", async () => {
    const count = () => database.query<{ n: number }>(sql`SELECT count(*)::integer AS "n" FROM ${table}`);
    for (let i = 0; i < 5; i++) expect(await count()).toEqual([{ n: 1 }]);
    await database.query(sql`DEALLOCATE ALL`);
    expect(await count()).toEqual([{ n: 1 }]);
    expect(found).toBe(1);
  });
}
