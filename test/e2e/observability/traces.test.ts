// Traces as a collector gets them: one for each request, down to its statements; linked where requests share one; without anything secret; and a
// collector that does not do its work is no matter for clients.
import { createServer, type AddressInfo, type Socket } from "node:net";
import type { TracingSettings } from "../../../src/server/tracing";
import { startCollector, type Collector, type ReceivedSpan } from "../../support/collector";
import { createViewer } from "../../support/signed-in";
import { startTestServer, type TestServer } from "../../support/server";
import { exchange } from "../http/wire";

const page = `query TracedPage($slug: String!, $after: String) {
  topic(by: { slug: $slug }) { title tools(first: 5, after: $after) { nodes { name } } lessons(first: 5) { nodes { title } } }
}`;

const tracing = (endpoint: string, given: Partial<TracingSettings> = {}): TracingSettings => ({
  ...{ endpoint, headers: { "api-key": "of-the-collector" }, timeoutMs: 1_000, serviceName: "learngraph-test" },
  ...{ resourceAttributes: { "deployment.environment.name": "test" }, sampler: "parentbased_always_on" },
  ...{ samplerRatio: 1, scheduleDelayMs: 20 },
  ...given,
});

const tracedServer = (endpoint: string, given: Partial<TracingSettings> = {}, beside?: TestServer) =>
  startTestServer({
    ...(beside ? { beside } : {}),
    responseCacheBytes: 0,
    observability: { version: "1.2.3", tracing: tracing(endpoint, given), slowOperationMs: 0 },
  });

/** What a test has to leave behind as it found it, also where it fails. */
const endings: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end();
});

let collector: Collector;
let server: TestServer;
let slugs: string[];

beforeAll(async () => {
  collector = await startCollector();
  server = await tracedServer(collector.endpoint);
  slugs = (await server.database.models.topic.findMany({ select: { slug: true } })).map(({ slug }) => slug);
});
afterAll(async () => {
  await server.close();
  await collector.close();
});

const ask = async (slug: string | undefined, headers: Record<string, string> = {}, of = server) => {
  const response = await of.post({ query: page, variables: { slug } }, { accept: "application/json", ...headers });
  await response.text();
  return response.status;
};

/** Sends all in one piece over one connection: the server reads them in one turn of its event loop. */
function atOnce(callers: readonly { slug: string | undefined; headers: { traceparent: string } }[]) {
  const requests = callers.map(({ slug, headers }, index) => {
    const body = JSON.stringify({ query: page, variables: { slug } });
    const lines = ["POST /graphql HTTP/1.1", "host: a", "accept: application/json", "content-type: application/json"];
    const isLast = index === callers.length - 1;
    lines.push(`traceparent: ${headers.traceparent}`, `connection: ${isLast ? "close" : "keep-alive"}`);
    return `${lines.join("\r\n")}\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
  });
  return exchange(server.url, requests.join(""));
}

let traces = 0;
/** A trace of the caller's own. */
const calling = (flags = "01") => {
  const traceId = (++traces).toString(16).padStart(32, "a");
  return { traceId, headers: { traceparent: `00-${traceId}-00f067aa0ba902b7-${flags}` } };
};

const isEnded = (traceId: string) => (spans: readonly ReceivedSpan[]) =>
  spans.some(span => span.traceId === traceId && span.kind === 2);
const of = (spans: readonly ReceivedSpan[], traceId: string) => spans.filter(span => span.traceId === traceId);
const under = (spans: readonly ReceivedSpan[], parent: ReceivedSpan | undefined) =>
  spans.filter(({ parentSpanId }) => parentSpanId === parent?.spanId);

describe("A trace", () => {
  it("goes on from the caller's, over the request, its operation and the batches of loaders, to each statement", async () => {
    const { traceId, headers } = calling();
    expect(await ask(slugs[0], headers)).toBe(200);
    const spans = of(await collector.until(isEnded(traceId)), traceId);
    const [request] = spans.filter(({ kind }) => kind === 2);
    expect(request).toMatchObject({ name: "POST /graphql", parentSpanId: "00f067aa0ba902b7" });
    expect(request?.attributes).toMatchObject({
      "http.request.method": "POST",
      "http.route": "/graphql",
      "http.response.status_code": 200,
    });
    expect(request?.resource).toMatchObject({
      "service.name": "learngraph-test",
      "service.version": "1.2.3",
      "deployment.environment.name": "test",
    });
    const [operation, ...others] = under(spans, request);
    expect(others).toEqual([]);
    expect(operation).toMatchObject({ name: "query TracedPage", kind: 1 });
    expect(operation?.attributes).toMatchObject({
      "graphql.operation.type": "query",
      "graphql.operation.name": "TracedPage",
      "learngraph.answered_by": "apollo",
      "learngraph.operation.cost": 13,
    });
    const batches = under(spans, operation);
    expect(batches.map(({ name }) => name).sort()).toEqual([
      "load Topic by slug",
      "load Topic.lessons",
      "load Topic.tools",
    ]);
    const statements = batches.flatMap(batch => under(spans, batch));
    expect(statements).toHaveLength(3);
    expect(spans).toHaveLength(2 + 3 + 3);
    for (const { kind, name, attributes } of statements) {
      expect(kind).toBe(3);
      expect(name).toMatch(/^(SELECT|WITH) \w+$/);
      expect(attributes["db.system.name"]).toBe("postgresql");
      expect(attributes["db.query.text"]).toMatch(/\$1/);
    }
    expect(operation?.attributes["learngraph.sql.statements"]).toBe(3);
    expect(collector.headers.at(-1)?.["api-key"]).toBe("of-the-collector");
  });

  it("holds nothing secret: no variable, no header, no value of a statement, no address", async () => {
    const viewer = await createViewer(server.database);
    const { token } = await server.services.tokens.signAccess(viewer);
    const { traceId, headers } = calling();
    const marker = "m4rker-0f-a-secret";
    const secrets = { authorization: `Bearer ${token}`, "x-guest-token": marker, cookie: `a=${marker}` };
    await ask(marker, headers);
    const credentials = await server.post(
      {
        query: `query Mine($slug: String!) { viewer { user { name } } topic(by: { slug: $slug }) { title } }`,
        variables: { slug: marker },
      },
      { ...headers, ...secrets },
    );
    await credentials.text();
    const variables = encodeURIComponent(JSON.stringify({ slug: marker }));
    const got = await fetch(`${server.url}/graphql?query=${encodeURIComponent(page)}&variables=${variables}`, {
      headers: { ...headers, "apollo-require-preflight": "true" },
    });
    expect(await got.json()).toEqual({ data: { topic: null } });
    await collector.until(spans => of(spans, traceId).filter(({ kind }) => kind === 2).length === 3);
    expect(of(collector.spans, traceId).length).toBeGreaterThan(9);
    expect(collector.text).not.toContain(marker);
    expect(collector.text).not.toContain(token);
    expect(collector.text).not.toContain(viewer.userId);
    expect(collector.text).not.toContain(viewer.sessionId);
  });

  it("tells what failed by its code alone", async () => {
    const { traceId, headers } = calling();
    await (await server.post({ query: "query Broken { topics(first: 1000) { totalCount } }" }, headers)).text();
    const [operation] = of(await collector.until(isEnded(traceId)), traceId).filter(({ kind }) => kind === 1);
    expect(operation?.attributes).toMatchObject({ "error.type": "BAD_USER_INPUT", "graphql.operation.name": "Broken" });
    expect(operation?.status.code ?? 0).toBe(0);
  });

  it("links a statement that several requests share to each of them", async () => {
    const callers = Array.from({ length: 10 }, (_, i) => ({ ...calling(), slug: slugs[i % slugs.length] }));
    await ask(slugs[0]);
    await atOnce(callers);
    const spans = await collector.until(all => callers.every(({ traceId }) => isEnded(traceId)(all)));
    const byId = new Map(spans.map(span => [span.spanId, span]));
    let shared = 0;
    for (const { traceId } of callers) {
      for (const batch of of(spans, traceId).filter(({ name }) => name.startsWith("load "))) {
        const linked = batch.links.map(({ spanId }) => byId.get(spanId));
        const statements = [...under(spans, batch), ...linked];
        expect([batch.name, statements.length]).toEqual([batch.name, 1]);
        for (const statement of linked) {
          shared++;
          expect(statement?.kind).toBe(3);
          expect(statement?.traceId).not.toBe(traceId);
          expect(statement?.links).toContainEqual(expect.objectContaining({ traceId, spanId: batch.spanId }));
        }
      }
    }
    expect(shared).toBeGreaterThan(0);
  });

  it("is not made for a caller that does not trace", async () => {
    const [not, traced] = [calling("00"), calling()];
    await ask(slugs[0], not.headers);
    await ask(slugs[0], traced.headers);
    await collector.until(isEnded(traced.traceId));
    expect(of(collector.spans, not.traceId)).toEqual([]);
  });

  it("is not made by traceidratio because a caller says so", async () => {
    const own = await startCollector();
    endings.push(() => own.close());
    const sampling = await tracedServer(own.endpoint, { sampler: "traceidratio", samplerRatio: 0 }, server);
    for (let i = 0; i < 5; i++) expect(await ask(slugs[0], calling().headers, sampling)).toBe(200);
    // Sends what waits.
    await sampling.close();
    expect(own.spans).toEqual([]);
  });
});

describe("A collector", () => {
  const answersWithout = async (endpoint: string) => {
    const tracedToo = await tracedServer(endpoint, {}, server);
    for (let i = 0; i < 5; i++) expect(await ask(slugs[i % slugs.length], {}, tracedToo)).toBe(200);
    const stopped = Date.now();
    await tracedToo.close();
    // Goodbye is two seconds (docs/operations.md); the rest is a machine that is busy.
    expect(Date.now() - stopped).toBeLessThan(8_000);
    return tracedToo.log.filter(line => line.includes("the collector of traces"));
  };

  it("that is away costs spans alone, and a warning", async () => {
    // Nobody is there, and nobody comes: a port that was free may be somebody else's a moment later.
    expect(await answersWithout("http://127.0.0.1:1")).toHaveLength(1);
  });

  it.each([400, 403, 500, 503])("that answers %i costs spans alone, and a warning", async status => {
    const refusing = await startCollector(response => response.writeHead(status).end("no"));
    endings.push(() => refusing.close());
    expect((await answersWithout(refusing.endpoint)).length).toBeLessThanOrEqual(1);
    expect(refusing.spans.length).toBeGreaterThan(0);
  });

  it("that never answers costs spans alone", async () => {
    const sockets: Socket[] = [];
    const silent = createServer(socket => void sockets.push(socket));
    await new Promise<void>(resolve => silent.listen(0, "127.0.0.1", resolve));
    endings.push(() => {
      for (const socket of sockets) socket.destroy();
      return new Promise(resolve => silent.close(resolve));
    });
    await answersWithout(`http://127.0.0.1:${(silent.address() as AddressInfo).port}`);
    expect(sockets.length).toBeGreaterThan(0);
  });
});
