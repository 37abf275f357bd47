// Thousands of requests that nobody honest sends, drawn anew each time: whatever it is, the server answers it, in JSON, as the client's
// mistake and not its own, and tells nothing of its inside. LEARNGRAPH_TEST_SEED repeats a run.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { WebSocket } from "ws";
import { newSigningKey, parseSigningKeys } from "../../../src/auth/signing-keys";
import { createTokenService } from "../../../src/auth/tokens";
import { errorCodes } from "../../../src/errors/app-error";
import { buildGraphQLSchema } from "../../../src/server/schema";
import { tryCases } from "../../support/cases";
import { startTestServer, type TestServer } from "../../support/server";
import { publicUrl } from "../../support/services";
import { createViewer } from "../../support/signed-in";
import { internals } from "../http/refusals";

const seed = Number(process.env["LEARNGRAPH_TEST_SEED"] ?? Math.floor(Math.random() * 2 ** 31));
console.log(`abuse.test.ts: LEARNGRAPH_TEST_SEED=${seed}`);
/** Longer than any operation may take. */
const longestWaitMs = 15_000;

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer({ introspection: false });
});
afterAll(() => server.close());
afterEach(async () => {
  const response = await server.post({ query: "{ topics(first: 1) { nodes { slug } } }" });
  expect(await response.json()).toMatchObject({ data: { topics: { nodes: [{}] } } });
});

const draw = <T>(arbitrary: fc.Arbitrary<T>, count: number): T[] => fc.sample(arbitrary, { numRuns: count, seed });

interface Sent {
  body: string;
  headers: Record<string, string>;
}

const json = { "content-type": "application/json" };

const send = ({ body, headers }: Sent) =>
  fetch(`${server.url}/graphql`, { method: "POST", headers, body, signal: AbortSignal.timeout(longestWaitMs) });

/** Fails unless it is an answer, or a refusal that says whose mistake it is and nothing more. */
async function expectManners(response: Response): Promise<void> {
  const text = await response.text();
  expect({ status: response.status, text }).toEqual({
    status: expect.any(Number) as number,
    text: expect.anything() as string,
  });
  expect(response.status).toBeLessThan(500);
  expect(response.headers.get("content-type")).toMatch(/^application\/(graphql-response\+)?json\b/);
  expect(response.headers.get("x-content-type-options")).toBe("nosniff");
  const { data, errors = [] } = JSON.parse(text) as {
    data?: unknown;
    errors?: { message: string; extensions: { code: never } }[];
  };
  expect(data !== undefined || errors.length > 0).toBe(true);
  for (const { message, extensions } of errors) {
    expect(errorCodes).toContain(extensions.code);
    expect(["INTERNAL_SERVER_ERROR", "SERVICE_UNAVAILABLE"]).not.toContain(extensions.code);
    expect(message).not.toMatch(internals);
  }
}

/** A text with a few of its pieces cut out, doubled, exchanged or replaced. */
function spoiled(text: string, piece: fc.Arbitrary<string>): fc.Arbitrary<string> {
  const place = fc.nat(text.length);
  const change = fc.record({ at: place, length: fc.nat(12), by: fc.option(piece), twice: fc.boolean() });
  return fc.array(change, { minLength: 1, maxLength: 4 }).map(changes =>
    changes.reduce((now, { at, length, by, twice }) => {
      const cut = now.slice(at, at + length);
      return now.slice(0, at) + (twice ? cut + cut : "") + (by ?? "") + now.slice(at + length);
    }, text),
  );
}

const operations = readdirSync("test/operations")
  .filter(name => name.endsWith(".graphql"))
  .map(name => {
    const variables = name.replace(".graphql", ".variables.json");
    const given = readdirSync("test/operations").includes(variables);
    return {
      query: readFileSync(join("test/operations", name), "utf8"),
      variables: given ? (JSON.parse(readFileSync(join("test/operations", variables), "utf8")) as object) : {},
    };
  });

const nasty = fc.constantFrom(
  ...["", "\0", "\ud800", "\u202e", "\ufeff", "__proto__", "constructor", "toString", "' OR 1=1 --", "%00", "${7*7}"],
  ...[
    "../../etc/passwd",
    "🧩".repeat(500),
    "a".repeat(30_000),
    "\\u0000",
    "-0",
    "1e999",
    "NaN",
    "<script>",
    "\r\nx: y",
  ],
);
const number = fc.oneof(fc.integer(), fc.double(), fc.constantFrom(2 ** 31, -(2 ** 31) - 1, 2 ** 53, 1e300, -0));
const levels = fc.constantFrom(1, 10, 49, 60, 500, 5_000, 9_000);
/** JSON text of anything, some of it deep enough to exhaust whoever walks it level by level. */
const anyJson: fc.Arbitrary<string> = fc.oneof(
  { weight: 4, arbitrary: fc.jsonValue({ maxDepth: 4 }).map(value => JSON.stringify(value)) },
  {
    weight: 3,
    arbitrary: fc.oneof(nasty, fc.string({ unit: "binary", maxLength: 50 })).map(text => JSON.stringify(text)),
  },
  { weight: 2, arbitrary: number.map(value => JSON.stringify(value)) },
  fc.tuple(levels, fc.constantFrom("[", '{"not":', '{"a":', '{"and":[', '{"input":')).map(([count, open]) => {
    const close = Array.from(open, sign => ({ "[": "]", "{": "}" })[sign] ?? "")
      .reverse()
      .join("");
    return open.repeat(count) + "1" + close.repeat(count);
  }),
);

it("bodies of every kind are answered, and none is the server's fault (R2, R4, R5, R11, R12, B1, B2, B3)", async () => {
  const parameters = fc.constantFrom(
    "query",
    "variables",
    "operationName",
    "extensions",
    "documentId",
    "__proto__",
    "id",
  );
  const written = fc
    .array(fc.tuple(parameters, anyJson), { maxLength: 5 })
    .map(entries => `{${entries.map(([name, value]) => `${JSON.stringify(name)}:${value}`).join()}}`);
  const valid = fc.constantFrom(...operations).map(operation => JSON.stringify(operation));
  const body = fc.oneof(
    written,
    anyJson,
    fc.array(written, { maxLength: 3 }).map(several => `[${several.join()}]`),
    fc.string({ unit: "binary", maxLength: 200 }),
    valid.chain(text => spoiled(text, fc.string({ maxLength: 4 }))),
    fc.integer({ min: 90_000, max: 300_000 }).map(size => `{"query":"${"x".repeat(size)}"}`),
  );
  const headers = fc.record(
    {
      accept: fc.constantFrom(
        "*/*",
        "application/json",
        "application/graphql-response+json",
        "text/html",
        ",;q=",
        "x".repeat(999),
      ),
      "content-encoding": fc.constantFrom("gzip", "identity", "br, gzip", ""),
      "idempotency-key": fc.constantFrom("key", "", "x".repeat(300), "\u00e9"),
      "x-request-id": fc.constantFrom("", "x".repeat(300), "../.."),
      "x-forwarded-for": fc.constantFrom("", "unknown, ,", "9".repeat(999), "::1"),
      cookie: fc.constantFrom("", ";=;", "a=%E0%A4%A", "access=1; access=2", "=".repeat(999)),
      "content-type": fc.constantFrom(
        "application/json",
        "application/json; charset=utf-7",
        "text/plain",
        "application/json;",
        ";",
      ),
    },
    { requiredKeys: [] },
  );
  const cases = draw(fc.record({ body, headers: headers.map(given => ({ ...json, ...given })) }), 1_500);
  await tryCases("bodies", cases, async given => expectManners(await send(given)));
}, 300_000);

it("documents of every kind are answered, and none is the server's fault (R5, R6, R7, R11, R13, B6, B7, B8)", async () => {
  const schema = buildGraphQLSchema();
  const words = [
    ...Object.keys(schema.getTypeMap()),
    ...Object.keys(schema.getQueryType()?.getFields() ?? {}),
    ...[
      "nodes",
      "edges",
      "node",
      "slug",
      "id",
      "first",
      "after",
      "filter",
      "by",
      "not",
      "eq",
      "in",
      "totalCount",
      "__typename",
    ],
    ...[
      "query",
      "mutation",
      "subscription",
      "fragment",
      "on",
      "true",
      "null",
      "__schema",
      "types",
      "fields",
      "type",
      "name",
    ],
  ];
  const signs = [
    ...Array.from("{}{}()[]:!$@=|&#,"),
    "...",
    '"',
    '"""',
    "\\u{0}",
    "1",
    "-1",
    "1e400",
    "0x1",
    "\n",
    "\ufeff",
    "é",
  ];
  const token = fc.oneof(fc.constantFrom(...words), fc.constantFrom(...signs));
  const balanced: fc.Arbitrary<string> = fc.letrec<{ set: string; field: string }>(tie => ({
    set: fc.array(tie("field"), { minLength: 1, maxLength: 6 }).map(fields => `{ ${fields.join(" ")} }`),
    field: fc
      .tuple(
        fc.constantFrom(...words, "... on Topic", "...F", "a: topics", "topics(first: 100)", "nodes @skip(if: false)"),
        fc.option(tie("set"), { maxDepth: 14, freq: 2 }),
      )
      .map(([name, set]) => `${name} ${set ?? ""}`),
  })).set;
  const bomb = fc
    .tuple(
      fc.integer({ min: 1, max: 3_000 }),
      fc.constantFrom<(count: number) => string>(
        count => `{ ${Array.from({ length: count }, (_, i) => `a${i}: __typename`).join(" ")} }`,
        count => `{ __typename ${"@include(if: true) ".repeat(count)}}`,
        count => `{ __typename ${"@x ".repeat(count)}}`,
        count => "{topics{nodes".repeat(count),
        count => `{ topics(filter: ${"{ not: ".repeat(count)}{}${" }".repeat(count)}) { totalCount } }`,
        count => `query (${Array.from({ length: count }, (_, i) => `$v${i}: Int`).join(" ")}) { __typename }`,
        count => `query ($v: Int = ${"[".repeat(count)}) { __typename }`,
        count =>
          `{ ...F0 } ${Array.from({ length: count % 59 }, (_, i) => `fragment F${i} on Query { ...F${i + 1} ...F${i + 1} }`).join(" ")}`,
        count =>
          `{ topics(first: ${count}) { nodes { tools(first: ${count}) { nodes { lessons(first: ${count}) { totalCount } } } } } }`,
        count => `${"#\n".repeat(count)}{ __typename }`,
        count => `{ __schema { types ${"{ fields { type ".repeat(count % 30)}{ name }${"} } ".repeat(count % 30)} } }`,
        count => `{ ${"... on Query { ".repeat(count)}__typename${" }".repeat(count)} }`,
        count => `{ topic(by: { slug: "${"\\u0041".repeat(count)}" }) { slug } }`,
        count => `{ topic(by: { slug: """${'\\"""'.repeat(count)}""" }) { slug } }`,
        count => Array.from({ length: count }, (_, i) => `query Q${i} { __typename }`).join(" "),
      ),
    )
    .map(([count, make]) => make(count));
  const document = fc.oneof(
    fc.array(token, { maxLength: 60 }).map(tokens => tokens.join(" ")),
    balanced,
    bomb,
    fc.constantFrom(...operations).chain(({ query }) => spoiled(query, token)),
    fc.string({ unit: "binary", maxLength: 100 }),
  );
  const cases = draw(document, 1_500);
  await tryCases("documents", cases, async query =>
    expectManners(await send({ headers: json, body: JSON.stringify({ query }) })),
  );
}, 300_000);

it("variables of every kind are answered, and none is the server's fault (R8, R9, R11, R15, B9, B10)", async () => {
  const operation = fc.constantFrom(
    ...operations.filter(({ variables }) => Object.keys(variables).length > 0),
    {
      query: "query ($f: TopicFilter) { topics(filter: $f) { totalCount } }",
      variables: { f: { title: { eq: "x" } } },
    },
    {
      query: "query ($a: String, $n: Int) { tools(first: $n, after: $a) { nodes { slug } } }",
      variables: { a: "x", n: 1 },
    },
    { query: "query ($ids: [ID!]!) { nodes(ids: $ids) { id } }", variables: { ids: ["VG9waWM6MQ"] } },
    { query: "query ($q: String!) { search(query: $q) { totalCount } }", variables: { q: "x" } },
  );
  const cases = draw(
    fc.tuple(operation, fc.nat(), anyJson, fc.boolean()).map(([{ query, variables }, at, value, isDeep]) => {
      const text = JSON.stringify(variables);
      // One of the values, wherever it stands, or one of the variables.
      const places = [...text.matchAll(isDeep ? /:("[^"]*"|[\d.]+|null|true|false)/g : /"\w+":/g)];
      const place = places[at % Math.max(places.length, 1)];
      const spoiledText = place
        ? isDeep
          ? `${text.slice(0, place.index)}:${value}${text.slice(place.index + place[0].length)}`
          : `{${place[0]}${value}}`
        : value;
      return `{"query":${JSON.stringify(query)},"variables":${spoiledText}}`;
    }),
    1_000,
  );
  await tryCases("variables", cases, async body => expectManners(await send({ headers: json, body })));
}, 300_000);

it("tokens of every kind are refused, and make nobody a guest (R18, B13)", async () => {
  const { tokens } = server.services;
  const viewer = await createViewer(server.database);
  const real = (await tokens.signAccess(viewer)).token;
  const foreignKeys = await parseSigningKeys(JSON.stringify({ keys: [await newSigningKey()] }));
  const foreign = createTokenService({ keys: foreignKeys, issuer: publicUrl, audience: "learngraph" });
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const [header = "", payload = "", signature = ""] = real.split(".");
  const others = [(await foreign.signAccess(viewer)).token, (await tokens.signGuest(viewer.userId)).token];
  const visible = fc.string({
    unit: fc.integer({ min: 0x21, max: 0x7e }).map(code => String.fromCharCode(code)),
    minLength: 1,
  });
  const claims = fc.record(
    {
      sub: fc.constantFrom(viewer.userId, "", 1, null),
      sid: fc.constantFrom(viewer.sessionId, "", [], "x"),
      role: fc.constant("ADMIN"),
      ...{
        iss: fc.constantFrom(publicUrl, ""),
        aud: fc.constantFrom("learngraph", ["x"]),
        exp: fc.constantFrom(9e9, -1, "x"),
      },
    },
    { requiredKeys: [] },
  );
  const token = fc.oneof(
    fc.constantFrom(
      ...others,
      real.slice(0, -2),
      `${real}.`,
      real.toUpperCase(),
      `${header}.${payload}.`,
      `${real}, ${real}`,
    ),
    fc
      .tuple(fc.constantFrom("none", "HS256", "EdDSA", "RS256", "", 7), claims)
      .map(([alg, given]) => `${part({ alg, typ: "at+jwt", kid: "../../dev/null" })}.${part(given)}.${signature}`),
    claims.map(given => `${header}.${part(given)}.${signature}`),
    // Its signature has bits that no character of its last place counts.
    fc.nat(real.length - 3).chain(at =>
      fc
        .constantFrom("A", "_", ".", "é")
        .filter(by => by !== real[at])
        .map(by => real.slice(0, at) + by + real.slice(at + 1)),
    ),
    visible,
  );
  const scheme = fc.constantFrom("Bearer ", "bearer  ", "Basic ", "Token ", "", "Bearer");
  const place = fc.constantFrom<(value: string) => Record<string, string>>(
    value => ({ authorization: `Bearer ${value}` }),
    value => ({ "x-guest-token": value }),
    value => ({ cookie: `learngraph-access=${encodeURIComponent(value)}` }),
  );
  const cases = draw(
    fc.oneof(
      fc.tuple(place, token).map(([put, value]) => put(value)),
      fc
        .tuple(scheme, token)
        .filter(([given]) => given.trim() !== "Bearer" || given.length !== 7)
        .map(([given, value]) => ({ authorization: `${given}${value}` })),
    ),
    600,
  );
  const guest = others[1] ?? "";
  // It is the viewer's id under a guest's token: what it names is no guest.
  expect(await tokens.verifyGuest(guest)).toBe(viewer.userId);
  await tryCases("tokens", cases, async headers => {
    const response = await send({
      body: JSON.stringify({ query: "{ __typename }" }),
      headers: { ...json, ...headers },
    });
    expect(response.status).toBe(401);
    expect(response.headers.get("www-authenticate")).toMatch(/^Bearer\b/);
    const { errors } = (await response.json()) as { errors: { extensions: object }[] };
    expect(errors).toMatchObject([{ extensions: { code: "UNAUTHENTICATED" } }]);
  });
}, 300_000);

it("messages of every kind on a live connection are answered or end it, and leave the server as it was (R5, R11, R13)", async () => {
  const type = fc.constantFrom(
    "connection_init",
    "subscribe",
    "complete",
    "ping",
    "pong",
    "next",
    "error",
    "",
    "__proto__",
  );
  const query = fc.constantFrom(
    "subscription { catalogChanged { __typename } }",
    "{ __typename }",
    "{a".repeat(200),
    "",
    "subscription {",
  );
  const message = fc.oneof(
    fc.tuple(type, anyJson).map(([name, payload]) => `{"id":"1","type":${JSON.stringify(name)},"payload":${payload}}`),
    fc
      .tuple(query, anyJson)
      .map(
        ([text, variables]) =>
          `{"id":"1","type":"subscribe","payload":{"query":${JSON.stringify(text)},"variables":${variables}}}`,
      ),
    anyJson,
    fc.string({ unit: "binary", maxLength: 100 }),
    fc.integer({ min: 90_000, max: 300_000 }).map(size => "x".repeat(size)),
  );
  await tryCases(
    "messages",
    draw(fc.array(message, { minLength: 1, maxLength: 3 }), 150),
    messages =>
      new Promise<void>((resolve, reject) => {
        const socket = new WebSocket(`${server.url.replace("http", "ws")}/graphql`, "graphql-transport-ws");
        const heard: string[] = [];
        const timer = setTimeout(() => reject(new Error(`silence after ${heard.join(" ")}`)), longestWaitMs);
        socket.on("open", () => {
          socket.send('{"type":"connection_init"}');
          messages.forEach(text => socket.send(text));
          socket.send('{"type":"ping"}');
        });
        socket.on("message", data => {
          heard.push((data as Buffer).toString());
          // The answer to the last one, unless one of those before ended it.
          if (heard.some(text => text.includes('"pong"'))) socket.close();
        });
        socket.on("close", (code, reason) => {
          clearTimeout(timer);
          const said = `${heard.join("\n")} ${String(reason)}`;
          // Nothing is wrong with the server: no code says so, and nothing of it is logged.
          const isFine =
            !internals.test(said) && !said.includes("INTERNAL_SERVER_ERROR") && ![1006, 1011, 1013].includes(code);
          if (isFine) resolve();
          else reject(new Error(`${code}: ${said}`));
        });
        socket.on("error", () => undefined);
      }),
  );
  expect(server.log.filter(line => line.includes("a message met a fault"))).toEqual([]);
}, 300_000);
