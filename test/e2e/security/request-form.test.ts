// What a request must look like: body, parameters, content type, method, headers. Each refusal is JSON with a code of ours.
import { gzipSync } from "node:zlib";
import { startTestServer, type TestServer } from "../../support/server";
import { canary, expectRefusal } from "../http/refusals";
import { exchange, requestOf } from "../http/wire";

let server: TestServer;

beforeAll(async () => {
  server = await startTestServer({ golden: "empty" });
});

afterAll(() => server.close());

const typename = "{ __typename }";
const preflight = { "apollo-require-preflight": "1" };

describe("The body of a request (R2, R3, R4, B1, B2, B3, B4)", () => {
  const malformed: [name: string, body: string][] = [
    ["nothing", ""],
    ["half a JSON object", `{"query": "${canary}`],
    ["something that is no JSON", canary],
    ["a JSON text", `"${canary}"`],
    ["a number", "7"],
    ["null", "null"],
    ["an empty object", "{}"],
    ["a batch", `[{"query":"${typename}"},{"query":"${typename}"}]`],
    ["an empty batch", "[]"],
    ["an object with __proto__", `{"query":"${typename}","__proto__":{"${canary}":1}}`],
    ["brackets 40,000 deep", "[".repeat(40_000)],
  ];
  it.each(malformed)("is refused as a bad request when it is %s", async (_name, body) => {
    await expectRefusal(await server.post(body), 400, "BAD_REQUEST");
  });

  it("is refused when it is larger than 100 kB, with its length announced or in chunks", async () => {
    const body = JSON.stringify({ query: typename, extensions: { padding: canary.repeat(10_001) } });
    await expectRefusal(await server.post(body), 413, "PAYLOAD_TOO_LARGE");
    const chunked = await requestOf(`${server.url}/graphql`, {
      method: "POST",
      headers: { "content-type": "application/json", "transfer-encoding": "chunked" },
      chunks: [body.slice(0, 50_000), body.slice(50_000, 99_000), body.slice(99_000)],
    });
    await expectRefusal(chunked, 413, "PAYLOAD_TOO_LARGE");
  });

  it("is accepted in chunks below the limit", async () => {
    const response = await requestOf(`${server.url}/graphql`, {
      method: "POST",
      headers: { "content-type": "application/json", "transfer-encoding": "chunked" },
      chunks: ['{"query":', `"${typename}"}`],
    });
    expect(await response.json()).toEqual({ data: { __typename: "Query" } });
  });

  it("is refused when it is compressed, however small", async () => {
    for (const encoding of ["gzip", "br", "deflate", "x-unknown"]) {
      const response = await fetch(`${server.url}/graphql`, {
        method: "POST",
        headers: { "content-type": "application/json", "content-encoding": encoding },
        body: new Uint8Array(gzipSync(JSON.stringify({ query: typename }))),
      });
      await expectRefusal(response, 415, "UNSUPPORTED_MEDIA_TYPE");
    }
  });

  it("is refused in every type but JSON in UTF-8", async () => {
    const types = [
      "text/plain",
      "text/html",
      "application/x-www-form-urlencoded",
      "multipart/form-data; boundary=x",
      "application/graphql",
      "application/graphql+json",
      "application/json; charset=utf-16",
      "application/json; charset=iso-8859-1",
      "application/jsonp",
      "json",
    ];
    for (const type of types) {
      const response = await server.post({ query: typename }, { "content-type": type });
      await expectRefusal(response, 415, "UNSUPPORTED_MEDIA_TYPE");
    }
    const untyped = await requestOf(`${server.url}/graphql`, { method: "POST", chunks: [`{"query":"${typename}"}`] });
    await expectRefusal(untyped, 415, "UNSUPPORTED_MEDIA_TYPE");
  });

  it("is accepted as JSON in UTF-8, however that is written", async () => {
    for (const type of ["application/json", "application/json; charset=utf-8", 'Application/JSON;charset="UTF-8"']) {
      const response = await server.post({ query: typename }, { "content-type": type });
      expect(await response.json()).toEqual({ data: { __typename: "Query" } });
    }
  });
});

describe("The parameters of a request (R4, B1)", () => {
  const wrong: Record<string, unknown[]> = {
    query: [undefined, null, 7, true, {}, [typename], "", "  \n"],
    operationName: [7, true, {}, [canary]],
    variables: [7, true, canary, [canary]],
    extensions: [7, true, canary, [canary]],
  };

  it("are refused as a bad request when one has the wrong type", async () => {
    for (const [name, values] of Object.entries(wrong)) {
      for (const value of values) {
        const response = await server.post({ query: typename, [name]: value });
        const { error } = await expectRefusal(response, 400, "BAD_REQUEST");
        expect(error.message).toMatch(new RegExp(`^${name} must be `));
      }
    }
  });

  it("are refused in the URL in the same way, and when one is given twice", async () => {
    const searches = [
      "",
      "query=",
      `query=${typename}&variables=${canary}`,
      `query=${typename}&variables=7`,
      `query=${typename}&variables=[]`,
      `query=${typename}&extensions=%22${canary}%22`,
      `query=${typename}&extensions={`,
      `query=${typename}&operationName=a&operationName=${canary}`,
      `query=${typename}&query=${typename}`,
      `query=${typename}&variables={}&variables={}`,
    ];
    for (const search of searches) {
      const response = await fetch(`${server.url}/graphql?${search}`, { headers: preflight });
      await expectRefusal(response, 400, "BAD_REQUEST");
    }
  });

  it("may be null where they are optional", async () => {
    const response = await server.post({ query: typename, operationName: null, variables: null, extensions: null });
    expect(await response.json()).toEqual({ data: { __typename: "Query" } });
  });

  it("are refused when no operation, or more than one, is meant", async () => {
    const query = "query A { __typename } query B { __typename }";
    await expectRefusal(await server.post({ query }), 400, "BAD_REQUEST");
    await expectRefusal(await server.post({ query, operationName: "C" }), 400, "BAD_REQUEST");
    await expectRefusal(
      await server.post({ query: "fragment F on Query { __typename }" }),
      400,
      "GRAPHQL_VALIDATION_FAILED",
    );
  });

  it("tell a client that tries persisted queries to send the document, in the words it knows", async () => {
    const extensions = { persistedQuery: { version: 1, sha256Hash: "0".repeat(64) } };
    for (const body of [{ extensions }, { query: typename, extensions }]) {
      const { error } = await expectRefusal(await server.post(body), 400, "BAD_REQUEST");
      expect(error.message).toBe("PersistedQueryNotSupported");
    }
  });
});

describe("The method and the address of a request (R3, R12, B5)", () => {
  it("is refused with the methods that are allowed when it is none of them, whatever the body", async () => {
    for (const method of ["PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND", "SEARCH"]) {
      const response = await requestOf(`${server.url}/graphql`, {
        method,
        headers: { "content-type": "text/plain" },
        chunks: method === "TRACE" ? [] : [canary],
      });
      expect(response.headers.get("allow")).toBe("GET, POST");
      await expectRefusal(response, 405, "METHOD_NOT_ALLOWED");
    }
    const head = await fetch(`${server.url}/graphql?query=${typename}`, { method: "HEAD" });
    expect([head.status, head.headers.get("allow")]).toEqual([405, "GET, POST"]);
  });

  it("is refused at an unknown address, without repeating it", async () => {
    for (const path of [`/${canary}`, "/graphql/", `/graphql/${canary}`, "/.env", "/playground/"]) {
      await expectRefusal(await fetch(`${server.url}${path}`), 404, "NOT_FOUND");
    }
    await expectRefusal(await requestOf(`${server.url}/${canary}/%zz`, { method: "GET" }), 400, "BAD_REQUEST");
  });
});

describe("The headers of a request (R18, R22, R23, B13, B18)", () => {
  it("are refused with 401 and a challenge when they hold a token that is not valid", async () => {
    for (const authorization of [`Bearer ${canary}`, "Bearer", "Basic eDp5", canary]) {
      const response = await server.post({ query: typename }, { authorization });
      expect(response.headers.get("www-authenticate")).toMatch(/^Bearer\b/);
      await expectRefusal(response, 401, "UNAUTHENTICATED");
    }
  });

  it("are refused when they are too large, and the connection is closed", async () => {
    const answer = await exchange(
      server.url,
      `GET /livez HTTP/1.1\r\nhost: x\r\ncookie: ${canary.repeat(2_000)}\r\n\r\n`,
    );
    await expectRefusal(answer, 431, "BAD_REQUEST");
    expect(answer.headers.get("connection")).toBe("close");
  });

  it("are refused when they are not HTTP, and the connection is closed", async () => {
    for (const text of [
      `${canary}\r\n\r\n`,
      "GET / HTTP/9.9\r\n\r\n",
      "POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-length: -1\r\n\r\n",
    ]) {
      const answer = await exchange(server.url, text);
      await expectRefusal(answer, 400, "BAD_REQUEST");
      expect(answer.headers.get("connection")).toBe("close");
      expect(answer.headers.get("x-content-type-options")).toBe("nosniff");
      expect(answer.headers.get("cache-control")).toBe("no-store");
    }
  });

  it("forbid guessing of types and keeping of answers, also for refusals", async () => {
    for (const response of [
      await server.post({ query: typename }),
      await server.post("no JSON"),
      await fetch(`${server.url}/x`),
    ]) {
      expect(response.headers.get("x-content-type-options")).toBe("nosniff");
      expect(response.headers.get("cache-control")).toBe("no-store");
      expect(response.headers.get("x-powered-by")).toBeNull();
    }
  });
});
