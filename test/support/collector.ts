// A collector of OpenTelemetry traces as the server sees one: it reads OTLP over HTTP in JSON, and keeps what it gets.
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface ReceivedSpan {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  /** 1 internal, 2 server, 3 client. */
  kind: number;
  links: { traceId: string; spanId: string }[];
  status: { code?: number };
  attributes: Record<string, unknown>;
  resource: Record<string, unknown>;
}

export interface Collector {
  /** As OTEL_EXPORTER_OTLP_ENDPOINT has it. */
  readonly endpoint: string;
  readonly spans: readonly ReceivedSpan[];
  /** Everything that came, word by word. */
  readonly text: string;
  readonly headers: readonly IncomingMessage["headers"][];
  /** Resolves with the spans as soon as `fits` holds for them. */
  until(fits: (spans: readonly ReceivedSpan[]) => boolean): Promise<readonly ReceivedSpan[]>;
  close(): Promise<void>;
}

/** @param respond what it answers; 200 when left out. */
export async function startCollector(
  respond: (response: ServerResponse) => void = response => response.writeHead(200).end("{}"),
): Promise<Collector> {
  const spans: ReceivedSpan[] = [];
  const headers: IncomingMessage["headers"][] = [];
  let text = "";
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", part => (body += String(part)));
    request.on("end", () => {
      text += body;
      headers.push(request.headers);
      if (request.url === "/v1/traces") spans.push(...spansOf(JSON.parse(body) as ExportRequest));
      respond(response);
    });
  });
  await new Promise<void>(resolve => server.listen(0, "127.0.0.1", resolve));
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spans,
    headers,
    get text() {
      return text;
    },
    until: async fits => {
      for (let tries = 0; !fits(spans); tries++) {
        if (tries > 1_000) throw new Error(`these spans do not fit: ${JSON.stringify(spans, null, 1)}`);
        await new Promise(resolve => setTimeout(resolve, 20));
      }
      return spans;
    },
    close: () =>
      new Promise(resolve => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

type Attributes = { key: string; value: Record<string, unknown> }[];

interface ExportRequest {
  resourceSpans: {
    resource: { attributes: Attributes };
    scopeSpans: { spans: (Omit<ReceivedSpan, "attributes" | "resource"> & { attributes: Attributes })[] }[];
  }[];
}

function spansOf({ resourceSpans }: ExportRequest): ReceivedSpan[] {
  return resourceSpans.flatMap(({ resource, scopeSpans }) =>
    scopeSpans.flatMap(({ spans }) =>
      spans.map(span => ({
        ...span,
        links: span.links,
        attributes: valuesOf(span.attributes),
        resource: valuesOf(resource.attributes),
      })),
    ),
  );
}

const valuesOf = (attributes: Attributes) =>
  Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]));
