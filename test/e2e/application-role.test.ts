// A server whose role does not own the tables: it works, and cannot change what the audit says. The rights are those of `db role`.
import { randomUUID } from "node:crypto";
import { createDatabase, type Database } from "../../src/db/database";
import { applicationRoleScript } from "../../src/db/application-role";
import { applyMigrations, readMigrations } from "../../src/db/migrations";
import { openPostgres } from "../../src/db/postgres-driver";
import { sql, trustedSql } from "../../src/db/sql";
import { newSigningKey } from "../../src/auth/signing-keys";
import { runProgram, type Outcome } from "../support/command";
import { openTestDatabase, serverUrl, settingsOf } from "../support/database";
import { onServer } from "../support/golden";
import { startTestServer, type TestServer } from "../support/server";
import { startServerProcess } from "../support/server-process";
import { createTestTokens, publicUrl } from "../support/services";
import { authorizationOf, createViewer } from "../support/signed-in";

const role = `learngraph_test_${randomUUID().slice(0, 8)}`;
const password = randomUUID();

let owner: Database;
/** The same database with the rights of the role. On PGlite, which has one connection, that connection. */
let asRole: Database;
let env: Record<string, string>;

beforeAll(async () => {
  owner = await openTestDatabase({ golden: "catalogue" });
  const settings = await settingsOf(owner);
  env = settings ? { DATABASE_URL: settings.url } : { DATA_DIRECTORY: "/nowhere" };
  if (serverUrl === undefined || !settings) {
    await owner.exclusive(connection => connection.script(applicationRoleScript(role)));
    asRole = owner;
    return;
  }
  expect(await dbRole()).toEqual({
    exitCode: 0,
    stdout: expect.stringContaining(`${role} has the rights`) as string,
    stderr: "",
  });
  await onServer(serverUrl, [`ALTER ROLE "${role}" PASSWORD '${password}'`]);
  const url = new URL(settings.url);
  [url.username, url.password] = [role, password];
  asRole = createDatabase(openPostgres({ ...settings, url: url.href }));
  env["ROLE_URL"] = url.href;
});

afterAll(async () => {
  if (asRole !== owner) await asRole.close();
  await owner.close();
  if (serverUrl !== undefined) await onServer(serverUrl, [`DROP ROLE "${role}"`]);
});

const dbRole = (...more: string[]): Promise<Outcome> =>
  runProgram("db", ["role", "--name", role, ...more], { env: { DATABASE_URL: env["DATABASE_URL"] ?? "" } });

/** Runs `work` with the rights of the role, and those of the owner afterwards. */
async function withRole<T>(work: (database: Database) => Promise<T>): Promise<T> {
  if (asRole !== owner) return work(asRole);
  await owner.query(sql`SET ROLE ${trustedSql(`"${role}"`)}`);
  try {
    return await work(owner);
  } finally {
    await owner.query(sql`RESET ROLE`);
  }
}

interface Server {
  post: TestServer["post"];
  stop(): Promise<void>;
}

/** A real process where the database may have several. */
async function startServer(signingKeys: string): Promise<Server> {
  const url = env["ROLE_URL"];
  if (url === undefined) {
    const tokens = await createTestTokens(signingKeys);
    const server = await startTestServer({ database: owner, services: { tokens } });
    return { post: server.post, stop: () => server.close() };
  }
  const server = startServerProcess({ DATABASE_URL: url, AUTH_SIGNING_KEYS: signingKeys, PUBLIC_URL: publicUrl });
  const base = await server.url();
  return {
    post: (body, headers = {}) =>
      fetch(`${base}/graphql`, {
        ...{ method: "POST", headers: { "content-type": "application/json", ...headers }, body: JSON.stringify(body) },
      }),
    stop: () => server.kill(),
  };
}

it("serves, and leaves an event for what it writes", async () => {
  const editor = await createViewer(owner, { role: "EDITOR" });
  const signingKeys = JSON.stringify({ keys: [await newSigningKey()] });
  const authorization = await authorizationOf(editor, await createTestTokens(signingKeys));
  const answer = await withRole(async () => {
    const server = await startServer(signingKeys);
    try {
      const query =
        'mutation { updateTool(input: { id: "VG9vbDox", expectedVersion: 1, changes: { tagline: "One line." } }) { revision { number } userErrors { message } } }';
      return (await (await server.post({ query }, { authorization })).json()) as unknown;
    } finally {
      await server.stop();
    }
  });
  expect(answer).toEqual({ data: { updateTool: { revision: { number: 2 }, userErrors: [] } } });
  const events = await owner.models.auditEvent.findMany({ where: { action: "updateTool" } });
  expect(events).toMatchObject([{ actorId: editor.userId, entity: "Tool", entityId: "1" }]);
}, 60_000);

it.each([
  ["changed", `UPDATE "audit_event" SET "actor_name" = 'nobody'`, "permission denied for table audit_event"],
  ["deleted", `DELETE FROM "audit_event"`, "permission denied for table audit_event"],
  ["truncated", `TRUNCATE "audit_event"`, "permission denied for table audit_event"],
  [
    "changed without its trigger",
    `ALTER TABLE "audit_event" DISABLE TRIGGER ALL`,
    "must be owner of table audit_event",
  ],
  ["dropped", `DROP TABLE "audit_event"`, "must be owner of table audit_event"],
  ["called again by another name", `CREATE TABLE "audit"("id" INTEGER)`, "permission denied for schema public"],
  ["forgotten as a migration", `DELETE FROM "_prisma_migrations"`, "permission denied for table _prisma_migrations"],
])("cannot have the audit %s", async (_what, statement, message) => {
  const trying = withRole(database => database.exclusive(connection => connection.script(statement)));
  await expect(trying).rejects.toMatchObject({ code: "42501", message });
});

it("starts where all migrations are applied, and says what to do where not", async () => {
  const shipped = await readMigrations("prisma/migrations");
  expect(await withRole(database => applyMigrations(database, shipped))).toEqual([]);
  const next = { name: "29990101000000_next", script: `CREATE TABLE "next" ("id" INTEGER)`, checksum: "0" };
  await expect(withRole(database => applyMigrations(database, [...shipped, next]))).rejects.toThrow(
    "The role of DATABASE_URL may not apply migrations, and these are pending: 29990101000000_next. Apply them with db:migrate as the owner of the tables.",
  );
});

it("may read and write the tables of later migrations", async () => {
  await owner.exclusive(connection => connection.script(`CREATE TABLE "later" ("id" SERIAL PRIMARY KEY)`));
  const script = `INSERT INTO "later" DEFAULT VALUES; UPDATE "later" SET "id" = 2; DELETE FROM "later"`;
  await withRole(database => database.exclusive(connection => connection.script(script)));
});

describe("The command db role", () => {
  it("prints what it would do", async () => {
    expect(await dbRole("--print")).toEqual({
      exitCode: 0,
      stdout: `BEGIN;\n${applicationRoleScript(role)}COMMIT;\n`,
      stderr: "",
    });
  });

  it.each([[["--name", "Robert'); --"]], [["--name", "public"]], [["--name", "pg_monitor"]]])(
    "refuses %j",
    async args => {
      const outcome = await runProgram("db", ["role", ...args], { env: { DATA_DIRECTORY: "/nowhere" } });
      expect(outcome).toMatchObject({ exitCode: 2, stdout: "" });
      expect(outcome.stderr).toMatch(/^The name must be made of lower-case letters/);
    },
  );

  it("may be run again, and refuses a role that could take more for itself", async () => {
    if (serverUrl === undefined) {
      const script = applicationRoleScript("postgres");
      await expect(owner.exclusive(connection => connection.script(script))).rejects.toMatchObject({ code: "LG002" });
      return;
    }
    const run = (name: string) =>
      runProgram("db", ["role", "--name", name], { env: { DATABASE_URL: env["DATABASE_URL"] ?? "" } });
    expect(await run(role)).toMatchObject({ exitCode: 0, stderr: "" });
    const [user] = await owner.query<{ name: string }>(sql`SELECT current_user::text AS "name"`);
    const name = user?.name ?? "";
    expect(await run(name)).toEqual({
      exitCode: 1,
      stdout: "",
      stderr: `The role ${name} may change audit events: it is a superuser, owns the tables or the database, or belongs to a role that may.\n`,
    });
  });
});
