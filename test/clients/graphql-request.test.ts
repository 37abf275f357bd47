// graphql-request: sends the typed client's documents, and throws what the server refuses with its code.
import { ClientError, GraphQLClient } from "graphql-request";
import { CatalogueDocument } from "../../src/generated/client/graphql";
import { startTestServer, type TestServer } from "../support/server";
import { expectNoWarnings } from "./warnings";
import { wholeList } from "./whole-list";

let server: TestServer;
let client: GraphQLClient;

expectNoWarnings();

beforeAll(async () => {
  server = await startTestServer();
  client = new GraphQLClient(`${server.url}/graphql`);
});

afterAll(() => server.close());

it("takes a typed document, and gives its pages one after the other", async () => {
  const page = (after?: string | null) =>
    client.request({ document: CatalogueDocument, variables: { first: 10, after } });
  const pages = [await page()];
  for (let more = pages[0]!.tools.pageInfo; more.hasNextPage && pages.length < 10; more = pages.at(-1)!.tools.pageInfo)
    pages.push(await page(more.endCursor));
  const slugs = pages.flatMap(({ tools }) => tools.edges.map(({ node }) => node.slug));
  expect(slugs).toEqual(await wholeList(server, "tools"));
  expect(pages.length).toBeGreaterThan(1);
});

describe("throws a ClientError with the code", () => {
  async function errorOf(document: string): Promise<ClientError> {
    const error = await client.request(document).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    if (!(error instanceof ClientError)) throw new Error("no ClientError");
    return error;
  }

  it("of a document that does not fit the schema", async () => {
    const { response } = await errorOf("{ topics { nodes { titel } } }");
    expect(response).toMatchObject({
      status: 400,
      errors: [{ message: expect.stringContaining("titel"), extensions: { code: "GRAPHQL_VALIDATION_FAILED" } }],
    });
  });

  it("of an argument that breaks its rule, with the path of its field", async () => {
    const { response } = await errorOf("{ topics(first: 101) { totalCount } }");
    expect(response).toMatchObject({
      status: 200,
      data: null,
      errors: [{ path: ["topics"], extensions: { code: "BAD_USER_INPUT" } }],
    });
  });
});
