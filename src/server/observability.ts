// Starts what Config has switched on for those who watch the server. Nothing of it is loaded otherwise.
import type { Logger } from "pino";
import type { Database } from "../db/database";
import type { MetricSources } from "./metrics";
import { Observation } from "./observation";
import type { TracingSettings } from "./tracing";

export interface ObservabilitySettings {
  /** Of learngraph. */
  version: string;
  /** Where metrics are served; left out: nowhere. */
  metrics?: { host: string; port: number } | undefined;
  /** Where traces are sent; left out: nowhere. */
  tracing?: TracingSettings | undefined;
  /** Operations that take as many milliseconds are logged; 0: none. */
  slowOperationMs: number;
}

export interface RunningObservation {
  readonly observation: Observation;
  /** Where metrics are; undefined where they are not served. */
  readonly metricsUrl: string | undefined;
  stop(): Promise<void>;
}

/** Undefined when everything is off. @throws Error when the port for metrics is taken. */
export async function startObservation(
  { version, metrics: place, tracing: traces, slowOperationMs }: ObservabilitySettings,
  database: Database,
  sources: Omit<MetricSources, "pool" | "liveConnections">,
  log: Logger,
): Promise<RunningObservation | undefined> {
  if (!place && !traces && slowOperationMs === 0) return undefined;
  const tracing = traces && new (await import("./tracing")).Tracing(traces, version, log);
  const metrics = place && new (await import("./metrics")).Metrics({ version, database: database.kind });
  const observation = new Observation({ metrics, tracing, slowOperationMs }, log);
  metrics?.measure({
    ...sources,
    pool: () => (database.kind === "postgres" ? database.poolState() : null),
    liveConnections: () => observation.liveConnections(),
  });
  const server = place && metrics && (await (await import("./metrics-server")).startMetricsServer(place, metrics));
  const endWatching = observation.watch(database);
  return {
    observation,
    metricsUrl: server?.url,
    stop: async () => {
      endWatching();
      await server?.close();
      await tracing?.stop();
    },
  };
}
