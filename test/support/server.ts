// The real server on a real socket, over a test database.
import pino from "pino";
import type { Database } from "../../src/db/database";
import { startApp, type AppSettings } from "../../src/server/app";
import { openTestDatabase } from "./database";
import type { Golden } from "./golden";

export interface TestServer {
  /** Such as http://127.0.0.1:12345. */
  readonly url: string;
  readonly database: Database;
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
}

export async function startTestServer({
  golden = "catalogue",
  playground = false,
  ...settings
}: TestServerOptions = {}): Promise<TestServer> {
  const database = await openTestDatabase({ golden });
  const log: string[] = [];
  const app = await startApp(
    {
      host: "127.0.0.1",
      port: 0,
      introspection: true,
      explain: false,
      corsOrigins: [],
      trustedProxyHops: 0,
      limits: { maxDepth: 15, maxCost: 10_000 },
      ...(playground ? { playgroundDirectory: "dist/playground" } : {}),
      ...settings,
    },
    database,
    pino({ level: "debug" }, { write: line => void log.push(line) }),
  );
  return {
    url: app.url,
    database,
    log,
    post: (body, headers = {}) =>
      fetch(`${app.url}/graphql`, {
        method: "POST",
        headers: { "content-type": "application/json", ...headers },
        body: typeof body === "string" ? body : JSON.stringify(body),
      }),
    close: async () => {
      await app.stop();
      await database.close();
    },
  };
}
