// Puts the parts together: database, migrations, shipped content, GraphQL, HTTP. Started and stopped as one.
import { setTimeout as delay } from "node:timers/promises";
import type { GraphQLSchema } from "graphql";
import type { Logger } from "pino";
import { ChangePositions } from "../db/change-positions";
import type { Database } from "../db/database";
import { applyMigrations, readMigrations } from "../db/migrations";
import { sql } from "../db/sql";
import type { Services } from "../request/services";
import { SharedBatches } from "../request/shared-batches";
import { askerOf, type CostBudget } from "./cost-budget";
import type { OperationLimits } from "./document-limits";
import { createDatabaseProbe } from "./database-probe";
import { createGraphQLServer } from "./graphql-server";
import { createHttpServer } from "./http-server";
import { defaultLiveLimits, type LiveLimits } from "./live-limits";
import { KnownOperations } from "./known-operations";
import { defaultLoadLimits, Load, type LoadLimits } from "./load";
import { startObservation, type ObservabilitySettings } from "./observability";
import {
  noPersistedDocuments,
  PersistedDocumentsError,
  readPersistedDocuments,
  type PersistedDocuments,
} from "./persisted-documents";
import { ResponseCache } from "./response-cache";
import { connectRedis } from "./redis";
import { countRefusals, Refusals } from "./refusals";
import { buildGraphQLSchema, printGraphQLSchema } from "./schema";
import { SharedAnswers } from "./shared-answers";

export interface AppSettings {
  host: string;
  port: number;
  /** Where the built playground is; left out: there is none. */
  playgroundDirectory?: string | undefined;
  introspection: boolean;
  /** Whether answers say which SQL statements they took. For development. */
  explain: boolean;
  corsOrigins: readonly string[];
  secureCookies: boolean;
  trustedProxyHops: number;
  /** 10,000 when left out. */
  maxConnections?: number;
  limits: OperationLimits;
  operationTimeoutMs: number;
  /** Whether queries that were valid before run compiled, without going through Apollo Server. */
  compiledQueries: boolean;
  /** The manifest of persisted documents; left out, there are none. */
  persistedDocuments?: string | undefined;
  /** Whether nothing else runs. */
  persistedDocumentsOnly: boolean;
  /** Bytes of the answers that are kept at most; 0 for none. Needs `compiledQueries`. */
  responseCacheBytes: number;
  /** Redis, for the answers of all servers; left out, each has its own. Needs PostgreSQL, and answers that are kept. */
  responseCacheRedisUrl?: string | undefined;
  /** Tells programs apart that answer in different ways. Needed for that. */
  edition?: () => readonly unknown[];
  /** What each asker may ask for; left out, there is no end to it. */
  budget?: CostBudget | undefined;
  /** Whether concurrent requests read public content together. */
  sharedBatches: boolean;
  /** The defaults hold for what is left out. */
  live?: Partial<LiveLimits>;
  /** What those who run the server see of it; left out, nothing but the log. */
  observability?: ObservabilitySettings;
  load?: Partial<LoadLimits>;
}

export interface App {
  /** Where it listens, such as http://127.0.0.1:4000. */
  readonly url: string;
  /** Where metrics are served; undefined where they are not. */
  readonly metricsUrl: string | undefined;
  /**
   * Is no longer ready, then takes no new work, finishes what was received, and resolves. Does not close the database.
   * @param delayMs is for how long it goes on taking new work meanwhile: balancers ask only now and then whether it is ready.
   */
  stop(delayMs?: number): Promise<void>;
}

/** Applies the pending migrations of `directory`. @throws MigrationError when one fails; the database is then as it was. */
export async function migrateDatabase(database: Database, directory: string, log: Logger): Promise<void> {
  const applied = await applyMigrations(database, await readMigrations(directory));
  if (applied.length > 0) log.info({ migrations: applied }, "migrations applied");
}

/** Imports the content in `directory` into a catalogue that holds no topics. */
export async function loadContentIfEmpty(database: Database, directory: string, log: Logger): Promise<void> {
  const [row] = await database.query<{ empty: boolean }>(sql`SELECT NOT EXISTS (SELECT 1 FROM "topic") AS "empty"`);
  if (!row?.empty) return;
  const { importContent } = await import("../content/content.import");
  const report = await importContent(database, directory, {});
  log.info({ report }, "content imported");
}

/** Listens on a prepared database. */
export async function startApp(
  settings: AppSettings,
  database: Database,
  services: Services,
  log: Logger,
): Promise<App> {
  const { host, port, limits, introspection, explain, operationTimeoutMs } = settings;
  let ready = false;
  const schema = buildGraphQLSchema();
  // What explains an operation is a part of Apollo Server's pipeline.
  const known = settings.compiledQueries && !explain ? new KnownOperations(schema, limits) : undefined;
  const documents = await readDocuments(settings);
  const isReachable = createDatabaseProbe(database);
  const load: Load = new Load({ ...defaultLoadLimits, ...settings.load }, database, address =>
    refusals.add("load", askerOf(null, address)),
  );
  const refusals = new Refusals(log, () => ({
    ...load.state,
    eventLoopDelayMs: Math.round(load.state.eventLoopDelayMs),
  }));
  if (settings.budget) settings.budget.onRefusal = asker => refusals.add("budget", asker);
  const watching =
    settings.observability &&
    (await startObservation(
      settings.observability,
      database,
      {
        cache: () => cache?.size ?? null,
        isReady: async () => ready && (await isReachable()),
        operationsUnderWay: () => load.state.operations,
        refused: () => refusals.counts,
      },
      log,
    ));
  const observation = watching?.observation;
  observation?.metrics?.reserve(documents.operationNames());
  const graphql = createGraphQLServer({
    schema,
    limits,
    known,
    introspection,
    operationTimeoutMs,
    explain,
    observation,
    log,
  });
  await graphql.start();
  for (const text of documents.texts) {
    const problems = known?.prepare(text) ?? [];
    if (problems.length > 0)
      log.warn({ problems: problems.slice(0, 5) }, "a persisted document does not fit the schema");
  }
  const cache =
    known && settings.responseCacheBytes > 0
      ? new ResponseCache(database.changes, settings.responseCacheBytes)
      : undefined;
  const shared = cache && (await shareAnswers(settings, cache, schema, database, log));
  database.changes.subscribe({
    connected: connected => {
      if (connected) log.info("changes in the database are heard");
    },
  });
  await database.changes.start((message, cause) => log.warn({ err: cause }, message));
  const http = await createHttpServer({
    graphql,
    known,
    database,
    services: { ...services, ...countRefusals(services, refusals) },
    log,
    explain,
    load,
    refusals,
    operationTimeoutMs,
    live: { ...defaultLiveLimits, ...settings.live },
    cache,
    shared: shared?.answers,
    budget: settings.budget,
    documents,
    observation,
    sharing: settings.sharedBatches ? new SharedBatches(database.connections, observation) : undefined,
    secureCookies: settings.secureCookies,
    corsOrigins: settings.corsOrigins,
    trustedProxyHops: settings.trustedProxyHops,
    maxConnections: settings.maxConnections,
    playgroundDirectory: settings.playgroundDirectory,
    isReachable,
    isReady: () => ready,
  });
  const url = await http.listen({ host, port });
  ready = true;
  return {
    url,
    metricsUrl: watching?.metricsUrl,
    stop: async (delayMs = 0) => {
      ready = false;
      if (delayMs > 0) await delay(delayMs);
      await http.close();
      load.stop();
      refusals.stop();
      shared?.stop();
      cache?.stop();
      await graphql.stop();
      await watching?.stop();
    },
  };
}

/** Undefined where answers are not shared. */
async function shareAnswers(
  { responseCacheRedisUrl: url, edition, limits, introspection, budget }: AppSettings,
  cache: ResponseCache,
  schema: GraphQLSchema,
  database: Database,
  log: Logger,
) {
  // The embedded database is one server's.
  if (url === undefined || database.kind === "embedded") return undefined;
  const redis = await connectRedis(url, log);
  const positions = new ChangePositions(database.changes);
  return {
    answers: new SharedAnswers({
      ...{ redis, positions, cache, budget },
      edition: [edition?.(), printGraphQLSchema(schema), limits, introspection],
    }),
    stop: () => {
      positions.stop();
      redis.disconnect();
    },
  };
}

function readDocuments({
  persistedDocuments,
  persistedDocumentsOnly,
}: Pick<AppSettings, "persistedDocuments" | "persistedDocumentsOnly">): Promise<PersistedDocuments> {
  if (persistedDocuments !== undefined) return readPersistedDocuments(persistedDocuments, persistedDocumentsOnly);
  // Otherwise a server that was meant to be closed would be open.
  if (persistedDocumentsOnly) throw new PersistedDocumentsError("PERSISTED_DOCUMENTS_ONLY needs PERSISTED_DOCUMENTS.");
  return Promise.resolve(noPersistedDocuments);
}
