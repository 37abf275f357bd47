// Relay: the real compiler takes the schema, and what it generates pages and refetches against the running server.
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildSchema, getNamedType, isRequiredArgument, type GraphQLInterfaceType } from "graphql";
import {
  commitLocalUpdate,
  ConnectionHandler,
  createOperationDescriptor,
  Environment,
  fetchQuery,
  getPaginationMetadata,
  getPaginationVariables,
  getRefetchMetadata,
  getSingularSelector,
  Network,
  RecordSource,
  Store,
  type ConcreteRequest,
  type ReaderFragment,
  type Variables,
} from "relay-runtime";
import { startTestServer, type TestServer } from "../support/server";
import { expectNoWarnings } from "./warnings";
import { wholeList } from "./whole-list";

/** Relay wants names to start with the name of their file, which is Catalogue.js. */
const documents = `
  query CatalogueQuery($slug: String!) {
    topic(by: { slug: $slug }) {
      ...Catalogue_topic
      ...Catalogue_tools
    }
    ...Catalogue_topics
  }

  fragment Catalogue_topic on Topic @refetchable(queryName: "CatalogueTopicQuery") {
    title
    updatedOn
  }

  fragment Catalogue_tools on Topic
  @argumentDefinitions(first: { type: "Int", defaultValue: 3 }, after: { type: "String" })
  @refetchable(queryName: "CatalogueToolsQuery") {
    tools(first: $first, after: $after) @connection(key: "Catalogue_tools") {
      edges {
        rank
        node {
          slug
        }
      }
    }
  }

  fragment Catalogue_topics on Query
  @argumentDefinitions(first: { type: "Int", defaultValue: 2 }, after: { type: "String" })
  @refetchable(queryName: "CatalogueTopicsQuery") {
    topics(first: $first, after: $after) @connection(key: "Catalogue_topics") {
      edges {
        node {
          slug
        }
      }
    }
  }
`;

interface Connection {
  edges: { rank?: number; cursor: string; node: { slug: string } }[];
  pageInfo: { endCursor: string | null; hasNextPage: boolean };
}

const slugsOf = ({ edges }: Connection) => edges.map(({ node }) => node.slug);

let directory: string;
let compiled: ReturnType<typeof compile>;

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "learngraph-relay-"));
  compiled = compile("catalogue", documents);
});

afterAll(() => rmSync(directory, { recursive: true }));

/** Runs the compiler's own program on one source file; the artifacts are in <directory>/<project>/artifacts. */
function compile(project: string, text: string): { status: number | null; output: string } {
  for (const folder of ["src", "artifacts"]) mkdirSync(join(directory, project, folder), { recursive: true });
  writeFileSync(join(directory, project, "src/Catalogue.js"), `graphql\`${text}\`;\n`);
  const config = {
    src: "src",
    schema: join(process.cwd(), "schema.graphql"),
    language: "javascript",
    artifactDirectory: "artifacts",
    eagerEsModules: false,
  };
  writeFileSync(join(directory, project, "relay.config.json"), JSON.stringify(config));
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [join(process.cwd(), "node_modules/relay-compiler/cli.js"), "relay.config.json"],
    { cwd: join(directory, project), encoding: "utf8" },
  );
  return { status, output: stdout + stderr };
}

/** A pagination fragment for each connection of the root and of each Node. */
function connectionFragments(): string[] {
  const schema = buildSchema(readFileSync("schema.graphql", "utf8"));
  const parents = [
    schema.getQueryType()!,
    ...schema.getImplementations(schema.getType("Node") as GraphQLInterfaceType).objects,
  ];
  return parents.flatMap(parent =>
    Object.values(parent.getFields())
      .filter(({ type }) => getNamedType(type).name.endsWith("Connection"))
      .map(({ name, args }) => {
        const required = args.filter(isRequiredArgument).map(argument => `, ${argument.name}: "some text"`);
        return `
          fragment Catalogue_${parent.name}_${name} on ${parent.name}
          @argumentDefinitions(first: { type: "Int", defaultValue: 5 }, after: { type: "String" })
          @refetchable(queryName: "Catalogue_${parent.name}_${name}_Query") {
            ${name}(first: $first, after: $after${required.join("")}) @connection(key: "Catalogue_${name}") {
              edges { node { __typename } }
            }
          }`;
      }),
  );
}

describe("relay-compiler", () => {
  it("takes the schema, with fragments that page and refetch", () => {
    expect(compiled).toMatchObject({ status: 0, output: expect.stringContaining("Compilation completed") });
    expect(readdirSync(join(directory, "catalogue/artifacts")).sort()).toEqual(
      ["Query", "TopicQuery", "ToolsQuery", "TopicsQuery", "_topic", "_tools", "_topics"]
        .map(name => `Catalogue${name}.graphql.js`)
        .sort(),
    );
  });

  it("takes every connection of the root and of a Node as one that pages and refetches", () => {
    const fragments = connectionFragments();
    expect(fragments.length).toBeGreaterThan(15);
    expect(compile("connections", fragments.join("\n"))).toMatchObject({ status: 0 });
  });

  it("names the field that the schema does not have", () => {
    const { status, output } = compile("wrong", "query CatalogueQuery { topics { edges { node { titel } } } }");
    expect(status).not.toBe(0);
    expect(output).toContain("The type `Topic` has no field `titel`");
  });

  it("refuses to refetch by id what is no Node", () => {
    const fragment = 'fragment Catalogue_seo on Seo @refetchable(queryName: "CatalogueSeoQuery") { title }';
    const { status, output } = compile("unrefetchable", fragment);
    expect(status).not.toBe(0);
    expect(output).toContain("Invalid use of @refetchable on fragment 'Catalogue_seo'");
  });
});

describe("relay-runtime", () => {
  const slug = "backend-and-api-development";
  let server: TestServer;
  let environment: Environment;
  /** The names of the operations that were sent, with their variables. */
  let sent: [name: string, variables: Variables][];

  expectNoWarnings();

  beforeAll(async () => {
    server = await startTestServer();
  });

  afterAll(() => server.close());

  beforeEach(() => {
    sent = [];
    environment = new Environment({
      network: Network.create(async ({ name, text }, variables) => {
        sent.push([name, variables]);
        return (await server.post({ query: text, variables })).json() as never;
      }),
      store: new Store(new RecordSource()),
    });
  });

  function artifact<Kind extends ConcreteRequest | ReaderFragment>(name: string): Kind {
    return require(join(directory, "catalogue/artifacts", `${name}.graphql.js`)) as Kind;
  }

  /** Fetches the page and gives what its components get: references to read their fragments with. */
  async function openPage(): Promise<Record<string, unknown> & { topic: Record<string, unknown> }> {
    const request = artifact<ConcreteRequest>("CatalogueQuery");
    const operation = createOperationDescriptor(request, { slug });
    // Without it the store may drop the records when it collects garbage.
    environment.retain(operation);
    await fetchQuery(environment, request, { slug }).toPromise();
    return environment.lookup(operation.fragment).data as never;
  }

  function read(fragment: ReaderFragment, reference: unknown) {
    const selector = getSingularSelector(fragment, reference);
    const { data, isMissingData } = environment.lookup(selector);
    expect(isMissingData).toBe(false);
    return { data: data as Record<string, unknown> & { id: string }, variables: selector.variables };
  }

  /** The next page as `usePaginationFragment` of react-relay loads it. */
  async function loadNext(name: string, field: string, reference: unknown, count: number): Promise<Connection> {
    const fragment = artifact<ReaderFragment>(name);
    const { paginationRequest, paginationMetadata, identifierField } = getPaginationMetadata(fragment, "the test");
    const { data, variables } = read(fragment, reference);
    const { endCursor } = (data[field] as Connection).pageInfo;
    const own = identifierField == null ? {} : { id: data.id };
    await fetchQuery(
      environment,
      paginationRequest,
      getPaginationVariables("forward", count, endCursor, { ...variables, ...own }, {}, paginationMetadata),
    ).toPromise();
    return read(fragment, reference).data[field] as Connection;
  }

  /** The connection itself, as an updater of a mutation finds it in the store. */
  function storedSlugs(parentId: string, key: string): unknown[] {
    let slugs: unknown[] = [];
    commitLocalUpdate(environment, store => {
      const connection = ConnectionHandler.getConnection(store.get(parentId)!, key);
      const edges = connection?.getLinkedRecords<{ node: { slug: string } }[]>("edges") ?? [];
      slugs = edges.map(edge => edge.getLinkedRecord("node").getValue("slug"));
    });
    return slugs;
  }

  it("pages through a connection of a Node, refetched by its id", async () => {
    const { topic } = await openPage();
    const { data } = read(artifact("Catalogue_tools"), topic);
    const all = await wholeList(server, "tools", "", `topic(by: { slug: "${slug}" })`);
    expect(all.length).toBeGreaterThan(5);
    expect(slugsOf(data["tools"] as Connection)).toEqual(all.slice(0, 3));

    const second = await loadNext("Catalogue_tools", "tools", topic, 2);
    expect(slugsOf(second)).toEqual(all.slice(0, 5));
    expect(second.pageInfo.hasNextPage).toBe(true);

    const last = await loadNext("Catalogue_tools", "tools", topic, 100);
    expect(slugsOf(last)).toEqual(all);
    expect(last.edges.map(({ rank }) => rank)).toEqual(all.map((_, index) => index + 1));
    expect(last.pageInfo.hasNextPage).toBe(false);

    expect(storedSlugs(data.id, "Catalogue_tools")).toEqual(all);
    expect(sent.map(([name]) => name)).toEqual(["CatalogueQuery", "CatalogueToolsQuery", "CatalogueToolsQuery"]);
    expect(sent[1]?.[1]).toMatchObject({ id: data.id, first: 2, after: expect.any(String) });
  });

  it("pages through a connection of the root", async () => {
    const page = await openPage();
    const all = await wholeList(server, "topics");
    expect(all.length).toBeGreaterThan(4);
    expect(slugsOf(read(artifact("Catalogue_topics"), page).data["topics"] as Connection)).toEqual(all.slice(0, 2));

    const second = await loadNext("Catalogue_topics", "topics", page, 2);
    expect(slugsOf(second)).toEqual(all.slice(0, 4));
    expect(second.pageInfo.hasNextPage).toBe(true);

    const last = await loadNext("Catalogue_topics", "topics", page, 100);
    expect(slugsOf(last)).toEqual(all);
    expect(last.pageInfo.hasNextPage).toBe(false);
    expect(storedSlugs("client:root", "Catalogue_topics")).toEqual(all);
  });

  it("refetches a fragment on a Node by its id, into the same record", async () => {
    const { topic } = await openPage();
    const fragment = artifact<ReaderFragment>("Catalogue_topic");
    const { data } = read(fragment, topic);
    expect(data["title"]).toBe("Backend and API development");

    await server.database.models.topic.update({ where: { slug }, data: { title: "Changed meanwhile" } });
    const { refetchableRequest, identifierInfo } = getRefetchMetadata(fragment, "the test");
    const id = data[identifierInfo?.identifierField ?? ""];
    await fetchQuery(environment, refetchableRequest, {
      [identifierInfo?.identifierQueryVariableName ?? ""]: id,
    }).toPromise();

    expect(sent.at(-1)).toEqual(["CatalogueTopicQuery", { id }]);
    expect(read(fragment, topic).data).toMatchObject({ ...data, title: "Changed meanwhile" });
  });
});
