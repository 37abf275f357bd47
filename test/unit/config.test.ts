// The environment becomes a frozen Config, or an error that names every wrong variable and no value; and the log removes secrets by name.
import { ConfigError, loadConfig, variableNames } from "../../src/config/config";

const secret = "s3cret-v4lue";

function problemsOf(env: Record<string, string>): string {
  try {
    loadConfig(env);
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  return "";
}

describe("loadConfig", () => {
  const wrong: Partial<Record<(typeof variableNames)[number], string[]>> = {
    NODE_ENV: ["prod", "Production", secret],
    PORT: ["-1", "65536", "4000.5", "0x10", " 4000", secret],
    DATABASE_URL: ["mysql://u:p@h/d", `${secret}@host`, "localhost", `https://${secret}@h/d`],
    DATABASE_DIRECT_URL: ["mysql://u:p@h/d", `${secret}@host`],
    DATABASE_REPLICA_URL: ["mysql://u:p@h/d", `${secret}@host`],
    DATABASE_POOL_SIZE: ["0", "201", "ten"],
    DATABASE_ACQUIRE_TIMEOUT_MS: ["99", "60001", "3s"],
    DATABASE_PREPARED_STATEMENTS: ["yes", "1"],
    DATABASE_STATEMENT_TIMEOUT_MS: ["99", "600001", "-5"],
    MIGRATE_ON_START: ["yes", "1", "TRUE"],
    CONTENT_ON_START: ["always", "true"],
    PLAYGROUND: ["on", "0"],
    INTROSPECTION: ["on", "0"],
    CORS_ORIGINS: [
      "*",
      "shop.example.net",
      "https://shop.example.net/",
      "https://shop.example.net/path",
      "https://a.example,",
      `ftp://${secret}`,
      "null",
    ],
    TRUSTED_PROXY_HOPS: ["11", "-1", "true"],
    QUERY_MAX_DEPTH: ["0", "51"],
    QUERY_MAX_COST: ["0", "1000001", "1e3"],
    COST_BUDGET: ["1000000001", "-1", "much"],
    COST_RESTORE_RATE: ["0", "1000000001"],
    OPERATION_TIMEOUT_MS: ["99", "600001", "9s"],
    QUERY_EXPLAIN: ["on", "1"],
    COMPILED_QUERIES: ["on", "1"],
    SHARED_BATCHES: ["on", "1"],
    PERSISTED_DOCUMENTS_ONLY: ["on", "1"],
    RESPONSE_CACHE_REDIS_URL: ["localhost:6379", `http://${secret}@h`],
    RESPONSE_CACHE_MB: ["-1", "65537", "64MB"],
    LIVE_MAX_CONNECTIONS: ["-1", "100001", "many"],
    LIVE_MAX_CONNECTIONS_PER_ADDRESS: ["0", "100001"],
    MAX_OPERATIONS: ["9", "100001", "many"],
    MAX_EVENT_LOOP_DELAY_MS: ["49", "60001", "1s"],
    MAX_WAITING_STATEMENTS: ["9", "100001"],
    PUBLIC_URL: [
      "learn.example.net",
      "ftp://learn.example.net",
      "https://learn.example.net/?a",
      `javascript:${secret}`,
    ],
    COOKIES_SECURE: ["yes", "1"],
    EDITORIAL_FOUR_EYES: ["yes", "1"],
    PASSWORD_HASH_MEMORY_KIB: ["8191", "1048577", "19 MiB"],
    PASSWORD_HASH_PASSES: ["0", "21"],
    PASSWORD_HASH_CONCURRENCY: ["0", "65"],
    REDIS_URL: ["localhost:6379", `http://${secret}@h`],
    SMTP_URL: ["mail.example.net", `https://u:${secret}@h`],
    MAIL_FROM: ["nobody", "a@b@c", "A <a@b.example>\nBcc: c@d.example"],
    LOG_LEVEL: ["verbose", "INFO"],
    LOG_FORMAT: ["xml"],
    SLOW_OPERATION_MS: ["-1", "600001", "1s"],
    METRICS_PORT: ["65536", "-1", "on"],
    OTEL_EXPORTER_OTLP_ENDPOINT: ["localhost:4318", `grpc://${secret}@h`, "http://h/?a"],
    OTEL_EXPORTER_OTLP_HEADERS: [secret, `=${secret}`, "a=1,,b=2", "a=%"],
    OTEL_EXPORTER_OTLP_TIMEOUT: ["99", "60001"],
    OTEL_RESOURCE_ATTRIBUTES: ["staging", "a=1,b"],
    OTEL_TRACES_SAMPLER: ["jaeger_remote", "on"],
    OTEL_TRACES_SAMPLER_ARG: ["2", "-0.1", "half"],
    OTEL_BSP_SCHEDULE_DELAY: ["9", "60001"],
    STOP_TIMEOUT_MS: ["99", "120001"],
    STOP_DELAY_MS: ["-1", "100001", "10000"],
  };
  const free = [
    ...["HOST", "DATA_DIRECTORY", "CONTENT_DIRECTORY", "PERSISTED_DOCUMENTS", "AUTH_SIGNING_KEYS"],
    ...["METRICS_HOST", "OTEL_SERVICE_NAME"],
  ];

  it("knows of every variable what is wrong for it, but for free text", () => {
    expect([...Object.keys(wrong), ...free].sort()).toEqual([...variableNames].sort());
  });

  it.each(Object.entries(wrong))("refuses a wrong %s by its name, and does not repeat the value", (name, values) => {
    for (const value of values) {
      const message = problemsOf({ [name]: value });
      expect(message).toMatch(
        new RegExp(`^The configuration is wrong:\n {2}${name} must [^\n]+\nSee \\.env\\.example\\.$`),
      );
      if (value.length > 8) expect(message).not.toContain(value);
      expect(message).not.toContain(secret);
    }
  });

  it("names all that are wrong at once", () => {
    const env = Object.fromEntries(Object.entries(wrong).map(([name, values]) => [name, values[0] ?? ""]));
    const named = problemsOf(env)
      .split("\n")
      .slice(1, -1)
      .map(line => line.trim().split(" ")[0]);
    expect(named.sort()).toEqual(Object.keys(wrong).sort());
  });

  it("refuses a budget that the dearest operation never fits into", () => {
    expect(() => loadConfig({ COST_BUDGET: "9999" })).toThrow("COST_BUDGET must be 0 or at least QUERY_MAX_COST");
    expect(loadConfig({ COST_BUDGET: "9999", QUERY_MAX_COST: "9999" }).budget).toEqual({
      limit: 9_999,
      restoreRate: 2_000,
    });
    expect(loadConfig({ COST_BUDGET: "0" }).budget).toBeUndefined();
  });

  it("refuses a delay that leaves a stop no time", () => {
    expect(() => loadConfig({ STOP_TIMEOUT_MS: "5000", STOP_DELAY_MS: "5000" })).toThrow(
      "STOP_DELAY_MS must be less than STOP_TIMEOUT_MS",
    );
    expect(loadConfig({ STOP_TIMEOUT_MS: "5000", STOP_DELAY_MS: "4999" }).http).toMatchObject({ stopDelayMs: 4_999 });
  });

  it("needs nothing: the defaults are a safe development server", () => {
    expect(loadConfig({})).toMatchObject({
      production: false,
      host: "127.0.0.1",
      port: 4000,
      database: {
        url: undefined,
        poolSize: 10,
        acquireTimeoutMs: 3_000,
        statementTimeoutMs: 5_000,
        dataDirectory: ".learngraph",
        migrateOnStart: true,
      },
      content: { directory: "prisma/content", onStart: "if-empty" },
      http: {
        playground: true,
        introspection: true,
        corsOrigins: [],
        trustedProxyHops: 0,
        operationTimeoutMs: 9_000,
        explain: false,
        stopTimeoutMs: 10_000,
        stopDelayMs: 0,
      },
      accounts: {
        publicUrl: undefined,
        signingKeys: undefined,
        secureCookies: false,
        passwordHash: { memoryKiB: 19_456, passes: 2, concurrency: 2 },
        redisUrl: undefined,
        smtpUrl: undefined,
      },
      limits: { maxDepth: 15, maxCost: 10_000 },
      budget: { limit: 100_000, restoreRate: 2_000 },
      log: { level: "info", format: "pretty" },
    });
  });

  it("closes in production what is not switched on (R14)", () => {
    const { host, content, http, log, accounts } = loadConfig({ NODE_ENV: "production" });
    expect([host, content.onStart, http.playground, http.introspection, log.format, accounts.secureCookies]).toEqual([
      "0.0.0.0",
      "never",
      false,
      false,
      "json",
      true,
    ]);
    expect(loadConfig({ NODE_ENV: "production", INTROSPECTION: "true" }).http).toMatchObject({
      playground: false,
      introspection: true,
    });
    expect(loadConfig({ NODE_ENV: "production", PLAYGROUND: "true" }).http).toMatchObject({
      playground: true,
      introspection: true,
    });
  });

  it("takes an empty variable for an absent one, and reads lists and numbers", () => {
    expect(loadConfig({ PORT: "", CORS_ORIGINS: "" })).toEqual(loadConfig({}));
    const config = loadConfig({
      PORT: "0",
      CORS_ORIGINS: "https://a.example, http://localhost:3000",
      DATABASE_URL: `postgresql://u:${secret}@h:5432/d`,
    });
    expect(config.port).toBe(0);
    expect(config.http.corsOrigins).toEqual(["https://a.example", "http://localhost:3000"]);
    expect(config.database.url).toContain(secret);
  });

  it("cannot be changed afterwards, at any depth", () => {
    const config = loadConfig({ CORS_ORIGINS: "https://a.example" });
    for (const part of [config, config.database, config.http, config.http.corsOrigins, config.limits, config.log]) {
      expect(Object.isFrozen(part)).toBe(true);
    }
  });
});
