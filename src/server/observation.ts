// What those who watch the server are told of each operation: how it was answered, how long it took, what it cost, what it read. Metrics,
// traces and the log of slow operations are made of it, whichever are on; when none is, there is no Observation, and nothing is noted.
import { performance } from "node:perf_hooks";
import type { Span } from "@opentelemetry/api";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { Logger } from "pino";
import { AsyncScope } from "../db/async-scope";
import type { Database } from "../db/database";
import { AppError } from "../errors/app-error";
import type { Observer, Scope } from "../request/observer";
import { OperationRecord, type OperationFacts, type SignInOutcome } from "../request/operation-record";
import type { Metrics } from "./metrics";
import type { Tracing } from "./tracing";

/** Where a statement is sent from, for traces. */
interface Place {
  readonly records: readonly OperationRecord[];
  /** Under which of the spans that wait for it; the others are linked. */
  readonly spans: readonly Span[];
}

export interface ObservationSettings {
  metrics?: Metrics | undefined;
  tracing?: Tracing | undefined;
  /** Operations that take as many milliseconds are logged; 0: none. */
  slowOperationMs: number;
}

export class Observation implements Observer {
  readonly metrics: Metrics | undefined;
  readonly #tracing: Tracing | undefined;
  readonly #slowMs: number;
  readonly #log: Logger;
  readonly #places = new AsyncScope<Place>();

  /** How many connections for subscriptions are open; told by whoever has them. */
  liveConnections: () => number = () => 0;

  constructor({ metrics, tracing, slowOperationMs }: ObservationSettings, log: Logger) {
    this.metrics = metrics;
    this.#tracing = tracing;
    this.#slowMs = slowOperationMs === 0 ? Infinity : slowOperationMs;
    this.#log = log;
  }

  /** Runs `answer`, which answers a request for an operation. */
  request<T>(
    request: FastifyRequest,
    reply: FastifyReply,
    answer: (record: OperationRecord) => T | Promise<T>,
  ): Promise<T> {
    const span = this.#tracing?.request(request, reply) ?? null;
    const record = new OperationRecord(request.id, performance.now() - reply.elapsedTime, span, this);
    return this.#observed(record, () => answer(record));
  }

  /** Whether there are traces. */
  get traces(): boolean {
    return this.#tracing !== undefined;
  }

  /** A request was answered as one before. */
  repeated(requestId: string, startedAt: number, facts: OperationFacts): void {
    const record = new OperationRecord(requestId, startedAt, null, this);
    record.answered("repeat", facts);
    this.#end(record);
  }

  /** Runs `answer`, which answers an event of a subscription. */
  event<T>(requestId: string, facts: OperationFacts, answer: (record: OperationRecord) => Promise<T>): Promise<T> {
    const record = new OperationRecord(requestId, performance.now(), this.#tracing?.event() ?? null, this);
    record.answered("live", facts);
    return this.#observed(record, () => this.within(record, () => answer(record)));
  }

  /** Runs `work`: what it sends to the database, it sends for this operation. */
  within<T>(record: OperationRecord, work: () => T | Promise<T>): T | Promise<T> {
    return record.span ? this.#places.run({ records: [record], spans: [record.span] }, work) : work();
  }

  /** An answer holds an error. */
  failed(code: string): void {
    this.metrics?.failed(code);
  }

  signIn(outcome: SignInOutcome): void {
    this.metrics?.signIn(outcome);
  }

  async #observed<T>(record: OperationRecord, answer: () => T | Promise<T>): Promise<T> {
    try {
      return await answer();
    } catch (error) {
      record.errorCode = error instanceof AppError ? error.code : "INTERNAL_SERVER_ERROR";
      throw error;
    } finally {
      this.#end(record);
    }
  }

  #end(record: OperationRecord): void {
    const ms = performance.now() - record.startedAt;
    this.metrics?.answered(record, ms / 1_000);
    if (record.span) this.#tracing?.end(record.span, record);
    if (ms < this.#slowMs) return;
    const { requestId, way, facts, cost, batches } = record;
    this.#log.warn(
      {
        ...{ requestId, operation: facts?.name ?? null, documentId: facts?.documentId ?? null },
        ...{ ms: Math.round(ms), cost, batches, way },
      },
      "a slow operation",
    );
  }

  batch<T>(record: OperationRecord, loader: string, keys: number, work: () => Promise<T>): Promise<T> {
    this.metrics?.batch(loader, keys);
    if (!record.span || !this.#tracing) return work();
    const { span, end } = this.#tracing.batch(record.span, loader, keys);
    return ended(this.#places.run({ records: [record], spans: [span] }, work), end);
  }

  scope(): Scope {
    return this.#places.current;
  }

  joined<T>(loader: string, keys: number, askers: readonly Scope[], work: () => Promise<T>): Promise<T> {
    this.metrics?.joined(loader, keys, askers.length);
    const places = askers.filter(asker => asker !== undefined) as Place[];
    if (places.length === 0) return work();
    return this.#places.run(
      { records: places.flatMap(({ records }) => records), spans: places.flatMap(({ spans }) => spans) },
      work,
    );
  }

  /** From now on, it is told of the statements of `database`, where that goes on to somebody. @returns a function that ends it. */
  watch(database: Database): () => void {
    if (!this.metrics && !this.#tracing) return () => undefined;
    return database.watchStatements(text => {
      const startedAt = performance.now();
      const place = this.#places.current;
      for (const record of place?.records ?? []) record.statements++;
      const traced = place ? this.#tracing?.statement(place.spans, text) : undefined;
      return error => {
        this.metrics?.statement(text, (performance.now() - startedAt) / 1_000, error);
        traced?.(error);
      };
    });
  }
}

async function ended<T>(work: Promise<T>, end: (error?: unknown) => void): Promise<T> {
  try {
    const result = await work;
    end();
    return result;
  } catch (error) {
    end(error);
    throw error;
  }
}
