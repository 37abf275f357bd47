// Apollo Client: pages merge in its normalised cache, and an object is in it once, wherever it was met.
import {
  ApolloClient,
  gql,
  HttpLink,
  InMemoryCache,
  type FieldPolicy,
  type PossibleTypesMap,
  type Reference,
  type TypedDocumentNode,
} from "@apollo/client/core";
import { relayStylePagination } from "@apollo/client/utilities";
import { startTestServer, type TestServer } from "../support/server";
import { expectNoWarnings } from "./warnings";
import { wholeList } from "./whole-list";

interface Connection {
  edges: { rank?: number; node: { id: string; slug: string } }[];
  pageInfo: { hasNextPage: boolean; endCursor: string | null };
}

/** The list stands in the root or in a topic. */
interface Data {
  tools?: Connection;
  topic?: { id: string; tools: Connection };
}

interface Variables {
  slug?: string;
  after?: string | null;
  filter?: object;
  orderBy?: object;
}

const toolsDocument: TypedDocumentNode<Data, Variables> = gql`
  query Tools($after: String, $filter: ToolFilter, $orderBy: ToolOrder) {
    tools(first: 4, after: $after, filter: $filter, orderBy: $orderBy) {
      totalCount
      edges {
        node {
          id
          slug
        }
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
`;

const topicDocument: TypedDocumentNode<Data, Variables> = gql`
  query Topic($slug: String!, $after: String) {
    topic(by: { slug: $slug }) {
      id
      tools(first: 3, after: $after) {
        edges {
          rank
          node {
            id
            slug
          }
        }
        pageInfo {
          hasNextPage
          endCursor
        }
      }
    }
  }
`;

const slugsOf = ({ edges }: Connection) => edges.map(({ node }) => node.slug);

let server: TestServer;
let client: ApolloClient;

expectNoWarnings();

beforeAll(async () => {
  server = await startTestServer();
});

afterAll(() => server.close());

beforeEach(async () => {
  const pages = relayStylePagination(["filter", "orderBy"]) as FieldPolicy;
  client = new ApolloClient({
    link: new HttpLink({ uri: `${server.url}/graphql` }),
    cache: new InMemoryCache({
      possibleTypes: await possibleTypes(),
      typePolicies: { Query: { fields: { tools: pages } }, Topic: { fields: { tools: pages } } },
    }),
  });
});

afterEach(() => client.stop());

/** Which types stand behind interfaces and unions, asked of the server as Apollo's documentation says. */
async function possibleTypes(): Promise<PossibleTypesMap> {
  const response = await server.post({ query: "{ __schema { types { name possibleTypes { name } } } }" });
  const { data } = (await response.json()) as {
    data: { __schema: { types: { name: string; possibleTypes: { name: string }[] | null }[] } };
  };
  return Object.fromEntries(
    data.__schema.types.map(type => [type.name, (type.possibleTypes ?? []).map(({ name }) => name)]),
  );
}

/** Loads page after page until the cache says that there are no more, and gives the list as the cache then has it. */
async function loadAll(query: typeof toolsDocument, variables: Variables) {
  await client.query({ query, variables });
  const watched = client.watchQuery({ query, variables });
  for (let requests = 1; requests < 20; requests++) {
    const data = client.readQuery({ query, variables });
    const list = (data?.topic ?? data)!.tools!;
    if (!list.pageInfo.hasNextPage) return { list, requests, topic: data?.topic };
    await watched.fetchMore({ variables: { after: list.pageInfo.endCursor } });
  }
  throw new Error("the list has no end");
}

const cached = () => client.cache.extract() as Record<string, Record<string, unknown>>;

it("merges the pages of a root connection until there are no more", async () => {
  const all = await wholeList(server, "tools");
  const { list, requests } = await loadAll(toolsDocument, {});
  expect(slugsOf(list)).toEqual(all);
  expect(list).toMatchObject({ totalCount: all.length, pageInfo: { hasNextPage: false } });
  expect(requests).toBe(Math.ceil(all.length / 4));
  expect(requests).toBeGreaterThan(2);
});

it("keeps lists with another filter or order apart", async () => {
  const lists = [];
  for (const variables of [
    {},
    { filter: { pricingModel: { eq: "FREEMIUM" } } },
    { orderBy: { field: "NAME", direction: "DESC" } },
  ]) {
    lists.push(slugsOf((await loadAll(toolsDocument, variables)).list));
  }
  expect(lists).toEqual([
    await wholeList(server, "tools"),
    await wholeList(server, "tools", "filter: { pricingModel: { eq: FREEMIUM } }"),
    await wholeList(server, "tools", "orderBy: { field: NAME, direction: DESC }"),
  ]);
  const fields = Object.keys(cached()["ROOT_QUERY"]!).filter(field => field.startsWith("tools"));
  expect(fields).toHaveLength(3);
});

it("merges the pages of a nested connection, and has a tool of two topics once", async () => {
  const lists = new Map<string, Connection["edges"]>();
  for (const slug of ["backend-and-api-development", "frontend-development"]) {
    const { list, requests, topic } = await loadAll(topicDocument, { slug });
    expect(slugsOf(list)).toEqual(await wholeList(server, "tools", "", `topic(by: { slug: "${slug}" })`));
    expect(list.edges.map(({ rank }) => rank)).toEqual(list.edges.map((_, index) => index + 1));
    expect(requests).toBeGreaterThan(1);
    lists.set(topic!.id, list.edges);
  }

  const [ids = [], others = []] = [...lists.values()].map(edges => edges.map(({ node }) => node.id));
  const shared = ids.filter(id => others.includes(id));
  expect(shared.length).toBeGreaterThan(1);
  // Each under its global id, and only referred to by the lists: what one of them learns of a tool, the other shows.
  const tools = Object.keys(cached()).filter(key => key.startsWith("Tool:"));
  expect(tools.sort()).toEqual([...new Set([...ids, ...others])].map(id => `Tool:${id}`).sort());
  for (const topicId of lists.keys()) {
    const { edges } = cached()[`Topic:${topicId}`]!["tools:{}"] as { edges: { node: Reference }[] };
    expect(edges.map(({ node }) => node.__ref)).toEqual(expect.arrayContaining(shared.map(id => `Tool:${id}`)));
  }
});

it("knows what stands behind an interface and a union, so that it reads them from the cache", async () => {
  const query: TypedDocumentNode<{ search: { nodes: object[] } }, Record<string, never>> = gql`
    query Search {
      search(query: "cursor", first: 5) {
        nodes {
          ... on Node {
            id
          }
          ... on SearchResult {
            ... on Topic {
              title
            }
            ... on Lesson {
              title
            }
            ... on Tool {
              name
            }
          }
        }
      }
    }
  `;
  const sent = await client.query({ query });
  const kept = await client.query({ query, fetchPolicy: "cache-only" });
  expect(kept.data).toEqual(sent.data);
  const { nodes } = kept.data!.search;
  expect(nodes.length).toBeGreaterThan(1);
  expect(nodes).toContainEqual({ __typename: "Tool", id: expect.any(String), name: "Cursor" });
  for (const node of nodes) expect(node).toHaveProperty("id");
});
