// The real server on a real socket, over a test database.
import type { Database } from "../../src/db/database";
import { startApp, type AppSettings } from "../../src/server/app";
import { openTestDatabase } from "./database";
import type { Services } from "../../src/request/services";
import type { Golden } from "./golden";
import { assertNoSecretsSaid, createTestLog } from "./log";
import { createTestServices } from "./services";

export interface TestServer {
  /** Such as http://127.0.0.1:12345. */
  readonly url: string;
  /** Where metrics are served; undefined where they are not. */
  readonly metricsUrl?: string | undefined;
  readonly database: Database;
  readonly services: Services;
  /** Lines that the server logged. */
  readonly log: readonly string[];
  /** POSTs JSON to /graphql. */
  post(body: unknown, headers?: Record<string, string>): Promise<Response>;
  close(): Promise<void>;
}

export interface TestServerOptions extends Partial<AppSettings> {
  /** Serves the built playground. */
  playground?: boolean;
  golden?: Golden;
  /** A database that is open already, and stays so. */
  database?: Database;
  services?: Partial<Services>;
  /** Another instance on the database of this one, which stays its owner's to close. */
  beside?: TestServer;
}

export async function startTestServer({
  golden = "catalogue",
  playground = false,
  services: givenServices,
  beside,
  database: givenDatabase = beside?.database,
  load,
  ...settings
}: TestServerOptions = {}): Promise<TestServer> {
  const database = givenDatabase ?? (await openTestDatabase({ golden }));
  const services = await createTestServices(givenServices);
  const { log, lines } = createTestLog();
  const app = await startApp(
    {
      host: "127.0.0.1",
      port: 0,
      introspection: true,
      explain: false,
      corsOrigins: [],
      secureCookies: false,
      trustedProxyHops: 0,
      limits: { maxDepth: 15, maxCost: 10_000 },
      operationTimeoutMs: 9_000,
      compiledQueries: true,
      sharedBatches: true,
      persistedDocumentsOnly: false,
      responseCacheBytes: 10_000_000,
      // How late the event loop is under a test runner says nothing of the server.
      load: { maxEventLoopDelayMs: Infinity, ...load },
      ...(playground ? { playgroundDirectory: "dist/playground" } : {}),
      ...settings,
    },
    database,
    services,
    log,
  );
  return {
    url: app.url,
    metricsUrl: app.metricsUrl,
    database,
    services,
    log: lines,
    post: (body, headers = {}) =>
      fetch(`${app.url}/graphql`, {
        method: "POST",
        headers: { "content-type": "application/json", ...headers },
        body: typeof body === "string" ? body : JSON.stringify(body),
      }),
    close: async () => {
      await app.stop();
      if (!givenDatabase) await database.close();
      assertNoSecretsSaid();
    },
  };
}
