// `doctor` of PostgreSQL: the role, a pooler, and a server that is set up badly.
import { spawn, type ChildProcess } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runProgram } from "../../support/command";
import { serverUrl } from "../../support/database";
import { examineWith, of } from "../../support/doctor";
import { onServer } from "../../support/golden";
import { freePort, pgbouncerProgram as pgbouncer, postgresPrograms } from "../../support/own-servers";
import { startPostgresInstance, type PostgresInstance } from "../../support/postgres-instance";
import { createSharedDatabase, type SharedDatabase } from "../../support/shared-database";

let shared: SharedDatabase;
beforeAll(async () => {
  shared = await createSharedDatabase("empty");
});
afterAll(() => shared.remove());

if (serverUrl === undefined) {
  process.stderr.write("doctor-postgres.test.ts: the tests of roles and poolers need a server (TEST_DATABASE_URL).\n");
} else {
  describeOnServer(serverUrl);
}

function describeOnServer(url: string): void {
  describe("Command doctor, of a PostgreSQL role", () => {
    const role = `learngraph_doctor_${randomUUID().slice(0, 8)}`;
    afterAll(() => onServer(url, [`DROP ROLE IF EXISTS "${role}"`]));

    it("says what it lacks, and what it could do beyond", async () => {
      const databaseUrl = new URL(shared.settings.url ?? "");
      await onServer(databaseUrl.href, [
        `CREATE ROLE "${role}" LOGIN CONNECTION LIMIT 5`,
        `GRANT USAGE ON SCHEMA public TO "${role}"`,
      ]);
      try {
        await onServer(databaseUrl.href, [`GRANT SELECT ON "_prisma_migrations" TO "${role}"`]);
        databaseUrl.username = role;
        const production = { ...shared.env, NODE_ENV: "production" };
        const poor = await examineWith({ ...production, DATABASE_URL: databaseUrl.href });
        expect(of("role", poor)).toEqual([
          expect.stringMatching(
            /^error it lacks rights that a server needs: \w+ on \w+.* and \d+ more\. As the owner of the tables: db role --name$/,
          ),
        ]);
        expect(of("database", poor)).toContainEqual(
          expect.stringMatching(/^error 11 connections are needed .* of 5 are free: lower DATABASE_POOL_SIZE/),
        );
        const rich = await examineWith(production);
        expect(of("role", rich)).toEqual([
          expect.stringMatching(/^warning it is a superuser, who can change the audit/),
        ]);
        const made = await runProgram("db", ["role", "--name", role], { env: shared.env });
        expect(made.exitCode).toBe(0);
        const right = await examineWith({ ...production, DATABASE_URL: databaseUrl.href });
        expect(of("role", right)).toEqual([expect.stringMatching(/^ok/)]);
      } finally {
        await onServer(shared.settings.url ?? "", [`DROP OWNED BY "${role}"`]);
      }
    });
  });

  if (pgbouncer === undefined)
    process.stderr.write("doctor-postgres.test.ts: skipped of a pooler, no pgbouncer found.\n");
  (pgbouncer === undefined ? describe.skip : describe)("Command doctor, of PgBouncer in transaction mode", () => {
    let pooler: ChildProcess;
    let directory: string;
    let through: string;
    beforeAll(async () => {
      const target = new URL(shared.settings.url ?? "");
      const port = await freePort();
      directory = mkdtempSync(join(tmpdir(), "learngraph-pgbouncer-"));
      chmodSync(directory, 0o755);
      const file = join(directory, "pgbouncer.ini");
      const password = target.password === "" ? "" : ` password=${decodeURIComponent(target.password)}`;
      const server = `host=${target.hostname} port=${target.port || 5432} user=${target.username}${password}`;
      writeFileSync(
        file,
        `[databases]\n* = ${server}\n[pgbouncer]\nlisten_addr=127.0.0.1\nlisten_port=${port}\nunix_socket_dir=\nauth_type=any\npool_mode=transaction\n`,
      );
      // It refuses to run as root.
      const args = process.getuid?.() === 0 ? ["-u", "nobody", file] : [file];
      pooler = spawn(pgbouncer ?? "", args, { stdio: "ignore" });
      target.port = String(port);
      through = target.href;
      for (let attempt = 0; attempt < 100; attempt++) {
        if (
          await onServer(through, ["SELECT 1"]).then(
            () => true,
            () => false,
          )
        )
          return;
        await new Promise(resolve => setTimeout(resolve, 50));
      }
      throw new Error("pgbouncer does not answer");
    });
    afterAll(async () => {
      pooler.kill();
      if (pooler.exitCode === null) await once(pooler, "exit");
      rmSync(directory, { recursive: true });
    });

    it("finds that changes are not heard through it, and are where the database itself is named too", async () => {
      const deaf = await examineWith({ ...shared.env, DATABASE_URL: through });
      expect(of("changes", deaf)).toEqual([
        expect.stringMatching(
          /^error what changes is not heard.*DATABASE_URL is a pooler\. Give the database itself in DATABASE_DIRECT_URL$/,
        ),
      ]);
      const direct = shared.settings.url ?? "";
      const hearing = await examineWith({ ...shared.env, DATABASE_URL: through, DATABASE_DIRECT_URL: direct });
      expect(of("changes", hearing)).toEqual(["ok what changes is heard at DATABASE_DIRECT_URL"]);
      const elsewhere = await examineWith({ ...shared.env, DATABASE_URL: through, DATABASE_DIRECT_URL: url });
      expect(of("changes", elsewhere)).toEqual([expect.stringMatching(/another database than DATABASE_URL$/)]);
    });
  });
}

if (postgresPrograms === undefined)
  process.stderr.write("doctor-postgres.test.ts: skipped of a server of its own, no PostgreSQL found.\n");
(postgresPrograms !== undefined && serverUrl !== undefined ? describe : describe.skip)(
  "Command doctor, of a PostgreSQL that is set up badly",
  () => {
    const password = "own-server-password";
    let postgres: PostgresInstance;
    beforeAll(async () => {
      const settings = { max_connections: "8", timezone: "Asia/Tokyo", default_transaction_read_only: "on" };
      postgres = await startPostgresInstance(postgresPrograms ?? "", { settings, encoding: "SQL_ASCII", password });
    });
    afterAll(() => postgres.remove());

    const urlWith = (given: string, name = "postgres") =>
      `postgresql://postgres:${given}@127.0.0.1:${postgres.url.port}/${name}`;

    it("says that the password is wrong, or the database is missing, and repeats no password", async () => {
      const wrong = await examineWith({ DATABASE_URL: urlWith("wr0ng%2Fpassword") });
      expect(of("database", wrong)).toEqual([
        expect.stringMatching(/^error DATABASE_URL, .*: it refuses the password: correct it/),
      ]);
      expect(wrong.text).not.toMatch(/wr0ng/);
      const missing = await examineWith({ DATABASE_URL: urlWith(password, "nowhere") });
      expect(of("database", missing)).toEqual([
        expect.stringMatching(/^error .*it has no such database: CREATE DATABASE makes it/),
      ]);
      expect(missing.text).not.toContain(password);
    });

    it("finds encoding, connections, time zone and writing that do not suit", async () => {
      const url = urlWith(password);
      const report = await examineWith({ DATABASE_URL: url, DATABASE_DIRECT_URL: url });
      expect(of("database", report)).toEqual([
        expect.stringMatching(/^ok PostgreSQL/),
        expect.stringMatching(/^error the encoding is SQL_ASCII/),
        expect.stringMatching(/^warning the time zone is Asia\/Tokyo/),
        expect.stringMatching(/^error default_transaction_read_only is on/),
        expect.stringMatching(/^error 11 connections are needed/),
        expect.stringMatching(/^ok this machine's clock/),
      ]);
      expect(of("migrations", report)).toEqual([expect.stringMatching(/^warning not applied yet/)]);
    });
  },
);
