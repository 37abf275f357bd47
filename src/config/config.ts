// The environment, parsed once into a frozen Config. The only reader of process.env. Each variable is explained in .env.example.
import { z } from "zod";

const flag = z.enum(["true", "false"], { error: "must be true or false" }).transform(value => value === "true");
const integer = (least: number, most: number) =>
  z
    .string()
    .regex(/^\d+$/, { error: `must be a whole number from ${least} to ${most}` })
    .transform(Number)
    .refine(value => value >= least && value <= most, { error: `must be a whole number from ${least} to ${most}` });
const oneOf = <const T extends [string, ...string[]]>(...values: T) =>
  z.enum(values, { error: `must be one of ${values.join(", ")}` });
const text = z.string().min(1, { error: "must not be empty" });

const databaseUrl = text.refine(value => /^postgres(ql)?:$/.test(protocolOf(value)), {
  error: "must be a URL of the form postgresql://user:password@host:port/database",
});
const originList = text
  .transform(value => value.split(",").map(origin => origin.trim()))
  .refine(origins => origins.every(isOrigin), {
    error: "must be a comma-separated list of origins such as https://example.org",
  });

const siteUrl = text
  .refine(value => /^https?:$/.test(protocolOf(value)) && !/[?#]/.test(value), {
    error: "must be a URL of the form https://learn.example.org",
  })
  .transform(value => value.replace(/\/+$/, ""));
const smtpUrl = text.refine(value => /^smtps?:$/.test(protocolOf(value)), {
  error: "must be a URL of the form smtps://user:password@mail.example.org:465",
});
const redisUrl = text.refine(value => /^rediss?:$/.test(protocolOf(value)), {
  error: "must be a URL of the form redis://user:password@host:port/0",
});
const mailAddress = text.refine(value => /^(?:[^\r\n<>@]*<[^@\s<>]+@[^@\s<>]+>|[^@\s<>]+@[^@\s<>]+)$/.test(value), {
  error: "must be an address such as Learngraph <no-reply@example.org>",
});

/** As OpenTelemetry writes lists: `key=value,key2=value2`, the values percent-encoded. */
const pairs = text
  .refine(value => value.split(",").every(pair => /^\s*[^\s=,]+\s*=[^,]*$/.test(pair) && isPercentEncoded(pair)), {
    error: "must be a list such as key=value,key2=value2",
  })
  .transform(value =>
    Object.fromEntries(
      value.split(",").map(pair => {
        const at = pair.indexOf("=");
        return [pair.slice(0, at).trim(), decodeURIComponent(pair.slice(at + 1).trim())];
      }),
    ),
  );
const collectorUrl = text
  .refine(value => /^https?:$/.test(protocolOf(value)) && !/[?#]/.test(value), {
    error: "must be a URL of the form http://collector.example.org:4318",
  })
  .transform(value => value.replace(/\/+$/, ""));
const ratio = text
  .refine(value => /^(0|1|0?\.\d+|1\.0+)$/.test(value), { error: "must be a number from 0 to 1" })
  .transform(Number);

/** One entry for each variable, in the order of .env.example. */
const environment = {
  NODE_ENV: oneOf("development", "test", "production").default("development"),
  HOST: text.optional(),
  PORT: integer(0, 65_535).default(4000),
  DATABASE_URL: databaseUrl.optional(),
  DATABASE_DIRECT_URL: databaseUrl.optional(),
  DATABASE_REPLICA_URL: databaseUrl.optional(),
  DATABASE_POOL_SIZE: integer(1, 200).default(10),
  DATABASE_ACQUIRE_TIMEOUT_MS: integer(100, 60_000).default(3_000),
  DATABASE_STATEMENT_TIMEOUT_MS: integer(100, 600_000).default(5_000),
  DATABASE_PREPARED_STATEMENTS: flag.optional(),
  DATA_DIRECTORY: text.default(".learngraph"),
  MIGRATE_ON_START: flag.default(true),
  CONTENT_ON_START: oneOf("if-empty", "never").optional(),
  CONTENT_DIRECTORY: text.default("prisma/content"),
  PLAYGROUND: flag.optional(),
  INTROSPECTION: flag.optional(),
  PUBLIC_URL: siteUrl.optional(),
  CORS_ORIGINS: originList.optional(),
  TRUSTED_PROXY_HOPS: integer(0, 10).default(0),
  QUERY_MAX_DEPTH: integer(1, 50).default(15),
  QUERY_MAX_COST: integer(1, 1_000_000).default(10_000),
  COST_BUDGET: integer(0, 1_000_000_000).default(100_000),
  COST_RESTORE_RATE: integer(1, 1_000_000_000).default(2_000),
  OPERATION_TIMEOUT_MS: integer(100, 600_000).default(9_000),
  QUERY_EXPLAIN: flag.default(false),
  COMPILED_QUERIES: flag.default(true),
  SHARED_BATCHES: flag.default(true),
  RESPONSE_CACHE_MB: integer(0, 65_536).default(64),
  RESPONSE_CACHE_REDIS_URL: redisUrl.optional(),
  PERSISTED_DOCUMENTS: text.optional(),
  PERSISTED_DOCUMENTS_ONLY: flag.default(false),
  LIVE_MAX_CONNECTIONS: integer(0, 100_000).default(2_000),
  LIVE_MAX_CONNECTIONS_PER_ADDRESS: integer(1, 100_000).default(100),
  MAX_OPERATIONS: integer(10, 100_000).default(500),
  MAX_EVENT_LOOP_DELAY_MS: integer(50, 60_000).default(500),
  MAX_WAITING_STATEMENTS: integer(10, 100_000).default(500),
  AUTH_SIGNING_KEYS: text.optional(),
  COOKIES_SECURE: flag.optional(),
  PASSWORD_HASH_MEMORY_KIB: integer(8_192, 1_048_576).default(19_456),
  PASSWORD_HASH_PASSES: integer(1, 20).default(2),
  PASSWORD_HASH_CONCURRENCY: integer(1, 64).default(2),
  EDITORIAL_FOUR_EYES: flag.default(false),
  REDIS_URL: redisUrl.optional(),
  SMTP_URL: smtpUrl.optional(),
  MAIL_FROM: mailAddress.default("learngraph <no-reply@localhost>"),
  LOG_LEVEL: oneOf("fatal", "error", "warn", "info", "debug", "trace", "silent").default("info"),
  LOG_FORMAT: oneOf("pretty", "json").optional(),
  SLOW_OPERATION_MS: integer(0, 600_000).default(1_000),
  METRICS_PORT: integer(0, 65_535).optional(),
  METRICS_HOST: text.default("127.0.0.1"),
  OTEL_EXPORTER_OTLP_ENDPOINT: collectorUrl.optional(),
  OTEL_EXPORTER_OTLP_HEADERS: pairs.optional(),
  OTEL_EXPORTER_OTLP_TIMEOUT: integer(100, 60_000).default(10_000),
  OTEL_SERVICE_NAME: text.default("learngraph"),
  OTEL_RESOURCE_ATTRIBUTES: pairs.optional(),
  OTEL_TRACES_SAMPLER: oneOf(
    "always_on",
    "always_off",
    "traceidratio",
    "parentbased_always_on",
    "parentbased_always_off",
    "parentbased_traceidratio",
  ).default("parentbased_always_on"),
  OTEL_TRACES_SAMPLER_ARG: ratio.default(1),
  OTEL_BSP_SCHEDULE_DELAY: integer(10, 60_000).default(5_000),
  STOP_TIMEOUT_MS: integer(100, 120_000).default(10_000),
  STOP_DELAY_MS: integer(0, 100_000).default(0),
};

export const variableNames = Object.keys(environment) as (keyof typeof environment)[];

const schema = z.object(environment).transform((env, context) => {
  if (env.COST_BUDGET > 0 && env.COST_BUDGET < env.QUERY_MAX_COST) {
    context.addIssue({ code: "custom", path: ["COST_BUDGET"], message: "must be 0 or at least QUERY_MAX_COST" });
  }
  if (env.STOP_DELAY_MS >= env.STOP_TIMEOUT_MS) {
    context.addIssue({ code: "custom", path: ["STOP_DELAY_MS"], message: "must be less than STOP_TIMEOUT_MS" });
  }
  const production = env.NODE_ENV === "production";
  return {
    production,
    // Open to this machine only, until somebody says otherwise: a development server has no users elsewhere.
    host: env.HOST ?? (production ? "0.0.0.0" : "127.0.0.1"),
    port: env.PORT,
    database: {
      url: env.DATABASE_URL,
      directUrl: env.DATABASE_DIRECT_URL,
      replicaUrl: env.DATABASE_REPLICA_URL,
      poolSize: env.DATABASE_POOL_SIZE,
      acquireTimeoutMs: env.DATABASE_ACQUIRE_TIMEOUT_MS,
      statementTimeoutMs: env.DATABASE_STATEMENT_TIMEOUT_MS,
      preparedStatements: env.DATABASE_PREPARED_STATEMENTS,
      dataDirectory: env.DATA_DIRECTORY,
      migrateOnStart: env.MIGRATE_ON_START,
    },
    content: {
      directory: env.CONTENT_DIRECTORY,
      onStart: env.CONTENT_ON_START ?? (production ? "never" : "if-empty"),
    },
    http: {
      playground: env.PLAYGROUND ?? !production,
      introspection: env.INTROSPECTION ?? env.PLAYGROUND ?? !production,
      corsOrigins: env.CORS_ORIGINS ?? [],
      trustedProxyHops: env.TRUSTED_PROXY_HOPS,
      operationTimeoutMs: env.OPERATION_TIMEOUT_MS,
      explain: env.QUERY_EXPLAIN,
      stopTimeoutMs: env.STOP_TIMEOUT_MS,
      stopDelayMs: env.STOP_DELAY_MS,
    },
    accounts: {
      publicUrl: env.PUBLIC_URL,
      signingKeys: env.AUTH_SIGNING_KEYS,
      secureCookies: env.COOKIES_SECURE ?? production,
      passwordHash: {
        memoryKiB: env.PASSWORD_HASH_MEMORY_KIB,
        passes: env.PASSWORD_HASH_PASSES,
        concurrency: env.PASSWORD_HASH_CONCURRENCY,
      },
      redisUrl: env.REDIS_URL,
      smtpUrl: env.SMTP_URL,
      mailFrom: env.MAIL_FROM,
    },
    editorial: { fourEyes: env.EDITORIAL_FOUR_EYES },
    documents: { persistedDocuments: env.PERSISTED_DOCUMENTS, persistedDocumentsOnly: env.PERSISTED_DOCUMENTS_ONLY },
    speed: {
      compiledQueries: env.COMPILED_QUERIES,
      responseCacheBytes: env.RESPONSE_CACHE_MB * 1_048_576,
      responseCacheRedisUrl: env.RESPONSE_CACHE_REDIS_URL,
      sharedBatches: env.SHARED_BATCHES,
    },
    limits: { maxDepth: env.QUERY_MAX_DEPTH, maxCost: env.QUERY_MAX_COST },
    budget: env.COST_BUDGET > 0 ? { limit: env.COST_BUDGET, restoreRate: env.COST_RESTORE_RATE } : undefined,
    live: {
      maxConnections: env.LIVE_MAX_CONNECTIONS,
      maxConnectionsPerAddress: env.LIVE_MAX_CONNECTIONS_PER_ADDRESS,
    },
    observability: {
      slowOperationMs: env.SLOW_OPERATION_MS,
      metrics: env.METRICS_PORT === undefined ? undefined : { host: env.METRICS_HOST, port: env.METRICS_PORT },
      tracing:
        env.OTEL_EXPORTER_OTLP_ENDPOINT === undefined
          ? undefined
          : {
              endpoint: env.OTEL_EXPORTER_OTLP_ENDPOINT,
              headers: env.OTEL_EXPORTER_OTLP_HEADERS ?? {},
              timeoutMs: env.OTEL_EXPORTER_OTLP_TIMEOUT,
              serviceName: env.OTEL_SERVICE_NAME,
              resourceAttributes: env.OTEL_RESOURCE_ATTRIBUTES ?? {},
              sampler: env.OTEL_TRACES_SAMPLER,
              samplerRatio: env.OTEL_TRACES_SAMPLER_ARG,
              scheduleDelayMs: env.OTEL_BSP_SCHEDULE_DELAY,
            },
    },
    load: {
      maxOperations: env.MAX_OPERATIONS,
      maxEventLoopDelayMs: env.MAX_EVENT_LOOP_DELAY_MS,
      maxWaitingStatements: env.MAX_WAITING_STATEMENTS,
    },
    log: { level: env.LOG_LEVEL, format: env.LOG_FORMAT ?? (production ? "json" : "pretty") },
  } as const;
});

export type Config = Readonly<z.output<typeof schema>>;

/** What is wrong with the environment: one line for each variable. Never holds a value, which may be a secret. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";

  constructor(readonly problems: readonly ConfigProblem[]) {
    const lines = problems.map(({ variable, message }) => `  ${variable} ${message}`);
    super(`The configuration is wrong:\n${[...new Set(lines)].join("\n")}\nSee .env.example.`);
  }
}

export interface ConfigProblem {
  variable: string;
  /** What it must be, as the rest of a sentence that begins with its name. */
  message: string;
}

/**
 * Reads the environment. An empty variable counts as absent.
 * @throws ConfigError that names every variable with a wrong value and what it must be.
 */
export function loadConfig(env: Readonly<Record<string, string | undefined>> = process.env): Config {
  const given = Object.fromEntries(variableNames.map(name => [name, env[name] === "" ? undefined : env[name]]));
  const result = schema.safeParse(given);
  if (result.success) return deepFreeze(result.data);
  throw new ConfigError(result.error.issues.map(({ path, message }) => ({ variable: String(path[0]), message })));
}

function protocolOf(url: string): string {
  return URL.canParse(url) ? new URL(url).protocol : "";
}

function isPercentEncoded(value: string): boolean {
  try {
    decodeURIComponent(value);
    return true;
  } catch {
    return false;
  }
}

function isOrigin(value: string): boolean {
  return URL.canParse(value) && /^https?:$/.test(new URL(value).protocol) && new URL(value).origin === value;
}

function deepFreeze<T>(value: T): T {
  if (typeof value === "object" && value !== null) Object.values(value).forEach(deepFreeze);
  return Object.freeze(value);
}
