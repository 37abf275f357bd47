// The metrics for Prometheus (docs/operations.md lists them), over prom-client with a registry of our own. What every request touches is counted in
// plain numbers, and put into the registry when somebody asks: prom-client hashes the labels at each increment.
import { OperationTypeNode } from "graphql";
import { collectDefaultMetrics, Counter, Gauge, Registry, type Metric } from "prom-client";
import { translateDatabaseError } from "../db/database-errors";
import type { PoolState } from "../db/driver";
import { isUnavailable } from "../errors/app-error";
import type { OperationRecord, SignInOutcome, Way } from "../request/operation-record";
import type { RefusalCounts } from "./refusals";
import { verbOf } from "./statement-text";
import { Tally, type Cell } from "./tally";

/** Operations that have a name of their own in the metrics; the others are `other`. Names are the clients' to choose. */
const mostOperations = 200;
const mostNameCharacters = 100;
const noOperation = "none";

const requestSeconds = [0.000_1, 0.000_25, 0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const statementSeconds = [0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];
const costs = [1, 10, 30, 100, 300, 1_000, 3_000, 10_000];
const sizes = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000];

/** What is asked when the metrics are. */
export interface MetricSources {
  /** Null where nothing is kept. */
  cache(): { answers: number; bytes: number } | null;
  /** Null where there is no pool. */
  pool(): PoolState | null;
  liveConnections(): number;
  isReady(): Promise<boolean>;
  operationsUnderWay(): number;
  refused(): RefusalCounts;
}

export interface BuildFacts {
  version: string;
  database: string;
}

export class Metrics {
  readonly #registry = new Registry();
  readonly #operations = new Map<string, OperationCells>();
  readonly #errors = new Map<string, number>();
  readonly #lookups = { hit: 0, shared: 0, miss: 0 };
  readonly #failures = { unavailable: 0, other: 0 };
  readonly #signIns: Record<SignInOutcome, number> = { ok: 0, refused: 0 };
  readonly #operationSeconds = this.#tally(
    "learngraph_operation_duration_seconds",
    "Time from the request to its answer, by operation.",
    "operation",
    requestSeconds,
  );
  readonly #waySeconds = this.#tally(
    "learngraph_request_duration_seconds",
    "Time from the request to its answer, by the way in which it was answered.",
    "way",
    requestSeconds,
  );
  readonly #cost = this.#tally(
    "learngraph_operation_cost",
    "Objects that operations ask for, as measured.",
    null,
    costs,
  );
  readonly #batches = this.#tally(
    "learngraph_loader_batch_keys",
    "Keys that one operation reads together, by loader.",
    "loader",
    sizes,
  );
  readonly #sharedKeys = this.#tally(
    "learngraph_shared_batch_keys",
    "Keys of all operations that are read together, by loader.",
    "loader",
    sizes,
  );
  readonly #sharers = this.#tally(
    "learngraph_shared_batch_operations",
    "Operations that share a batch.",
    null,
    [1, 2, 5, 10, 20, 50, 100],
  );
  readonly #statementSeconds = this.#tally(
    "learngraph_sql_statement_duration_seconds",
    "Time from sending an SQL statement to its rows, waiting for a connection included.",
    "verb",
    statementSeconds,
  );

  constructor({ version, database }: BuildFacts) {
    const registers = [this.#registry];
    collectDefaultMetrics({ register: this.#registry });
    new Gauge({
      name: "learngraph_build_info",
      help: "1, with what runs in its labels.",
      labelNames: ["version", "node", "database"],
      registers,
    }).set({ version, node: process.versions.node, database }, 1);
    this.#count(
      "learngraph_requests_total",
      "Requests to /graphql, by operation and way.",
      ["operation", "way"],
      add => {
        for (const [operation, { answered }] of this.#operations) {
          for (const [way, count] of Object.entries(answered)) if (count > 0) add({ operation, way }, count);
        }
      },
    );
    this.#count("learngraph_operation_cost_total", "Objects that were asked for, by operation.", ["operation"], add => {
      for (const [operation, { cost }] of this.#operations) add({ operation }, cost);
    });
    this.#count("learngraph_errors_total", "Errors in answers, by their code.", ["code"], add => {
      for (const [code, count] of this.#errors) add({ code }, count);
    });
    this.#count("learngraph_response_cache_lookups_total", "Looks for a kept answer.", ["result"], add => {
      for (const [result, count] of Object.entries(this.#lookups)) add({ result }, count);
    });
    this.#count("learngraph_sql_failures_total", "SQL statements that failed.", ["reason"], add => {
      for (const [reason, count] of Object.entries(this.#failures)) add({ reason }, count);
    });
    this.#count("learngraph_sign_ins_total", "Attempts to sign in that were decided.", ["outcome"], add => {
      for (const [outcome, count] of Object.entries(this.#signIns)) add({ outcome }, count);
    });
    this.#errors.set("INTERNAL_SERVER_ERROR", 0).set("SERVICE_UNAVAILABLE", 0).set("RATE_LIMITED", 0);
    this.#reserve(noOperation);
  }

  /** From now on, these are asked whenever the metrics are. To be called once. */
  measure(sources: MetricSources): void {
    this.#gauge("learngraph_response_cache_answers", "Answers that are kept.", () => sources.cache()?.answers);
    this.#gauge("learngraph_response_cache_bytes", "What they take.", () => sources.cache()?.bytes);
    this.#gauge("learngraph_live_connections", "Open connections for subscriptions.", () => sources.liveConnections());
    this.#gauge("learngraph_ready", "Whether the server can serve (as /readyz).", async () =>
      (await sources.isReady()) ? 1 : 0,
    );
    this.#gauge("learngraph_operations_under_way", "Operations that are not answered yet.", () =>
      sources.operationsUnderWay(),
    );
    this.#count("learngraph_refused_total", "What was refused as too much.", ["reason"], add => {
      for (const [reason, count] of Object.entries(sources.refused())) add({ reason }, count);
    });
    const pool = (name: string, help: string, valueOf: (state: PoolState) => number) =>
      this.#gauge(`learngraph_database_pool_${name}`, help, () => {
        const state = sources.pool();
        return state ? valueOf(state) : undefined;
      });
    pool("connections", "Connections to PostgreSQL.", ({ total }) => total);
    pool("idle_connections", "Those of them that wait for work.", ({ idle }) => idle);
    pool("waiting", "Callers that wait for a connection.", ({ waiting }) => waiting);
  }

  /** These operations have names of their own, whatever others come. */
  reserve(names: Iterable<string>): void {
    for (const name of names) this.#cellsOf(name);
  }

  answered({ way, facts, cost, missed }: OperationRecord, seconds: number): void {
    const cells = this.#cellsOf(facts ? (facts.name ?? "anonymous") : noOperation);
    cells.answered[way ?? "refused"]++;
    cells.seconds.observe(seconds);
    this.#waySeconds.cell(way ?? "refused").observe(seconds);
    if (way === "repeat" || way === "cache") this.#lookups.hit++;
    else if (way === "shared") this.#lookups.shared++;
    else if (missed && facts?.type === OperationTypeNode.QUERY) this.#lookups.miss++;
    if (cost === null) return;
    cells.cost += cost;
    this.#cost.cell("").observe(cost);
  }

  failed(code: string): void {
    this.#errors.set(code, (this.#errors.get(code) ?? 0) + 1);
  }

  signIn(outcome: SignInOutcome): void {
    this.#signIns[outcome]++;
  }

  batch(loader: string, keys: number): void {
    this.#batches.cell(loader).observe(keys);
  }

  joined(loader: string, keys: number, operations: number): void {
    this.#sharedKeys.cell(loader).observe(keys);
    this.#sharers.cell("").observe(operations);
  }

  statement(text: string, seconds: number, error: unknown): void {
    this.#statementSeconds.cell(verbOf(text)).observe(seconds);
    if (error !== undefined) this.#failures[isUnavailable(translateDatabaseError(error)) ? "unavailable" : "other"]++;
  }

  readonly contentType: string = this.#registry.contentType;

  /** As Prometheus reads it. */
  text(): Promise<string> {
    return this.#registry.metrics();
  }

  #cellsOf(name: string): OperationCells {
    const cells = this.#operations.get(name);
    if (cells) return cells;
    const isNamed = name.length <= mostNameCharacters && this.#operations.size <= mostOperations;
    return isNamed || name === "other" ? this.#reserve(name) : this.#cellsOf("other");
  }

  #reserve(name: string): OperationCells {
    const cells = this.#operations.get(name) ?? {
      answered: { ...noAnswers },
      seconds: this.#operationSeconds.cell(name),
      cost: 0,
    };
    this.#operations.set(name, cells);
    return cells;
  }

  #tally(name: string, help: string, label: string | null, bounds: readonly number[]): Tally {
    const tally = new Tally(name, help, label, bounds);
    // The types know prom-client's own classes only; the registry calls `get`, which they document.
    this.#registry.registerMetric(tally as unknown as Metric);
    return tally;
  }

  #count<Label extends string>(
    name: string,
    help: string,
    labelNames: readonly Label[],
    each: (add: (labels: Record<Label, string>, count: number) => void) => void,
  ): void {
    const registers = [this.#registry];
    const counter: Counter<Label> = new Counter({
      ...{ name, help, labelNames, registers },
      collect: () => {
        counter.reset();
        each((labels, count) => counter.inc(labels as Partial<Record<Label, string>>, count));
      },
    });
  }

  #gauge(name: string, help: string, value: () => number | undefined | Promise<number | undefined>): void {
    const registers = [this.#registry];
    const gauge: Gauge = new Gauge({
      ...{ name, help, registers },
      collect: async () => {
        const now = await value();
        if (now === undefined) gauge.remove();
        else gauge.set(now);
      },
    });
  }
}

interface OperationCells {
  readonly answered: Record<Way | "refused", number>;
  readonly seconds: Cell;
  cost: number;
}

const noAnswers: OperationCells["answered"] = {
  ...{ repeat: 0, cache: 0, shared: 0 },
  ...{ compiled: 0, apollo: 0, live: 0, refused: 0 },
};
