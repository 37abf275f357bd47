// The page that the system exists to serve: one operation fetches everything it shows, through the typed client's documents.
import { readFileSync } from "node:fs";
import { CatalogueDocument, LessonDocument, ToolDocument, TopicPageDocument } from "../../src/generated/client/graphql";
import { createTestApi, type TestApi } from "../support/api";

interface PageFact {
  say: string;
  path: string;
  expect: string;
}

const facts = JSON.parse(readFileSync("test/fixtures/seed-page-facts.json", "utf8")) as PageFact[];
const slug = "backend-and-api-development";

describe("test/operations/TopicPage.graphql", () => {
  let api: TestApi;
  let answer: string;

  beforeAll(async () => {
    api = await createTestApi({ golden: "catalogue" });
    answer = JSON.stringify(await api.data(TopicPageDocument, { slug }));
  });
  afterAll(() => api.close());

  it.each(facts)("says that $say", fact => {
    expect(answer).toContain(JSON.stringify(fact.expect).slice(1, -1));
  });

  it("has the sections of the page in their order, each with text", async () => {
    const { topic } = await api.data(TopicPageDocument, { slug });
    expect(topic?.sections.map(section => `${section.emoji} ${section.kind}`)).toEqual([
      "📘 OVERVIEW",
      "💡 AI_OPPORTUNITY",
      "🤖 AI_IN_ACTION",
      "📊 JOB_IMPACT",
    ]);
    for (const section of topic?.sections ?? []) {
      expect(section.body.text.length).toBeGreaterThan(300);
      expect(section.body.html).toMatch(/^<p>/);
    }
  });

  it("ranks the seven tools as the page does, each with a blurb, facts and a guide", async () => {
    const { topic } = await api.data(TopicPageDocument, { slug });
    expect(topic?.tools.edges.map(edge => [edge.rank, edge.node.name])).toEqual([
      [1, "Cursor"],
      [2, "Claude Code"],
      [3, "GitHub Copilot"],
      [4, "Windsurf"],
      [5, "Supabase MCP Server"],
      [6, "Claude"],
      [7, "ChatGPT"],
    ]);
    for (const { blurb, node } of topic?.tools.edges ?? []) {
      expect(blurb.length).toBeGreaterThan(80);
      expect(node.facts.nodes.length).toBeGreaterThanOrEqual(3);
      expect(node.guide?.slug).toBe(`guide-to-${node.slug}`);
    }
  });

  it("mentions all seven tools where AI is shown in action", async () => {
    const { topic } = await api.data(TopicPageDocument, { slug });
    const section = topic?.sections.find(({ kind }) => kind === "AI_IN_ACTION");
    expect(section?.mentionedTools.map(tool => tool.slug).sort()).toEqual(
      topic?.tools.edges.map(edge => edge.node.slug).sort(),
    );
  });

  it("prices ChatGPT's tiers and Opus 4.6 exactly", async () => {
    const { topic } = await api.data(TopicPageDocument, { slug });
    const plans = (tool: string) =>
      topic?.tools.edges
        .find(({ node }) => node.slug === tool)
        ?.node.plans.map(plan => [plan.name, plan.price?.amount, plan.price?.currency, plan.unit]);
    expect(plans("chatgpt")).toEqual(
      expect.arrayContaining([
        ["Free", "0", "USD", "MONTH"],
        ["Go", "8", "USD", "MONTH"],
        ["Plus", "20", "USD", "MONTH"],
        ["Pro", "200", "USD", "MONTH"],
      ]),
    );
    expect(plans("claude")).toEqual(
      expect.arrayContaining([
        ["API: Opus 4.6", "5", "USD", "MILLION_INPUT_TOKENS"],
        ["API: Opus 4.6", "25", "USD", "MILLION_OUTPUT_TOKENS"],
      ]),
    );
  });

  it("computes the claim of the call to action from the catalogue", async () => {
    const { topic } = await api.data(TopicPageDocument, { slug });
    const { catalogStats } = await api.data(CatalogueDocument, {});
    const total = catalogStats.lessonCount + catalogStats.toolGuideCount;
    expect(topic?.callToAction?.claim).toBe(`${total - (total % 10)}+ free lessons and tool guides`);
  });

  it("takes no more statements than the operation has different list and lookup fields", async () => {
    const sent = await api.statements(() => api.data(TopicPageDocument, { slug }));
    // topic, sections, mentionedTools, callToAction, claim, tools + its count, plans, facts, guide, modules, their lessons + count, lessons + count
    expect(sent.length).toBeLessThanOrEqual(15);
  });
});

describe("The shipped catalogue", () => {
  let api: TestApi;

  beforeAll(async () => {
    api = await createTestApi({ golden: "catalogue" });
  });
  afterAll(() => api.close());

  it("holds what was promised: topics, tools, modules, lessons and guides", async () => {
    const { catalogStats } = await api.data(CatalogueDocument, {});
    expect(catalogStats.topicCount).toBeGreaterThanOrEqual(6);
    expect(catalogStats.toolCount).toBeGreaterThanOrEqual(17);
    expect(catalogStats.lessonCount).toBeGreaterThanOrEqual(22);
    expect(catalogStats.toolGuideCount).toBeGreaterThanOrEqual(7);
  });

  it("gives every topic its sections, tools, a call to action and two lessons", async () => {
    const { topics } = await api.data(CatalogueDocument, {});
    for (const { slug } of topics.nodes) {
      const { topic } = await api.data(TopicPageDocument, { slug });
      expect(topic?.sections.length).toBeGreaterThanOrEqual(4);
      expect(topic?.tools.edges.length).toBeGreaterThanOrEqual(4);
      expect(topic?.callToAction).not.toBeNull();
      expect(topic?.lessons.totalCount).toBeGreaterThanOrEqual(2);
    }
  });

  it("teaches the backend topic in three modules with at least twelve lessons", async () => {
    const { topic } = await api.data(TopicPageDocument, { slug });
    expect(topic?.modules.nodes.map(module => module.level)).toEqual(["BEGINNER", "INTERMEDIATE", "ADVANCED"]);
    const lessons = topic?.modules.nodes.flatMap(module => module.lessons.nodes) ?? [];
    expect(lessons.length).toBeGreaterThanOrEqual(12);
  });

  it("opens a public lesson with its text and locks one that takes an account", async () => {
    const open = await api.data(LessonDocument, { slug: "guide-to-cursor" });
    expect(open.lesson?.content).toMatchObject({ __typename: "LessonBody" });
    const locked = await api.data(LessonDocument, { slug: "guide-to-windsurf" });
    expect(locked.lesson?.content).toMatchObject({ __typename: "LessonLock", reason: "ACCOUNT_REQUIRED" });
  });

  it("describes each tool in its own words", async () => {
    const { tool } = await api.data(ToolDocument, { slug: "claude" });
    expect(tool?.description.html).toMatch(/^<p>/);
    expect(tool?.lessons.nodes.length).toBeGreaterThanOrEqual(1);
  });
});

/** Never run: these lines compile only while a wrong field or variable of the typed client is an error. */
export async function wrongUses(api: TestApi): Promise<void> {
  const { topic } = await api.data(TopicPageDocument, { slug });
  // @ts-expect-error: the operation does not ask for this field
  void topic?.titel;
  // @ts-expect-error: the variable is missing
  await api.data(TopicPageDocument, { slog: slug });
  // @ts-expect-error: a date is text, not a number
  void (topic?.updatedOn satisfies number | undefined);
}
