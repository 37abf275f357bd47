// Documents by their id: with GET and POST, kept by a CDN, and on a closed server nothing else, on any transport.
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PersistedDocumentsError, readPersistedDocuments } from "../../../src/server/persisted-documents";
import { openLive } from "../../support/live";
import { startTestServer, type TestServer } from "../../support/server";

const shipped = "src/generated/client/persisted-documents.json";
const idOf = (text: string) => createHash("sha256").update(text).digest("hex");
const topic = "query Title($slug: String!) { topic(by: { slug: $slug }) { title } }";
const mutation = "mutation SignOut { signOut { userErrors { code } } }";
const outdated = "{ planets { name } }";
const slug = "backend-and-api-development";

let directory: string;
let server: TestServer;
let closed: TestServer;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "learngraph-documents-"));
  const texts = [
    ...Object.values(JSON.parse(readFileSync(shipped, "utf8")) as Record<string, string>),
    topic,
    mutation,
    outdated,
  ];
  const manifest = join(directory, "documents.json");
  writeFileSync(manifest, JSON.stringify(Object.fromEntries(texts.map(text => [idOf(text), text]))));
  server = await startTestServer({ persistedDocuments: manifest });
  closed = await startTestServer({ beside: server, persistedDocuments: manifest, persistedDocumentsOnly: true });
});
afterAll(async () => {
  await closed.close();
  await server.close();
  rmSync(directory, { recursive: true });
});

const get = (parameters: Record<string, string>, of = server) =>
  fetch(`${of.url}/graphql?${new URLSearchParams(parameters).toString()}`, {
    headers: { "apollo-require-preflight": "true" },
  });
const variables = JSON.stringify({ slug });
const answerOf = async (response: Response) =>
  (await response.json()) as { data?: unknown; errors?: { extensions: object }[] };

describe("documentId", () => {
  it.each([
    ["the hash", idOf(topic)],
    ["the hash with its prefix", `sha256:${idOf(topic)}`],
  ])("may be %s, with GET and POST", async (_what, documentId) => {
    const answers = [
      await get({ documentId, variables }),
      await server.post({ documentId, variables: { slug } }),
      await server.post({ query: topic, variables: { slug } }),
    ];
    const [first, ...others] = await Promise.all(answers.map(answer => answer.text()));
    expect(first).toContain('"title"');
    expect(others).toEqual([first, first]);
  });

  it("gives an answer that a CDN can keep at the first request, since the document is known", async () => {
    const fresh = JSON.stringify({ slug: "data-analysis-and-visualization" });
    await (await get({ documentId: idOf(topic), variables })).text();
    const { headers } = await get({ documentId: idOf(topic), variables: fresh });
    expect(headers.get("cache-control")).toBe("public, max-age=60");
    expect(headers.get("cache-tag")).toMatch(/^Topic/);
  });

  it("needs no header with GET, as a CDN asks, and lets no other query or mutation through without one (R3)", async () => {
    const plain = (parameters: Record<string, string>) =>
      fetch(`${server.url}/graphql?${new URLSearchParams(parameters).toString()}`);
    // Twice: what answers first is not what answers when the type is known.
    for (let time = 0; time < 2; time++) {
      expect(await answerOf(await plain({ documentId: idOf(topic), variables }))).toMatchObject({
        data: { topic: {} },
      });
    }
    expect((await plain({ documentId: idOf(mutation) })).status).toBe(405);
    expect((await plain({ query: topic, variables })).status).toBe(400);
    expect((await plain({ documentId: idOf(topic), query: topic })).status).toBe(400);
    expect((await plain({ documentId: "" })).status).toBe(400);
  });

  it("runs mutations too, with POST alone", async () => {
    expect(await answerOf(await server.post({ documentId: idOf(mutation) }))).toMatchObject({
      errors: [{ extensions: { code: "UNAUTHENTICATED" } }],
    });
    expect((await get({ documentId: idOf(mutation) })).status).toBe(405);
  });

  it.each([
    ["that is unknown", { documentId: idOf("{ __typename }") }, "BAD_USER_INPUT"],
    ["that is no hash", { documentId: "topic" }, "BAD_USER_INPUT"],
    ["that is a name of an object's own", { documentId: "__proto__" }, "BAD_USER_INPUT"],
    ["that is no text", { documentId: 7 }, "BAD_REQUEST"],
    ["beside a query", { documentId: idOf(topic), query: topic }, "BAD_REQUEST"],
    ["of a document that does not fit the schema", { documentId: idOf(outdated) }, "GRAPHQL_VALIDATION_FAILED"],
  ])("%s is refused", async (_what, body, code) => {
    const response = await server.post(body);
    expect([response.status, await answerOf(response)]).toMatchObject([400, { errors: [{ extensions: { code } }] }]);
  });

  it("of a document that does not fit the schema is told to the operator at the start", () => {
    expect(server.log.some(line => line.includes("a persisted document does not fit the schema"))).toBe(true);
  });
});

describe("A server for persisted documents only", () => {
  it("runs them, by their id and by their text", async () => {
    for (const body of [
      { documentId: idOf(topic), variables: { slug } },
      { query: topic, variables: { slug } },
    ]) {
      expect(await answerOf(await closed.post(body))).toMatchObject({ data: { topic: {} } });
    }
  });

  it.each([
    ["another query", "{ __typename }"],
    ["one that differs in a space", `${topic} `],
    ["introspection", "{ __schema { types { name } } }"],
    ["a mutation", "mutation { signOut { userErrors { code } } }"],
  ])("does not run %s", async (_what, query) => {
    const refusal = { errors: [{ extensions: { code: "FORBIDDEN" } }] };
    const posted = await closed.post({ query, variables: { slug } });
    expect([posted.status, await answerOf(posted)]).toMatchObject([403, refusal]);
    expect(await answerOf(await get({ query }, closed))).toMatchObject(refusal);
  });

  it("does not let another subscription begin", async () => {
    const live = openLive(closed.url);
    const refused = live.follow("subscription { catalogChanged { __typename } }");
    expect(await refused.ended).toMatchObject([{ extensions: { code: "FORBIDDEN" } }]);
    await live.close();
  });
});

describe("A manifest", () => {
  it("as the code generator writes it holds every document of the typed client", async () => {
    const documents = await readPersistedDocuments(shipped, false);
    expect([...documents.texts].length).toBeGreaterThan(10);
  });

  it.each([
    ["that is not there", undefined],
    ["that is not JSON", "{"],
    ["that is a list", "[]"],
    ["whose ids are no hashes", JSON.stringify({ topic })],
    ["whose id is the hash of something else", JSON.stringify({ [idOf(mutation)]: topic })],
    ["with a document over the limits", JSON.stringify({ [idOf("{".repeat(100))]: "{".repeat(100) })],
  ])("%s is refused with the name of the file", async (_what, content) => {
    const path = join(directory, "wrong.json");
    rmSync(path, { force: true });
    if (content !== undefined) writeFileSync(path, content);
    const failure = await readPersistedDocuments(path, true).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(PersistedDocumentsError);
    expect((failure as Error).message).toContain("wrong.json");
  });

  it("has to be there when nothing else is to run", async () => {
    await expect(startTestServer({ beside: server, persistedDocumentsOnly: true })).rejects.toThrow(
      "needs PERSISTED_DOCUMENTS",
    );
  });
});
