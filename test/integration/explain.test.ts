// `extensions.explain`: every statement of an operation with its fields, rows and time; and nothing of it unless it is switched on.
import { createTestApi, type TestApi } from "../support/api";

interface Explained {
  statements: { fields: string[]; sql: string; rows: number; milliseconds: number }[];
}

const operation = `{
  topics(first: 3) { nodes { tools(first: 2) { nodes { slug plans { name } } totalCount } related: tools(first: 2) { nodes { name } } } }
  search(query: "cursor", first: 3) { edges { node { ... on Tool { name } } highlights { field } } facets { types { count } } }
}`;

describe("with explain", () => {
  let api: TestApi;

  beforeAll(async () => {
    api = await createTestApi({ golden: "catalogue", explain: true });
  });

  afterAll(() => api.close());

  it("lists every statement that was sent, with its fields, its rows and its milliseconds", async () => {
    let explained: Explained = { statements: [] };
    const sent = await api.statements(async () => {
      const { errors, extensions } = await api.execute(operation);
      expect(errors).toEqual([]);
      explained = extensions?.["explain"] as Explained;
    });
    expect(explained.statements.map(({ sql }) => sql).sort()).toEqual(
      sent.map(text => text.replace(/\s+/g, " ").trim()).sort(),
    );
    const byField = new Map(explained.statements.map(({ fields, rows }) => [fields.sort().join(), rows]));
    expect([...byField.keys()]).toEqual(
      expect.arrayContaining([
        "topics",
        "topics.nodes.related,topics.nodes.tools",
        "topics.nodes.tools.totalCount",
        "topics.nodes.tools.nodes.plans",
        "search",
        "search.edges.highlights",
        "search.facets",
      ]),
    );
    // The pages of three topics.
    expect(byField.get("topics.nodes.related,topics.nodes.tools")).toBe(3);
    for (const { milliseconds, rows } of explained.statements) {
      expect(milliseconds).toBeGreaterThan(0);
      expect(Number.isInteger(rows)).toBe(true);
    }
  });

  it("never shows a value that the client sent", async () => {
    const { extensions } = await api.execute('{ tools(filter: { name: { eq: "hunter2secret" } }) { nodes { name } } }');
    expect(JSON.stringify(extensions)).not.toContain("hunter2secret");
  });
});

it("says nothing unless it is switched on", async () => {
  const api = await createTestApi({ golden: "catalogue" });
  const { extensions } = await api.execute(operation);
  expect(extensions).toBeUndefined();
  await api.close();
});
