// What the log says of a request and never says; which other origins may read an answer; what a foreign page can make a browser send.
import { startTestServer, type TestServer } from "../../support/server";
import { canary, expectRefusal } from "../http/refusals";
import { requestOf } from "../http/wire";

const friend = "https://app.example.org";
let server: TestServer;
let closed: TestServer;
let statements: string[];
let endListening: () => void;

beforeAll(async () => {
  server = await startTestServer({ corsOrigins: [friend, "https://other.example.org"] });
  closed = await startTestServer({ golden: "empty" });
  statements = [];
  endListening = server.database.onStatement(text => void statements.push(text));
});

afterAll(async () => {
  endListening();
  await Promise.all([server.close(), closed.close()]);
});

beforeEach(() => {
  statements.length = 0;
});

const query = "{ topics(first: 1) { nodes { slug } } }";
const typename = { data: { __typename: "Query" } };
const corsHeaders = (response: Response) =>
  ["allow-origin", "allow-credentials", "allow-methods", "allow-headers", "expose-headers"].filter(name =>
    response.headers.has(`access-control-${name}`),
  );

describe("The log (R11, R13)", () => {
  /** The lines of one request, once it is answered. */
  const linesOf = async (requestId: string | null) => {
    for (let attempt = 0; attempt < 100; attempt++) {
      const lines = server.log
        .map(line => JSON.parse(line) as Record<string, unknown>)
        .filter(line => line["requestId"] === requestId);
      if (lines.length > 0) return lines;
      await new Promise(resolve => setImmediate(resolve));
    }
    return [];
  };

  it("has one line for each request: id, method, path without parameters, status and duration", async () => {
    const requests: [path: string, status: number, init?: RequestInit][] = [
      [`/graphql?query=%7B__typename%7D&x=${canary}`, 200, { headers: { "apollo-require-preflight": "1" } }],
      ["/livez", 200],
      ["/readyz?x=1", 200],
      ["/nothing", 404],
      ["/graphql", 405, { method: "DELETE" }],
    ];
    for (const [path, status, init] of requests) {
      const response = await fetch(`${server.url}${path}`, init);
      const lines = await linesOf(response.headers.get("x-request-id"));
      expect(lines).toEqual([
        expect.objectContaining({ method: init?.method ?? "GET", path: path.split("?")[0], status, msg: "request" }),
      ]);
      expect(lines[0]?.["ms"]).toEqual(expect.any(Number));
    }
  });

  it("never holds a secret of a header, a variable, a document or an address", async () => {
    const secrets = { authorization: `Bearer ${canary}`, cookie: `session=${canary}`, "x-api-key": canary };
    await server.post({ query, variables: { password: canary } }, secrets);
    await server.post(
      { query, variables: { password: canary, input: { token: canary } } },
      { cookie: `session=${canary}` },
    );
    await server.post({ query: `{ topic(by: { slug: "${canary}" }) { slug } login(password: "${canary}") }` });
    await server.post({
      query: "query ($first: Int) { topics(first: $first) { totalCount } }",
      variables: { first: canary },
    });
    await server.post(`{"password": "${canary}"`);
    await fetch(`${server.url}/graphql?variables={"password":"${canary}"}`);
    const last = await fetch(`${server.url}/livez?token=${canary}`);
    await linesOf(last.headers.get("x-request-id"));
    expect(server.log.join("")).not.toContain(canary);
  });

  it("takes the request's own id over when it is harmless, and makes one when it is not", async () => {
    const harmless = "client-Request_0123456789";
    const taken = await fetch(`${server.url}/livez`, { headers: { "x-request-id": harmless } });
    expect(taken.headers.get("x-request-id")).toBe(harmless);
    expect(await linesOf(harmless)).toHaveLength(1);
    for (const id of ["short", "x".repeat(65), "with space 12", 'quo"te{}1234', `${canary}/../..`, "a,b,c,d,e,f,g"]) {
      const response = await fetch(`${server.url}/livez`, { headers: { "x-request-id": id } });
      expect(response.headers.get("x-request-id")).toMatch(/^[0-9a-f-]{36}$/);
    }
  });

  it("gives each request an id of its own", async () => {
    const ids = await Promise.all(
      Array.from({ length: 20 }, async () => (await fetch(`${server.url}/livez`)).headers.get("x-request-id")),
    );
    expect(new Set(ids).size).toBe(20);
  });
});

describe("CORS (R23)", () => {
  const preflightFrom = (from: TestServer, origin: string) =>
    requestOf(`${from.url}/graphql`, {
      method: "OPTIONS",
      headers: {
        origin,
        "access-control-request-method": "POST",
        "access-control-request-headers": "content-type,authorization",
      },
    });

  it("lets an origin of the list read answers, refusals too, with credentials", async () => {
    for (const body of [{ query: "{ __typename }" }, "no JSON"]) {
      const response = await server.post(body, { origin: friend });
      expect(response.headers.get("access-control-allow-origin")).toBe(friend);
      expect(response.headers.get("access-control-allow-credentials")).toBe("true");
      expect(response.headers.get("vary")).toMatch(/\borigin\b/i);
    }
  });

  it("answers the preflight of an origin of the list", async () => {
    const response = await preflightFrom(server, friend);
    expect(response.status).toBe(204);
    expect(response.headers.get("access-control-allow-origin")).toBe(friend);
    expect(response.headers.get("access-control-allow-methods")).toBe("GET, POST");
    expect(response.headers.get("access-control-allow-headers")).toBe("content-type,authorization");
  });

  it("gives every other origin no header at all, but keeps caches from mixing them up", async () => {
    const others = [
      "https://evil.example",
      "null",
      "https://app.example.org.evil.example",
      "http://app.example.org",
      `${friend}:8443`,
      "HTTPS://APP.EXAMPLE.ORG",
    ];
    for (const origin of others) {
      const response = await server.post({ query: "{ __typename }" }, { origin });
      expect(corsHeaders(response)).toEqual([]);
      expect(response.headers.get("vary")).toMatch(/\borigin\b/i);
      const preflight = await preflightFrom(server, origin);
      expect(corsHeaders(preflight)).toEqual([]);
      await expectRefusal(preflight, 405, "METHOD_NOT_ALLOWED");
    }
  });

  it("gives nobody a header where no origin is configured", async () => {
    expect(corsHeaders(await closed.post({ query: "{ __typename }" }, { origin: friend }))).toEqual([]);
    const preflight = await preflightFrom(closed, friend);
    expect(corsHeaders(preflight)).toEqual([]);
    await expectRefusal(preflight, 405, "METHOD_NOT_ALLOWED");
  });
});

describe("A page of another site (R3, B4)", () => {
  it("cannot make a browser execute anything with a form or a script that asks nobody", async () => {
    const types = [
      "text/plain",
      "text/plain;application/json",
      "application/x-www-form-urlencoded",
      "multipart/form-data; boundary=x",
    ];
    for (const type of types) {
      const response = await server.post({ query }, { "content-type": type, origin: "https://evil.example" });
      await expectRefusal(response, 415, "UNSUPPORTED_MEDIA_TYPE");
    }
    const untyped = await requestOf(`${server.url}/graphql?query=${encodeURIComponent(query)}`, { method: "POST" });
    await expectRefusal(untyped, 400, "BAD_REQUEST");
    expect(statements).toEqual([]);
  });

  it("cannot make a browser execute anything with an address", async () => {
    for (const headers of [
      {},
      { accept: "image/*" },
      { "apollo-require-preflight": "" },
      { "content-type": "text/plain" },
    ]) {
      const response = await fetch(`${server.url}/graphql?query=${encodeURIComponent(query)}`, {
        headers: headers as Record<string, string>,
      });
      expect([400, 415]).toContain(response.status);
      const code = response.status === 400 ? "BAD_REQUEST" : "UNSUPPORTED_MEDIA_TYPE";
      const { error } = await expectRefusal(response, response.status, code);
      expect(error.message).toMatch(/^Send the (header apollo-require-preflight|content type) /);
    }
    expect(statements).toEqual([]);
  });
});

describe("GET (R3, B5)", () => {
  const get = (parameters: Record<string, string>, headers: Record<string, string>) =>
    fetch(`${server.url}/graphql?${new URLSearchParams(parameters).toString()}`, { headers });

  it("executes a query with its variables when a header shows that the sender may", async () => {
    const parameters = {
      query: "query A ($n: Int) { topics(first: $n) { nodes { __typename } } }",
      variables: '{"n":1}',
      operationName: "A",
    };
    for (const header of ["apollo-require-preflight", "x-apollo-operation-name"]) {
      const response = await get(parameters, { [header]: "1" });
      expect(await response.json()).toEqual({ data: { topics: { nodes: [{ __typename: "Topic" }] } } });
    }
    expect(await (await get({ query: "{ __typename }" }, { "content-type": "application/json" })).json()).toEqual(
      typename,
    );
  });

  it("executes nothing but queries", async () => {
    const send = (query: string) => get({ query }, { "apollo-require-preflight": "1" });
    const mutation = await send("mutation { createGuest(input: {}) { guestToken } }");
    await expectRefusal(mutation, 405, "METHOD_NOT_ALLOWED");
    expect(mutation.headers.get("allow")).toBe("POST");
    await expectRefusal(await send("subscription { topics { totalCount } }"), 400, "GRAPHQL_VALIDATION_FAILED");
    expect(statements).toEqual([]);
  });

  it("is held to the same limits as POST", async () => {
    const response = await get({ query: "{ a(b: ".padEnd(20_001 - 9_000) }, { "apollo-require-preflight": "1" });
    await expectRefusal(response, 400, "GRAPHQL_PARSE_FAILED");
    const nested = await get({ query: "{a".repeat(61) }, { "apollo-require-preflight": "1" });
    await expectRefusal(nested, 400, "QUERY_TOO_COMPLEX");
  });
});
