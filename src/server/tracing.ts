// Traces by OpenTelemetry over OTLP/HTTP: a request, its operation, the batches of its loaders, their SQL statements. Loaded only where it is
// switched on. No span holds a variable, a header, a value of a statement or the message of an error.
import { context, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace, type Attributes, type Span } from "@opentelemetry/api";
import { ExportResultCode, W3CTraceContextPropagator } from "@opentelemetry/core";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { resourceFromAttributes } from "@opentelemetry/resources";
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  BatchSpanProcessor,
  ParentBasedSampler,
  TraceIdRatioBasedSampler,
  TracerProvider,
  type Sampler,
  type SpanExporter,
} from "@opentelemetry/sdk-trace";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { Logger } from "pino";
import type { OperationRecord } from "../request/operation-record";
import { oneLine, summaryOf, verbOf } from "./statement-text";

/** As the specification of OpenTelemetry names the settings (OTEL_…). */
export interface TracingSettings {
  /** Of the collector, without /v1/traces. */
  endpoint: string;
  headers: Readonly<Record<string, string>>;
  timeoutMs: number;
  serviceName: string;
  resourceAttributes: Readonly<Record<string, string>>;
  sampler: SamplerName;
  /** The part of the traces that is taken, 0 to 1, where the sampler asks for one. */
  samplerRatio: number;
  /** How long spans wait for others, to be sent together. */
  scheduleDelayMs: number;
}

export type SamplerName =
  | "always_on"
  | "always_off"
  | "traceidratio"
  | "parentbased_always_on"
  | "parentbased_always_off"
  | "parentbased_traceidratio";

/** A stop does not wait longer for a collector that is away. */
const goodbyeMs = 2_000;
const warnEveryMs = 60_000;
/** Spans that wait to be sent; those that come when there are so many are lost. */
const mostWaiting = 2_048;

export class Tracing {
  readonly #provider: TracerProvider;
  readonly #tracer: ReturnType<TracerProvider["getTracer"]>;
  readonly #propagator = new W3CTraceContextPropagator();

  constructor(settings: TracingSettings, version: string, log: Logger) {
    const { endpoint, headers, timeoutMs, serviceName, resourceAttributes, scheduleDelayMs } = settings;
    const exporter = new OTLPTraceExporter({
      url: `${endpoint}/v1/traces`,
      headers: { ...headers },
      timeoutMillis: timeoutMs,
    });
    this.#provider = new TracerProvider({
      sampler: samplerOf(settings),
      resource: resourceFromAttributes({
        "service.version": version,
        ...resourceAttributes,
        "service.name": serviceName,
      }),
      spanLimits: { attributeValueLengthLimit: 4_000 },
      spanProcessors: [
        new BatchSpanProcessor({
          exporter: saying(exporter, log),
          scheduledDelayMillis: scheduleDelayMs,
          exportTimeoutMillis: timeoutMs,
          maxQueueSize: mostWaiting,
        }),
      ],
    });
    this.#tracer = this.#provider.getTracer("learngraph", version);
  }

  /** The span of an operation, under one of its request, which ends with the response; null when it is not sampled. */
  request(request: FastifyRequest, reply: FastifyReply): Span | null {
    const { method, headers } = request;
    const caller = this.#propagator.extract(ROOT_CONTEXT, headers, {
      keys: given => Object.keys(given as object),
      get: (given, name) => (given as FastifyRequest["headers"])[name],
    });
    const server = this.#tracer.startSpan(
      `${method} /graphql`,
      {
        kind: SpanKind.SERVER,
        startTime: Date.now() - reply.elapsedTime,
        attributes: {
          "http.request.method": method,
          "http.route": "/graphql",
          // The query of a GET holds variables.
          "url.path": "/graphql",
          "url.scheme": request.protocol,
          "learngraph.request.id": request.id,
        },
      },
      caller,
    );
    if (!server.isRecording()) return null;
    reply.raw.once("close", () => {
      const { statusCode } = reply.raw;
      server.setAttribute("http.response.status_code", statusCode);
      if (statusCode >= 500) {
        server.setAttribute("error.type", String(statusCode)).setStatus({ code: SpanStatusCode.ERROR });
      }
      server.end();
    });
    return this.#under(server, "GraphQL operation", SpanKind.INTERNAL, {});
  }

  /** The span of an event of a subscription, which is a trace of its own; null when it is not sampled. */
  event(): Span | null {
    const span = this.#tracer.startSpan("GraphQL event", {}, ROOT_CONTEXT);
    return span.isRecording() ? span : null;
  }

  /** Of an operation: it is answered, as `record` says. */
  end(span: Span, { facts, way, cost, errorCode, statements }: OperationRecord): void {
    span.setAttribute("learngraph.sql.statements", statements);
    if (way) span.setAttribute("learngraph.answered_by", way);
    if (cost !== null) span.setAttribute("learngraph.operation.cost", cost);
    if (facts) {
      span.updateName(facts.name === null ? facts.type : `${facts.type} ${facts.name}`);
      span.setAttribute("graphql.operation.type", facts.type);
      if (facts.name !== null) span.setAttribute("graphql.operation.name", facts.name);
      span.setAttribute("learngraph.document.id", facts.documentId);
    }
    if (errorCode !== null) {
      span.setAttribute("error.type", errorCode);
      if (ourFaults.has(errorCode)) span.setStatus({ code: SpanStatusCode.ERROR });
    }
    span.end();
  }

  batch(parent: Span, loader: string, keys: number): { span: Span; end: (error?: unknown) => void } {
    const attributes = { "learngraph.loader.name": loader, "learngraph.loader.keys": keys };
    const span = this.#under(parent, `load ${loader}`, SpanKind.INTERNAL, attributes);
    return { span, end: error => endSpan(span, error) };
  }

  /**
   * A statement is under the first of the spans that wait for it. It links to the others, and they to it: so it is found from each trace.
   * @returns what is to be called when it has ended.
   */
  statement([parent, ...others]: readonly Span[], text: string): ((error?: unknown) => void) | undefined {
    if (!parent) return undefined;
    const span = this.#tracer.startSpan(
      summaryOf(text),
      {
        kind: SpanKind.CLIENT,
        attributes: {
          "db.system.name": "postgresql",
          "db.operation.name": verbOf(text),
          "db.query.text": oneLine(text),
        },
        links: others.map(other => ({ context: other.spanContext() })),
      },
      trace.setSpan(ROOT_CONTEXT, parent),
    );
    for (const other of others) other.addLink({ context: span.spanContext() });
    return error => endSpan(span, error);
  }

  /** Sends what waits, as far as the collector takes it at once. */
  async stop(): Promise<void> {
    const ended = this.#provider.shutdown().catch(() => undefined);
    const late = new Promise<void>(resolve => setTimeout(resolve, goodbyeMs).unref());
    await Promise.race([ended, late]);
  }

  #under(parent: Span, name: string, kind: SpanKind, attributes: Attributes): Span {
    return this.#tracer.startSpan(name, { kind, attributes }, trace.setSpan(context.active(), parent));
  }
}

const ourFaults = new Set(["INTERNAL_SERVER_ERROR", "SERVICE_UNAVAILABLE"]);

/** The code of an error says what is wrong; its message may hold values. */
function endSpan(span: Span, error: unknown): void {
  if (error !== undefined) {
    const { code } = error as { code?: unknown };
    span
      .setAttribute("error.type", typeof code === "string" ? code : "_OTHER")
      .setStatus({ code: SpanStatusCode.ERROR });
  }
  span.end();
}

function samplerOf({ sampler, samplerRatio }: TracingSettings): Sampler {
  const root = sampler.endsWith("always_on")
    ? new AlwaysOnSampler()
    : sampler.endsWith("always_off")
      ? new AlwaysOffSampler()
      : new TraceIdRatioBasedSampler(samplerRatio);
  return sampler.startsWith("parentbased_") ? new ParentBasedSampler({ root }) : root;
}

/** The same exporter; that spans are lost is logged, once in a while. */
function saying(exporter: SpanExporter, log: Logger): SpanExporter {
  let warnedAt = -Infinity;
  return {
    export: (spans, done) =>
      exporter.export(spans, result => {
        const now = performance.now();
        if (result.code !== ExportResultCode.SUCCESS && now - warnedAt > warnEveryMs) {
          warnedAt = now;
          log.warn(
            { spans: spans.length, reason: result.error?.message },
            "the collector of traces does not take spans",
          );
        }
        done(result);
      }),
    forceFlush: async () => exporter.forceFlush?.(),
    shutdown: () => exporter.shutdown(),
  };
}
