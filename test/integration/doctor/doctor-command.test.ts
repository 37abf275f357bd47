// `doctor` from outside, with real faults: each is found, named, and told what to do about, while everything else is checked all the same.
import { createHash, randomUUID } from "node:crypto";
import { appendFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { newSigningKey } from "../../../src/auth/signing-keys";
import { documentsCheck } from "../../../src/cli/doctor/documents.check";
import { loadProjectConfig } from "../../../src/config/project-config";
import { lockDirectory } from "../../../src/db/directory-lock";
import { startCollector } from "../../support/collector";
import { copyProject, runProgram } from "../../support/command";
import { examineWith, of, startSilentServer } from "../../support/doctor";
import { freePort } from "../../support/own-servers";
import { createSharedDatabase, type SharedDatabase } from "../../support/shared-database";
import { startSmtpServer, type SmtpStub } from "../../support/smtp";

let shared: SharedDatabase;
beforeAll(async () => {
  shared = await createSharedDatabase("empty");
});
afterAll(() => shared.remove());

describe("Command doctor", () => {
  it("finds nothing wrong where nothing is, in lines and for programs", async () => {
    const report = await examineWith(shared.env);
    expect(report.findings.filter(({ level, check }) => level !== "ok" && check !== "node")).toEqual([]);
    expect(report.exitCode).toBe(0);
    expect(of("migrations", report)).toEqual([expect.stringMatching(/^ok all \d+ are applied$/)]);
    const { stdout, exitCode } = await runProgram("doctor", [], { env: shared.env });
    expect(exitCode).toBe(0);
    const lines = stdout.trim().split("\n");
    expect(lines.slice(0, -2).every(line => /^(ok|warning) {1,6} +\w+ +\S/.test(line))).toBe(true);
    expect(lines.at(-1)).toMatch(/^\d+ ok, \d+ warnings, 0 errors$/);
    expect(await runProgram("doctor", ["--cure"], { env: shared.env })).toMatchObject({ exitCode: 2 });
  });

  it("names wrong and unknown variables, and checks the rest", async () => {
    const report = await examineWith({
      ...shared.env,
      ...{
        PORT: "high",
        REDIS_URL: "localhost",
        SMTP_ULR: "smtps://x",
        DATABASE_POOLSIZE: "5",
        REDIS_SERVICE_PORT: "1",
      },
    });
    expect(report.exitCode).toBe(1);
    expect(of("configuration", report)).toEqual([
      "error PORT must be a whole number from 0 to 65535. The server does not start.",
      "error REDIS_URL must be a URL of the form redis://user:password@host:port/0. The server does not start.",
      "warning DATABASE_POOLSIZE is no setting and has no effect: is DATABASE_POOL_SIZE meant?",
      "warning SMTP_ULR is no setting and has no effect: is SMTP_URL meant?",
    ]);
    expect(of("redis", report)).toEqual(["warning not checked: REDIS_URL is wrong"]);
    expect(of("migrations", report)).toEqual([expect.stringMatching(/^ok/)]);
  });

  it("knows what is unsafe in production only", async () => {
    const report = await examineWith({
      ...shared.env,
      ...{ NODE_ENV: "production", PLAYGROUND: "true", QUERY_EXPLAIN: "true", COOKIES_SECURE: "false" },
      ...{ PUBLIC_URL: "http://learn.example.org", CORS_ORIGINS: "http://learn.example.org", LOG_LEVEL: "trace" },
      ...{ PASSWORD_HASH_PASSES: "1", PERSISTED_DOCUMENTS_ONLY: "true" },
    });
    const found = of("configuration", report).map(line => line.split(" ").slice(0, 2).join(" "));
    expect(found).toEqual(
      expect.arrayContaining([
        ...["warning PUBLIC_URL", "error AUTH_SIGNING_KEYS", "error QUERY_EXPLAIN", "warning PLAYGROUND"],
        ...["warning INTROSPECTION", "error COOKIES_SECURE", "warning TRUSTED_PROXY_HOPS", "warning CORS_ORIGINS"],
        ...["warning SMTP_URL", "warning PASSWORD_HASH_MEMORY_KIB", "warning LOG_LEVEL"],
        "error PERSISTED_DOCUMENTS_ONLY",
      ]),
    );
    expect(report.exitCode).toBe(1);
    const open = await examineWith({ ...shared.env, HOST: "0.0.0.0" });
    expect(of("configuration", open)).toEqual([expect.stringMatching(/^warning HOST 0\.0\.0\.0 is open/)]);
  });

  it("reads the keys, refuses those that everybody has, and prints no part of them", async () => {
    const keys = [await newSigningKey(), await newSigningKey()];
    const good = await examineWith({ ...shared.env, AUTH_SIGNING_KEYS: JSON.stringify({ keys }) });
    expect(of("keys", good)).toEqual(["ok AUTH_SIGNING_KEYS: 2 keys are believed, the first signs"]);
    // RFC 8037, appendix A.
    const example = { kty: "OKP", crv: "Ed25519", kid: "1", x: "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" };
    for (const [wrong, message] of [
      ["secret-key", "must be a JSON Web Key Set"],
      [JSON.stringify({ keys: [example] }), "Signing key 1 is an example that everybody has"],
      [JSON.stringify({ keys: [{ ...keys[0], x: keys[1]?.x }] }), "do not belong together"],
    ] as const) {
      const report = await examineWith({ ...shared.env, AUTH_SIGNING_KEYS: wrong });
      expect(of("keys", report)).toEqual([expect.stringMatching(`^error AUTH_SIGNING_KEYS: .*${message}`)]);
      expect(report.exitCode).toBe(1);
      for (const part of ["secret-key", keys[0]?.d ?? ""]) expect(report.text).not.toContain(part);
    }
  });

  it("finds migrations that are pending, changed, or of a newer program", async () => {
    const project = copyProject();
    try {
      const folder = join(project.root, "prisma/migrations");
      mkdirSync(join(folder, "29990101000000_next"));
      writeFileSync(join(folder, "29990101000000_next/migration.sql"), 'CREATE TABLE "next" ("id" INTEGER);');
      appendFileSync(join(folder, "20261123000100_search/migration.sql"), "-- changed");
      rmSync(join(folder, "20261124080000_names_of_deleted_accounts"), { recursive: true });
      const report = await examineWith(shared.env, project.root);
      expect(of("migrations", report)).toEqual([
        "error changed after they had been applied: 20261123000100_search. Restore the files and add a new migration",
        expect.stringMatching(
          /^warning the database is newer than this program: 20261124080000_names_of_deleted_accounts\./,
        ),
        "warning not applied yet: 29990101000000_next. The next start applies them",
      ]);
      const byHand = await examineWith({ ...shared.env, MIGRATE_ON_START: "false" }, project.root);
      expect(of("migrations", byHand)[2]).toMatch(/^error not applied yet: .* As the owner of the tables: db migrate$/);
    } finally {
      project.remove();
    }
  });

  it("finds a migration that was begun and not finished", async () => {
    const broken = await createSharedDatabase("empty");
    try {
      await broken.use(database =>
        database.exclusive(connection =>
          connection.script(
            `INSERT INTO "_prisma_migrations" ("id", "checksum", "migration_name") VALUES ('${randomUUID()}', '0', '29990101000000_half')`,
          ),
        ),
      );
      const report = await examineWith(broken.env);
      expect(of("migrations", report)).toEqual([
        expect.stringMatching(/^error begun and not finished: 29990101000000_half\./),
      ]);
    } finally {
      await broken.remove();
    }
  });

  it("reads the persisted documents, and names each that the schema does not fit", async () => {
    const directory = mkdtempSync(join(tmpdir(), "learngraph-documents-"));
    const path = join(directory, "documents.json");
    const write = (...texts: string[]) => {
      const hash = (text: string) => createHash("sha256").update(text).digest("hex");
      writeFileSync(path, JSON.stringify(Object.fromEntries(texts.map(text => [hash(text), text]))));
    };
    try {
      const config = loadProjectConfig({ PERSISTED_DOCUMENTS: path });
      expect(await documentsCheck(config).run()).toEqual([
        {
          level: "error",
          message: `PERSISTED_DOCUMENTS: ${path} cannot be read, or is not JSON. Without it the server does not start`,
        },
      ]);
      write("{ topics { totalCount } }", "query Planets { planets { name } }");
      const report = await examineWith({ ...shared.env, PERSISTED_DOCUMENTS: path });
      expect(of("documents", report)).toEqual([
        `ok 1 of 2 documents in ${path} are valid`,
        expect.stringMatching(
          /^error document [0-9a-f]{12}… \(Planets\): Cannot query field "planets" on type "Query"\. Clients that send it/,
        ),
      ]);
      expect(report.exitCode).toBe(1);
    } finally {
      rmSync(directory, { recursive: true });
    }
  });

  it("asks the collector of traces with the headers that it wants, and repeats none of them", async () => {
    const collector = await startCollector(response => response.writeHead(401).end());
    const report = await examineWith({
      ...shared.env,
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint.replace("//", "//someone:coll-s3cret@"),
      OTEL_EXPORTER_OTLP_HEADERS: "api-key=k3y-of-collector",
    });
    await collector.close();
    expect(of("traces", report)).toEqual([expect.stringMatching(/^error .* refuses us \(401\)/)]);
    expect(collector.headers).toEqual([expect.objectContaining({ "api-key": "k3y-of-collector" })]);
    expect(report.text).not.toMatch(/coll-s3cret|k3y-of-collector/);
  });

  describe("of a mail server", () => {
    let smtp: SmtpStub;
    beforeAll(async () => {
      smtp = await startSmtpServer();
    });
    afterAll(() => smtp.close());

    const login = (query = "") => `smtp://somebody:mail-s3cret%21@127.0.0.1:${smtp.port}${query}`;

    it("says that it takes mail, and sends none", async () => {
      const report = await examineWith({ ...shared.env, SMTP_URL: smtp.url });
      expect(of("mail", report)).toEqual([expect.stringMatching(/^ok the mail server 127\.0\.0\.1:\d+ takes mail;/)]);
      expect(smtp.arrived()).toBe(0);
    });

    it("says that it refuses the login, without the password", async () => {
      smtp.refuse({ step: "login", code: 535 });
      // The stub has no TLS: it is let have the password all the same.
      const report = await examineWith({ ...shared.env, SMTP_URL: login("?requireTLS=false") });
      smtp.refuse(null);
      expect(of("mail", report)).toEqual([
        expect.stringMatching(/^error .*refuses the login: correct user and password in SMTP_URL \(EAUTH 535\)$/),
      ]);
      expect(report.text).not.toMatch(/mail-s3cret/);
      expect(report.exitCode).toBe(1);
    });

    it("says that it has no TLS for a password", async () => {
      const noTls = await examineWith({ ...shared.env, SMTP_URL: login() });
      expect(of("mail", noTls)).toEqual([expect.stringMatching(/^error .*there is no TLS with it/)]);
    });
  });

  describe("of the embedded database", () => {
    let directory: string;
    beforeEach(() => {
      directory = mkdtempSync(join(tmpdir(), "learngraph-doctor-"));
    });
    afterEach(() => rmSync(directory, { recursive: true }));

    it("makes nothing where there is none", async () => {
      const report = await examineWith({ DATA_DIRECTORY: join(directory, "new") });
      expect(of("database", report)[0]).toMatch(/^ok .*none yet, the first start makes it$/);
      expect(existsSync(join(directory, "new"))).toBe(false);
    });

    it("leaves it to a process that has it", async () => {
      mkdirSync(join(directory, "postgres"));
      writeFileSync(join(directory, "postgres/PG_VERSION"), "17\n");
      const unlock = lockDirectory(directory);
      const report = await examineWith({ DATA_DIRECTORY: directory });
      unlock();
      expect(of("database", report)[0]).toMatch(new RegExp(`^ok .*process ${process.pid} has it`));
      expect(of("migrations", report)).toEqual([expect.stringMatching(/^ok not checked while a process has/)]);
      expect(report.exitCode).toBe(0);
    });
  });

  it("says of the database, Redis and mail that they are not there, without their passwords", async () => {
    const port = await freePort();
    const report = await examineWith({
      ...{
        DATABASE_URL: `postgresql://u:pass-w0rd@127.0.0.1:${port}/d`,
        REDIS_URL: `redis://u:pass-w0rd@127.0.0.1:${port}`,
      },
      SMTP_URL: `smtp://u:pass-w0rd@127.0.0.1:${port}`,
    });
    expect(of("database", report)).toEqual([expect.stringMatching(/^error DATABASE_URL, .*: nothing listens there/)]);
    expect(of("role", report)).toEqual(["warning not checked: the database cannot be reached"]);
    expect(of("redis", report)).toEqual([
      expect.stringMatching(/^error Redis at .* cannot be used \(.*ECONNREFUSED.*\): start it/),
    ]);
    expect(of("mail", report)).toEqual([
      expect.stringMatching(/^error .*nothing answers there: correct host and port/),
    ]);
    expect(report.text).not.toContain("pass-w0rd");
    expect(report.exitCode).toBe(1);
  });

  it("says of those that say nothing that they do not answer, all within the time of one, and checks the rest", async () => {
    const { port, server } = await startSilentServer();
    const started = Date.now();
    const report = await examineWith({
      ...{
        DATABASE_URL: `postgresql://u:pass-w0rd@127.0.0.1:${port}/d`,
        REDIS_URL: `redis://u:pass-w0rd@127.0.0.1:${port}`,
      },
      ...{ SMTP_URL: `smtp://u:pass-w0rd@127.0.0.1:${port}`, AUTH_SIGNING_KEYS: "none" },
    });
    server.close();
    // Fifteen seconds are the limit of a check, and two that of the program's end.
    expect(Date.now() - started).toBeLessThan(20_000);
    expect(of("database", report)).toEqual([
      expect.stringMatching(/^error DATABASE_URL, .*: it does not answer within 5 s/),
    ]);
    expect(of("redis", report)).toEqual([expect.stringMatching(/^error Redis at .* cannot be used/)]);
    expect(of("mail", report)).toEqual([expect.stringMatching(/^error .*it does not answer in time/)]);
    expect(of("keys", report)).toEqual([expect.stringMatching(/^error/)]);
    expect(report.text).not.toContain("pass-w0rd");
  });
});
