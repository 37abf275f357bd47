// Paging through lists of any rows, in both directions, while rows come and go between two pages.
import fc from "fast-check";
import { sql } from "../../src/db/sql";
import { createTestApi, type TestApi } from "../support/api";
import { createTool } from "../support/factories";
import { declared, given, pageParts, slugsOf, type Page, type PageArguments } from "../support/pages";

describe("lists that change", () => {
  let api: TestApi;

  beforeAll(async () => {
    api = await createTestApi({ golden: "empty" });
  });

  afterAll(() => api.close());

  /** Equal names in mixed case, and letters outside ASCII, of one to four bytes. */
  const name = fc
    .array(fc.constantFrom("a", "A", "b", "B", "é", "É", "ß", "語", "𝒜", " ", "-"), { minLength: 1, maxLength: 3 })
    .map(letters => `x${letters.join("")}`);

  async function replaceTools(names: readonly string[]): Promise<void> {
    await api.database.models.tool.deleteMany();
    await addTools(names);
  }

  const addTools = async (names: readonly string[]): Promise<void> => {
    for (const each of names) await createTool(api.database, { name: each });
  };

  /** All slugs by a naive sort: by the bytes of the name in lower case, then by id. */
  async function inOrder(): Promise<string[]> {
    const rows = await api.database.query<{ id: number; slug: string; key: string }>(
      sql`SELECT "id", "slug", lower("name" COLLATE "C") AS "key" FROM "tool"`,
    );
    return rows
      .sort((a, b) => Buffer.compare(Buffer.from(a.key), Buffer.from(b.key)) || a.id - b.id)
      .map(({ slug }) => slug);
  }

  async function toolsPage(args: PageArguments): Promise<Page> {
    const { tools } = await api.data<{ tools: Page }, Record<string, unknown>>(
      `query (${declared}) { tools(${given}) { ${pageParts} } }`,
      { ...args },
    );
    return tools;
  }

  /** Every page one after the other; `between` runs before each page but the first. */
  async function walk(
    direction: "forward" | "backward",
    size: number,
    between: () => Promise<void> = async () => undefined,
  ): Promise<string[]> {
    const seen: string[] = [];
    let page = await toolsPage(direction === "forward" ? { first: size } : { last: size });
    for (;;) {
      if (direction === "forward") seen.push(...slugsOf(page));
      else seen.unshift(...slugsOf(page));
      const { hasNextPage, hasPreviousPage, endCursor, startCursor } = page.pageInfo;
      if (!(direction === "forward" ? hasNextPage : hasPreviousPage)) return seen;
      await between();
      const next =
        direction === "forward" ? { first: size, after: endCursor ?? "" } : { last: size, before: startCursor ?? "" };
      page = await toolsPage(next);
      if (seen.length > 500) throw new Error("the walk does not end");
      // Everything after the cursor may be gone by now: then the page is empty and the walk ends.
      if (page.nodes.length === 0) return seen;
    }
  }

  it("give every row once, in order, forward and backward, for any names and page size", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(name, { maxLength: 15 }), fc.integer({ min: 1, max: 6 }), async (names, size) => {
        await replaceTools(names);
        const all = await inOrder();
        expect(await walk("forward", size)).toEqual(all);
        expect(await walk("backward", size)).toEqual(all);
      }),
      { numRuns: 20 },
    );
  });

  it("never repeat or skip a row that stayed, whatever comes and goes between two pages", async () => {
    const change = fc.record({
      added: fc.array(name, { maxLength: 2 }),
      removed: fc.array(fc.nat(99), { maxLength: 3 }),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(name, { minLength: 4, maxLength: 12 }),
        fc.integer({ min: 1, max: 3 }),
        fc.constantFrom("forward" as const, "backward" as const),
        fc.array(change, { minLength: 1, maxLength: 6 }),
        async (names, size, direction, changes) => {
          await replaceTools(names);
          const before = await inOrder();
          const pending = [...changes];
          const seen = await walk(direction, size, async () => {
            const next = pending.shift();
            if (!next) return;
            const slugs = await inOrder();
            const removed = next.removed.map(index => slugs[index % Math.max(slugs.length, 1)] ?? "");
            await api.database.models.tool.deleteMany({ where: { slug: { in: removed } } });
            await addTools(next.added);
          });
          const after = await inOrder();
          const stayed = before.filter(slug => after.includes(slug));
          expect(new Set(seen).size).toBe(seen.length);
          expect(seen.filter(slug => stayed.includes(slug))).toEqual(stayed);
        },
      ),
      { numRuns: 20 },
    );
  });

  it("go on after a row that was deleted", async () => {
    await replaceTools(["a", "b", "c", "d"]);
    const all = await inOrder();
    const { edges } = await toolsPage({ first: 2 });
    await api.database.models.tool.delete({ where: { slug: all[1] } });
    const next = await toolsPage({ first: 5, after: edges[1]?.cursor ?? "" });
    expect(slugsOf(next)).toEqual(all.slice(2));
    expect(next.pageInfo).toMatchObject({ hasPreviousPage: true, hasNextPage: false });
    expect(slugsOf(await toolsPage({ last: 5, before: edges[1]?.cursor ?? "" }))).toEqual(all.slice(0, 1));
  });

  it("say exactly what lies beyond a cursor whose row was deleted", async () => {
    await replaceTools(["a", "b", "c"]);
    const [first, , last] = (await toolsPage({})).edges;
    const afterFirst = { after: first?.cursor ?? "" };
    const beforeLast = { before: last?.cursor ?? "" };
    const beyond = async () => [
      (await toolsPage(afterFirst)).pageInfo.hasPreviousPage,
      (await toolsPage(beforeLast)).pageInfo.hasNextPage,
    ];
    expect(await beyond()).toEqual([true, true]);
    await api.database.models.tool.deleteMany({ where: { name: { in: ["a", "c"] } } });
    expect(await beyond()).toEqual([false, false]);
    await addTools(["0", "d"]);
    expect(await beyond()).toEqual([true, true]);
  });

  it("are empty without rows: no cursors, nothing before and nothing after", async () => {
    await replaceTools([]);
    expect(await toolsPage({})).toEqual({
      edges: [],
      nodes: [],
      pageInfo: { hasNextPage: false, hasPreviousPage: false, startCursor: null, endCursor: null },
    });
  });

  it("say of an empty page what lies on its other side", async () => {
    await replaceTools(["a", "b"]);
    const { edges } = await toolsPage({});
    const [first, last] = [edges[0]?.cursor ?? "", edges[1]?.cursor ?? ""];
    expect((await toolsPage({ first: 1, after: last })).pageInfo).toEqual({
      hasNextPage: false,
      hasPreviousPage: true,
      startCursor: null,
      endCursor: null,
    });
    expect((await toolsPage({ last: 1, before: first })).pageInfo).toEqual({
      hasNextPage: true,
      hasPreviousPage: false,
      startCursor: null,
      endCursor: null,
    });
  });
});
