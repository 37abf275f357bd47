// `doctor` from outside, with real faults: each is found, named, and told what to do about, while everything else is checked all the same.
import { spawn, type ChildProcess } from "node:child_process";
import { createHash, randomUUID } from "node:crypto";
import { once } from "node:events";
import { appendFileSync, chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client } from "pg";
import { newSigningKey } from "../../src/auth/signing-keys";
import { compareClocks } from "../../src/cli/doctor/clock";
import { examine, ok, withoutSecrets, type Check, type Finding } from "../../src/cli/doctor/checkup";
import { configurationCheck } from "../../src/cli/doctor/configuration.check";
import { documentsCheck } from "../../src/cli/doctor/documents.check";
import { metricsCheck } from "../../src/cli/doctor/metrics.check";
import { askPostgres, postgresChecks } from "../../src/cli/doctor/postgres.check";
import { replicaCheck } from "../../src/cli/doctor/replica.check";
import { secretsOf } from "../../src/cli/doctor/secrets";
import { tracesCheck } from "../../src/cli/doctor/traces.check";
import { systemCheck } from "../../src/cli/doctor/system.check";
import { loadProjectConfig } from "../../src/config/project-config";
import { unknownVariables } from "../../src/config/unknown-variables";
import { lockDirectory } from "../../src/db/directory-lock";
import { primaryPosition, standbyPosition } from "../../src/db/replica";
import { startMetricsServer } from "../../src/server/metrics-server";
import { startCollector } from "../support/collector";
import { copyProject, runProgram } from "../support/command";
import { serverUrl } from "../support/database";
import { onServer } from "../support/golden";
import { overhear } from "../support/log";
import { freePort, pgbouncerProgram as pgbouncer, postgresPrograms } from "../support/own-servers";
import { startPostgresInstance, type PostgresInstance } from "../support/postgres-instance";
import { createSharedDatabase, type SharedDatabase } from "../support/shared-database";
import { startSmtpServer, type SmtpStub } from "../support/smtp";

interface Report {
  exitCode: number;
  findings: Finding[];
  text: string;
}

async function examineWith(env: Record<string, string>, root?: string): Promise<Report> {
  const outcome = await runProgram("doctor", ["--json"], { env, ...(root === undefined ? {} : { root }) });
  overhear(outcome.stdout);
  expect(outcome.stderr).toBe("");
  const { ok: isOk, findings } = JSON.parse(outcome.stdout) as { ok: boolean; findings: Finding[] };
  expect(isOk).toBe(outcome.exitCode === 0);
  return { exitCode: outcome.exitCode, findings, text: outcome.stdout };
}

const of = (check: string, { findings }: Report): string[] =>
  findings.filter(finding => finding.check === check).map(({ level, message }) => `${level} ${message}`);

let shared: SharedDatabase;
beforeAll(async () => {
  shared = await createSharedDatabase("empty");
});
afterAll(() => shared.remove());

/** Answers nothing to anybody. */
async function startSilentServer(): Promise<{ port: number; server: Server }> {
  const server = createServer(socket => socket.on("error", () => undefined))
    .listen(0, "127.0.0.1")
    .unref();
  await once(server, "listening");
  return { port: (server.address() as AddressInfo).port, server };
}

/** Ends every connection with words that are no HTTP. */
async function startRudeServer(): Promise<{ port: number; server: Server }> {
  const server = createServer(socket => socket.on("error", () => undefined).end("no\n"))
    .listen(0, "127.0.0.1")
    .unref();
  await once(server, "listening");
  return { port: (server.address() as AddressInfo).port, server };
}

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

describe("A check", () => {
  it("that fails or does not end is an error, and the others are carried out", async () => {
    const findings = await examine(
      [
        { name: "a", run: () => Promise.reject(new Error("out of\nluck")) },
        { name: "b", run: () => new Promise(() => undefined) },
        { name: "c", run: () => [ok("well")] },
      ],
      50,
    );
    expect(findings.map(({ check, level, message }) => `${check} ${level} ${message}`)).toEqual([
      "a error could not be checked: out of luck",
      "b error could not be checked: it did not end within 0.05 s",
      "c ok well",
    ]);
  });

  it("has secrets taken out of what it says", () => {
    const said = [{ check: "a", level: "error", message: "refused a-secret-longer and a-secret" }] as const;
    expect(withoutSecrets(said, ["a-secret", "a-secret-longer"])[0]?.message).toBe("refused [removed] and [removed]");
  });

  it("knows the secrets of every setting", () => {
    const config = loadProjectConfig({
      ...{ DATABASE_URL: "postgresql://u:s3cret-1@h/d", DATABASE_DIRECT_URL: "postgresql://h/d?password=s3cret-2" },
      ...{ DATABASE_REPLICA_URL: "postgresql://u:s3cret%2D3@h/d", REDIS_URL: "redis://u:s3cret-4@h" },
      ...{ SMTP_URL: "smtp://u:s3cret-5@h", OTEL_EXPORTER_OTLP_ENDPOINT: "http://u:s3cret-6@h" },
      OTEL_EXPORTER_OTLP_HEADERS: "api-key=s3cret-7,tenant=a",
    });
    expect([...new Set(secretsOf(config))].sort()).toEqual([
      ...["s3cret%2D3", "s3cret-1", "s3cret-2", "s3cret-3", "s3cret-4", "s3cret-5", "s3cret-6", "s3cret-7"],
    ]);
  });

  it.each([
    [0, "ok", /agree within 1 s/],
    [900, "ok", /agree/],
    [2_500, "warning", /is 2\.5 s behind the other's: let both follow a time server/],
    [-4_000, "warning", /is 4\.0 s ahead of the other's/],
    [60_000, "error", /is 60 s behind .* Tokens and sessions end too early or too late/],
  ] as const)("of clocks that are %d ms apart says %s", (apartMs, level, message) => {
    // The answer took two seconds: what lies within them is no difference.
    const asked = 1_000_000;
    const time = apartMs < 0 ? asked + apartMs : asked + 2_000 + apartMs;
    const finding = compareClocks("the other's", { time, askedAt: asked, answeredAt: asked + 2_000 });
    expect(finding).toEqual({ level, message: expect.stringMatching(message) as string });
  });

  it.each([
    ["18.20.0", "2026-11-24", "error"],
    ["20.18.0", "2026-01-01", "error"],
    ["20.19.0", "2026-04-30", "ok"],
    ["20.19.0", "2026-05-01", "warning"],
    ["24.21.0", "2026-11-24", "ok"],
  ])("of Node %s on %s says %s", async (version, day, level) => {
    const [finding] = await systemCheck(() => Date.parse(`${day}T12:00:00Z`), version).run();
    expect(finding?.level).toBe(level);
  });

  it("of variables that look like ours leaves alone what others use", () => {
    const others = [
      "PATH",
      "HOSTNAME",
      "LOGNAME",
      "NODE_OPTIONS",
      "NODE_EXTRA_CA_CERTS",
      "REDIS_PORT",
      "REDIS_PORT_6379_TCP",
    ];
    expect(unknownVariables(Object.fromEntries(others.map(name => [name, "x"])))).toEqual([]);
    expect(unknownVariables({ QUERY_MAX_COSTS: "x", CORS_ORIGIN: "x", DATABASE_TIMEOUT: "x", PORT: "1" })).toEqual([
      { name: "CORS_ORIGIN", meant: "CORS_ORIGINS" },
      { name: "DATABASE_TIMEOUT", meant: null },
      { name: "QUERY_MAX_COSTS", meant: "QUERY_MAX_COST" },
    ]);
  });
});

describe("Check", () => {
  const said = async ({ run }: Check) => (await run()).map(({ level, message }) => `${level} ${message}`);

  describe("traces", () => {
    const check = (endpoint: string, env: Record<string, string> = {}) =>
      said(tracesCheck(loadProjectConfig({ OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, ...env })));

    it.each([
      [200, /^ok the collector of traces, 127\.0\.0\.1:\d+, takes traces$/],
      [400, /^ok .* is there \(400\)$/],
      [301, /^error .* leads elsewhere \(301\)/],
      [401, /^error .* refuses us \(401\): correct OTEL_EXPORTER_OTLP_HEADERS$/],
      [404, /^error .* takes nothing at \/v1\/traces \(404\): correct host, port and path/],
      [503, /^warning .* has a fault \(503\)/],
    ])("says of a collector that answers %d what to do, and sends it no span", async (status, message) => {
      const collector = await startCollector(response => response.writeHead(status).end());
      const found = await check(collector.endpoint);
      await collector.close();
      expect(found).toEqual([expect.stringMatching(message)]);
      expect([collector.headers.length, collector.spans]).toEqual([1, []]);
    });

    it("says that it is away, does not answer, or is another port or path", async () => {
      expect(await check(`http://127.0.0.1:${await freePort()}`)).toEqual([
        expect.stringMatching(/^error .*: nothing listens there: .* Meanwhile traces are lost, and nothing else$/),
      ]);
      const { port, server } = await startSilentServer();
      expect(await check(`http://127.0.0.1:${port}`, { OTEL_EXPORTER_OTLP_TIMEOUT: "100" })).toEqual([
        expect.stringMatching(/^error .*: it does not answer in time: .*\(no answer within 0\.1 s\)/),
      ]);
      server.close();
      expect(await check("http://127.0.0.1:4317")).toEqual([expect.stringMatching(/4317 is the port of gRPC/)]);
      expect(await check("http://127.0.0.1:1/v1/traces")).toEqual([
        expect.stringMatching(/^error OTEL_EXPORTER_OTLP_ENDPOINT ends with \/v1\/traces, .* leave it out$/),
      ]);
      const speaksNoHttp = await startRudeServer();
      expect(await check(`https://127.0.0.1:${speaksNoHttp.port}`)).toEqual([
        expect.stringMatching(/^error .* see whether it is https:\/\/ or http:\/\//),
      ]);
      speaksNoHttp.server.close();
    });

    it("warns of headers that go over the network in the clear", async () => {
      const env = {
        NODE_ENV: "production",
        OTEL_EXPORTER_OTLP_HEADERS: "api-key=x",
        OTEL_EXPORTER_OTLP_TIMEOUT: "100",
      };
      expect(await check("http://192.0.2.1:4318", env)).toContainEqual(
        expect.stringMatching(/^warning OTEL_EXPORTER_OTLP_HEADERS go to the collector in the clear/),
      );
    });
  });

  describe("metrics", () => {
    const check = (env: Record<string, string>) => said(metricsCheck(loadProjectConfig(env)));

    it("says whether the port is free, a server's of ours, or somebody else's", async () => {
      const port = await freePort();
      expect(await check({ METRICS_PORT: String(port) })).toEqual([`ok port ${port} of 127.0.0.1 is free`]);
      const text = () => Promise.resolve("learngraph_build_info 1");
      const ours = await startMetricsServer({ host: "127.0.0.1", port }, { text, contentType: "text/plain" });
      const found = await check({ METRICS_PORT: String(port), METRICS_HOST: "0.0.0.0" });
      await ours.close();
      expect(found).toEqual([`ok metrics of a running server are at port ${port} of 0.0.0.0`]);
      const rude = await startRudeServer();
      expect(await check({ METRICS_PORT: String(rude.port) })).toEqual([
        expect.stringMatching(/^error port \d+ of 127\.0\.0\.1 is taken, and not by metrics of ours: set another/),
      ]);
      rude.server.close();
    });

    it("says that the address or the port cannot be had, or is the clients'", async () => {
      expect(await check({ METRICS_PORT: "9464", METRICS_HOST: "192.0.2.1" })).toEqual([
        "error METRICS_HOST 192.0.2.1 is no address of this machine: correct it",
      ]);
      expect(await check({ METRICS_PORT: "4000" })).toEqual([expect.stringMatching(/^error METRICS_PORT is PORT/)]);
      expect(await check({ METRICS_PORT: "4000", METRICS_HOST: "127.0.0.2", PORT: "4001" })).toEqual([
        expect.stringMatching(/^ok/),
      ]);
      expect(await check({ METRICS_PORT: "0" })).toEqual([expect.stringMatching(/^warning METRICS_PORT 0 is another/)]);
    });

    it("warns in production that everybody who gets here may read them", async () => {
      const env = { METRICS_PORT: String(await freePort()), METRICS_HOST: "0.0.0.0" };
      expect(await check(env)).toHaveLength(1);
      expect(await check({ ...env, NODE_ENV: "production" })).toEqual([
        expect.stringMatching(/^ok/),
        expect.stringMatching(/^warning METRICS_HOST 0\.0\.0\.0 shows metrics at every address/),
      ]);
    });
  });

  it("configuration says which settings have no effect, and what nothing bounds", async () => {
    const check = (env: Record<string, string>) => said(configurationCheck(loadProjectConfig(env), [], []));
    const database = { DATABASE_REPLICA_URL: "postgresql://db/x" };
    expect(await check(database)).toEqual([
      "warning DATABASE_REPLICA_URL has no effect without DATABASE_URL: set that too",
    ]);
    const both = { ...database, DATABASE_URL: "postgresql://db/x" };
    expect(await check(both)).toEqual([expect.stringMatching(/^ok/)]);
    expect(await check({ ...both, COMPILED_QUERIES: "false" })).toEqual([
      expect.stringMatching(/^warning DATABASE_REPLICA_URL has no effect with COMPILED_QUERIES false/),
    ]);
    const production = await check({ NODE_ENV: "production", COST_BUDGET: "0", HOST: "127.0.0.1" });
    expect(production).toContainEqual(expect.stringMatching(/^warning COST_BUDGET is 0: one client may ask/));
    expect(production).toContainEqual(expect.stringMatching(/^error TRUSTED_PROXY_HOPS is 0, and with HOST 127/));
    const found = (await check({ NODE_ENV: "production", TRUSTED_PROXY_HOPS: "1" })).join();
    expect(found).not.toMatch(/COST_BUDGET|TRUSTED_PROXY_HOPS/);
  });
});

if (serverUrl === undefined) {
  process.stderr.write("doctor.test.ts: the tests of roles and poolers need a server (TEST_DATABASE_URL).\n");
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

  if (pgbouncer === undefined) process.stderr.write("doctor.test.ts: skipped of a pooler, no pgbouncer found.\n");
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
  process.stderr.write("doctor.test.ts: skipped of a server of its own, no PostgreSQL found.\n");
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
    for (let tries = 0; tries < 20 && found.length < 3; tries++) found = await reading();
    expect(found[1]).toMatch(/^error app may not read everything there: use the role of DATABASE_URL/);
  });

  it("says that it is behind, and why; it gets nothing from then on", async () => {
    await standby.run("SELECT pg_wal_replay_pause()");
    const [paused] = await check(urlOf(standby));
    expect(paused).toMatch(
      /^warning the standby .* is \d+\.\d s behind: its replay is paused: SELECT pg_wal_replay_resume/,
    );
    await standby.run(
      "SELECT pg_wal_replay_resume()",
      "ALTER SYSTEM SET primary_conninfo = ''",
      "SELECT pg_reload_conf()",
    );
    let found = paused;
    for (let tries = 0; tries < 20 && !found?.includes("gets nothing"); tries++) [found] = await check(urlOf(standby));
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
