// Numbers, prices, days and instants: catalogStats and the claim made from it, exact amounts, facts that go stale.
import fc from "fast-check";
import { sql } from "../../src/db/sql";
import { roundedClaim } from "../../src/modules/catalog/catalog.service";
import { createTestApi, expectStatements, type TestApi } from "../support/api";
import {
  createCallToAction,
  createFact,
  createLesson,
  createPlan,
  createTool,
  createTopic,
} from "../support/factories";

describe("Query.catalogStats", () => {
  let api: TestApi;

  beforeAll(async () => {
    api = await createTestApi({ golden: "catalogue" });
  });

  afterAll(() => api.close());

  const stats = () =>
    api.data<{ catalogStats: object }, never>(
      "{ catalogStats { topicCount toolCount moduleCount lessonCount toolGuideCount factCount } }",
    );

  async function counted(): Promise<object> {
    const { models } = api.database;
    return {
      topicCount: await models.topic.count(),
      toolCount: await models.tool.count(),
      moduleCount: await models.module.count(),
      lessonCount: await models.lesson.count({ where: { kind: "LESSON" } }),
      toolGuideCount: await models.lesson.count({ where: { kind: "TOOL_GUIDE" } }),
      factCount: await models.fact.count(),
    };
  }

  it("says how many rows there are, and follows when they change", async () => {
    expect(await stats()).toEqual({ catalogStats: await counted() });
    expect(await counted()).not.toMatchObject({ factCount: 0 });
    const tool = await createTool(api.database);
    const lesson = await createLesson(api.database, { kind: "TOOL_GUIDE", guidesToolId: tool.id });
    await createFact(api.database, { toolId: tool.id, position: 1 });
    expect(await stats()).toEqual({ catalogStats: await counted() });
    await api.database.models.lesson.update({ where: { id: lesson.id }, data: { kind: "LESSON", guidesToolId: null } });
    await api.database.models.lesson.delete({ where: { id: lesson.id } });
    await api.database.models.tool.delete({ where: { id: tool.id } });
    expect(await stats()).toEqual({ catalogStats: await counted() });
  });

  it("is read once for all that an operation makes of it", async () => {
    // The topics, their invitations, the counts.
    await expectStatements(api, 3, () =>
      api.data("{ catalogStats { topicCount } topics { nodes { callToAction { claim } } } }"),
    );
  });

  it("is what an invitation claims: lessons and guides together, rounded down", async () => {
    const lessons = await api.database.models.lesson.count();
    const { topic } = await api.data<{ topic: { callToAction: { claim: string } } }, never>(
      '{ topic(by: { slug: "backend-and-api-development" }) { callToAction { claim } } }',
    );
    expect(topic.callToAction.claim).toBe(`${roundedClaim(lessons)} free lessons and tool guides`);
  });
});

describe("roundedClaim", () => {
  it.each([
    [0, "0"],
    [1, "1"],
    [9, "9"],
    [10, "10"],
    [11, "10+"],
    [41, "40+"],
    [99, "90+"],
    [100, "100"],
    [149, "100+"],
    [150, "150"],
    [512, "500+"],
    [999, "950+"],
    [1_000, "1,000"],
    [1_099, "1,000+"],
    [12_345, "12,300+"],
  ])("makes %i into %s", (total, claim) => {
    expect(roundedClaim(total)).toBe(claim);
  });

  it("never claims more than there is, and says + exactly when there is more", () => {
    fc.assert(
      fc.property(fc.nat(1_000_000), total => {
        const claim = roundedClaim(total);
        const claimed = Number(claim.replace(/[,+]/g, ""));
        expect(claimed).toBeLessThanOrEqual(total);
        expect(claim.endsWith("+")).toBe(claimed < total);
        expect(claimed).toBeGreaterThanOrEqual(total / 2);
      }),
    );
  });
});

describe("values", () => {
  let api: TestApi;
  let tool: Awaited<ReturnType<typeof createTool>>;

  beforeAll(async () => {
    api = await createTestApi({ golden: "empty" });
    tool = await createTool(api.database, {
      createdAt: new Date("2026-01-02T03:04:05.060Z"),
      updatedAt: new Date("2026-06-24T23:59:59.999Z"),
    });
  });

  afterAll(() => api.close());

  const amounts = ["0", "0.15", "20", "25.5", "0.0001", "1000", "2000000000", "999999999999.9999", "100"];

  it("Money.amount and Fact.value are exact, without trailing zeros", async () => {
    const { models } = api.database;
    for (const [i, amount] of amounts.entries()) {
      await createPlan(api.database, { toolId: tool.id, position: i + 1, amount });
      await createFact(api.database, { toolId: tool.id, position: i + 1, value: amount });
    }
    await createPlan(api.database, { toolId: tool.id, position: 100, amount: null, currency: null });
    expect(
      await api.data("{ tools { nodes { plans { price { amount currency } } facts { nodes { value } } } } }"),
    ).toEqual({
      tools: {
        nodes: [
          {
            plans: [...amounts.map(amount => ({ price: { amount, currency: "USD" } })), { price: null }],
            facts: { nodes: amounts.map(value => ({ value })) },
          },
        ],
      },
    });
    await models.toolPlan.deleteMany();
    await models.fact.deleteMany();
  });

  it("instants are UTC with milliseconds, days are YYYY-MM-DD, whatever the time zone of the session", async () => {
    const topic = await createTopic(api.database, {
      updatedOn: new Date("2026-02-03"),
      createdAt: new Date("2026-01-01T00:00:00Z"),
    });
    await api.database.query(sql`SET TIME ZONE 'Asia/Tokyo'`);
    expect(
      await api.data("{ tools { nodes { createdAt updatedAt } } topics { nodes { updatedOn createdAt } } }"),
    ).toEqual({
      tools: { nodes: [{ createdAt: "2026-01-02T03:04:05.060Z", updatedAt: "2026-06-24T23:59:59.999Z" }] },
      topics: { nodes: [{ updatedOn: "2026-02-03", createdAt: "2026-01-01T00:00:00.000Z" }] },
    });
    await api.database.models.topic.delete({ where: { id: topic.id } });
    await api.database.query(sql`SET TIME ZONE 'UTC'`);
  });

  it("a fact is stale from the day after staleAfter, by the day in UTC", async () => {
    await createFact(api.database, { toolId: tool.id, position: 1, staleAfter: new Date("2026-12-24") });
    await createFact(api.database, { toolId: tool.id, position: 2 });
    const stale = async (startedAt: string) => {
      const { tools } = await api.data<
        { tools: { nodes: { facts: { nodes: { isStale: boolean }[] } }[] } },
        Record<string, never>
      >("{ tools { nodes { facts { nodes { isStale } } } } }", {}, { startedAt: new Date(startedAt) });
      return tools.nodes[0]?.facts.nodes.map(({ isStale }) => isStale);
    };
    expect(await stale("2026-12-23T12:00:00Z")).toEqual([false, false]);
    expect(await stale("2026-12-24T23:59:59.999Z")).toEqual([false, false]);
    expect(await stale("2026-12-25T00:00:00Z")).toEqual([true, false]);
    // Already the 25th in Tokyo, still the 24th in UTC; and the other way round in New York.
    expect(await stale("2026-12-25T08:00:00+09:00")).toEqual([false, false]);
    expect(await stale("2026-12-24T20:00:00-05:00")).toEqual([true, false]);
    await api.database.models.fact.deleteMany();
  });

  it("an invitation without any lesson claims none", async () => {
    const topic = await createTopic(api.database);
    await createCallToAction(api.database, { topicId: topic.id });
    expect(await api.data("{ topics { nodes { callToAction { claim } } } }")).toEqual({
      topics: { nodes: [{ callToAction: { claim: "0 free lessons and tool guides" } }] },
    });
  });
});
