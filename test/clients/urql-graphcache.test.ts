// urql with Graphcache: given the schema, its cache pages and completes answers by itself, and warns of nothing.
import { readFileSync } from "node:fs";
import { Client, fetchExchange, gql, type AnyVariables, type DocumentInput } from "@urql/core";
import { cacheExchange, type CacheExchangeOpts, type KeyingConfig } from "@urql/exchange-graphcache";
import { relayPagination } from "@urql/exchange-graphcache/extras";
import {
  buildClientSchema,
  getIntrospectionQuery,
  isObjectType,
  parse,
  print,
  type DocumentNode,
  type GraphQLObjectType,
  type GraphQLSchema,
  type IntrospectionQuery,
} from "graphql";
import { startTestServer, type TestServer } from "../support/server";
import { expectNoWarnings } from "./warnings";
import { wholeList } from "./whole-list";

interface Connection {
  totalCount: number;
  edges: { rank?: number; node: { slug: string } }[];
  nodes: { slug: string }[];
  pageInfo: { hasNextPage: boolean; endCursor: string | null };
}

const pageParts = "totalCount nodes { id slug } pageInfo { hasNextPage endCursor }";

const toolsDocument = gql<{ tools: Connection }, { after?: string | null; orderBy?: object }>(`
  query Tools($after: String, $orderBy: ToolOrder) {
    tools(first: 7, after: $after, orderBy: $orderBy) { edges { node { id slug } } ${pageParts} }
  }
`);

const topicDocument = gql<{ topic: { tools: Connection } }, { slug: string; after?: string | null }>(`
  query Topic($slug: String!, $after: String) {
    topic(by: { slug: $slug }) {
      id
      tools(first: 4, after: $after) { edges { rank node { id slug } } ${pageParts} }
    }
  }
`);

/** urql sends short queries with GET, which the server takes with this header only. */
const preflight = { "apollo-require-preflight": "1" };

let server: TestServer;
let introspection: IntrospectionQuery;
let schema: GraphQLSchema;

const warnings = expectNoWarnings();

beforeAll(async () => {
  server = await startTestServer();
  const response = await server.post({ query: getIntrospectionQuery() });
  introspection = ((await response.json()) as { data: IntrospectionQuery }).data;
  schema = buildClientSchema(introspection);
});

afterAll(() => server.close());

const hasId = (type: GraphQLObjectType) => "id" in type.getFields();

/** A type without an id is part of the object that it stands in; Graphcache wants to be told which those are. */
function keylessTypes(): KeyingConfig {
  const types = Object.values(schema.getTypeMap()).filter(isObjectType);
  return Object.fromEntries(types.filter(type => !hasId(type)).map(({ name }) => [name, () => null]));
}

function createClient(given: CacheExchangeOpts = {}, headers: Record<string, string> = preflight): Client {
  const settings: CacheExchangeOpts = {
    schema: introspection,
    keys: keylessTypes(),
    resolvers: { Query: { tools: relayPagination() }, Topic: { tools: relayPagination() } },
  };
  return new Client({
    url: `${server.url}/graphql`,
    exchanges: [cacheExchange({ ...settings, ...given }), fetchExchange],
    fetchOptions: { headers },
  });
}

/** The answer, from the network where the cache has not all of it. */
async function ask<Data, Variables extends AnyVariables>(
  client: Client,
  document: DocumentInput<Data, Variables>,
  variables: Variables,
): Promise<Data> {
  const { data, error } = await client.query(document, variables).toPromise();
  if (error) throw error;
  return data!;
}

/** The second time the cache has all of it: the answer is there at once, and is the one that the server gives. */
async function expectCached(document: DocumentNode, variables: AnyVariables = {}): Promise<void> {
  const client = createClient({ resolvers: {} });
  await ask(client, document, variables);
  const response = await server.post({ query: print(document), variables });
  const { data } = (await response.json()) as { data: unknown };
  expect(data).toEqual(expect.any(Object));
  expect(client.readQuery(document, variables)).toMatchObject({ stale: false, data });
}

describe("Paging", () => {
  it.each([
    ["the list's own order", undefined, ""],
    ["another order", { field: "NAME", direction: "DESC" }, "orderBy: { field: NAME, direction: DESC }"],
  ])("merges the pages of a root connection until there are no more: %s", async (_name, orderBy, args) => {
    const client = createClient();
    // The other order is in the cache too.
    await ask(client, toolsDocument, { orderBy: { field: "VENDOR" } });
    let { tools } = await ask(client, toolsDocument, { orderBy });
    const sizes = [tools.edges.length];
    while (tools.pageInfo.hasNextPage && sizes.length < 10) {
      await ask(client, toolsDocument, { orderBy, after: tools.pageInfo.endCursor });
      // What was the first page is now all of the pages.
      tools = client.readQuery(toolsDocument, { orderBy })!.data!.tools;
      sizes.push(tools.edges.length);
    }
    const all = await wholeList(server, "tools", args);
    expect(tools.edges.map(({ node }) => node.slug)).toEqual(all);
    expect(tools.nodes.map(({ slug }) => slug)).toEqual(all);
    expect(tools.totalCount).toBe(all.length);
    expect(sizes).toEqual([7, 14, all.length]);
  });

  it("merges the pages of a nested connection, with the data of its edges", async () => {
    const client = createClient();
    const slug = "backend-and-api-development";
    const first = (await ask(client, topicDocument, { slug })).topic.tools;
    await ask(client, topicDocument, { slug, after: first.pageInfo.endCursor });
    const { edges, pageInfo } = client.readQuery(topicDocument, { slug })!.data!.topic.tools;
    const all = await wholeList(server, "tools", "", `topic(by: { slug: "${slug}" })`);
    expect(edges.map(({ node }) => node.slug)).toEqual(all);
    expect(edges.map(({ rank }) => rank)).toEqual(all.map((_, index) => index + 1));
    expect(pageInfo.hasNextPage).toBe(false);
  });
});

describe("With the schema", () => {
  it.each(["Catalogue", "Lesson", "Search", "Tool", "TopicPage"])(
    "keeps the answer to %s.graphql, with ids",
    async name => {
      const [document = "", variables = ""] = ["graphql", "variables.json"].map(ending =>
        readFileSync(`test/operations/${name}.${ending}`, "utf8"),
      );
      await expectCached(parse(document), JSON.parse(variables) as AnyVariables);
    },
  );

  it.each([
    '{ search(query: "cursor") { edges { highlights { text ranges { start } } node { ... on Node { id } } } } }',
    '{ search(query: "cursor") { facets { types { value } levels { value } } } }',
    '{ suggest(prefix: "cur") { title node { ... on Node { id } ... on Tool { slug } ... on Lesson { slug } } } }',
    '{ compareTools(slugs: ["cursor", "windsurf"]) { planRows { cells { plans { id } } } factRows { kind } } }',
    "{ topicCategories { category topics { nodes { id relatedTopics { edges { sharedToolCount node { id } } } } } } }",
    "{ tools(first: 5) { nodes { id topics { edges { rank node { id } } } alternatives { nodes { id } } } } }",
  ])("keeps the answer to %s", document => expectCached(parse(document)));

  it("gives what it has when the rest can be null, and nothing when it cannot", async () => {
    const client = createClient();
    await ask(client, "{ tools(first: 5) { nodes { id name } } }", {});
    const partial = client.readQuery<{ tools: object }>("{ tools(first: 5) { nodes { id guide { id } } } }", {});
    expect(partial).toMatchObject({ stale: true, data: { tools: { nodes: expect.any(Array) } } });
    expect(client.readQuery("{ tools(first: 5) { nodes { id vendor } } }", {})).toBeNull();
  });
});

describe("Warns", () => {
  it("of a type without an id that it was not told of", async () => {
    await ask(createClient({ keys: {} }), "{ catalogStats { topicCount } }", {});
    expect(warnings.splice(0)).toEqual([expect.stringContaining("`keys` config for `CatalogStats`")]);
  });

  it("of an interface that it was not told of", async () => {
    const client = createClient({ schema: undefined });
    await ask(client, "{ tools(first: 1) { nodes { id ... on Node { id } } } }", {});
    expect(warnings.splice(0)).toEqual([expect.stringContaining("Heuristic Fragment Matching")]);
  });
});

it("has to send a header with its short queries, which it sends with GET", async () => {
  const { error } = await createClient({}, {}).query("{ catalogStats { topicCount } }", {}).toPromise();
  expect(error?.graphQLErrors[0]?.extensions).toMatchObject({ code: "BAD_REQUEST" });
  expect(error?.message).toContain("apollo-require-preflight");
});
