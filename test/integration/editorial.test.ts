// Editorial work through the schema: drafts, review, publishing, addresses, merging, history. What each mutation leaves behind, and what it refuses.
import { randomUUID } from "node:crypto";
import type { Viewer } from "../../src/request/context";
import { createTestApi, expectCode, type TestApi } from "../support/api";
import { createUser } from "../support/factories";

let api: TestApi;
let ada: Viewer;
let bob: Viewer;
let admin: Viewer;

beforeAll(async () => {
  api = await createTestApi({ golden: "catalogue" });
  const viewer = async (role: Viewer["role"], displayName: string): Promise<Viewer> => {
    const { id } = await createUser(api.database, { role, displayName });
    return { userId: id, role, sessionId: randomUUID() };
  };
  ada = await viewer("EDITOR", "Ada");
  bob = await viewer("EDITOR", "Bob");
  admin = await viewer("ADMIN", "Admin");
});

afterAll(() => api.close());

interface Edited {
  revision: { id: string; number: number; state: string; slug: string } | null;
  conflict: { fields: string[]; revision: { number: number; authorName: string } } | null;
  userErrors: { code: string; message: string; path: string[] | null }[];
}

/** Runs one mutation of editors. @param input as GraphQL text */
async function edit(name: string, input: string, as: Viewer = ada): Promise<Edited> {
  const data = await api.data<Record<string, Edited>, never>(
    `mutation { edited: ${name}(input: { ${input} }) {
      revision { id number state slug } conflict { fields revision { number authorName } } userErrors { code message path }
    } }`,
    undefined,
    { as },
  );
  return data["edited"] as Edited;
}

async function done(name: string, input: string, as: Viewer = ada) {
  const { revision, userErrors } = await edit(name, input, as);
  expect(userErrors).toEqual([]);
  if (!revision) throw new Error(`${name} gave no revision`);
  return revision;
}

const idOf = async (field: string, slug: string): Promise<string> => {
  const data = await api.data<Record<string, { id: string }>, never>(`{ ${field}(by: { slug: "${slug}" }) { id } }`);
  return data[field]?.id ?? "";
};

/** The newest revision's number. */
async function version(slug: string): Promise<number> {
  const { revisions } = await api.data<{ revisions: { nodes: { number: number }[] } }, never>(
    `{ revisions(first: 100, filter: { slug: { eq: "${slug}" } }) { nodes { number } } }`,
    undefined,
    { as: ada },
  );
  return Math.max(...revisions.nodes.map(({ number }) => number));
}

const newTool = (slug: string, more = "") =>
  `slug: "${slug}", content: { name: "${slug}", vendor: "V", category: CODE_EDITOR, tagline: "T", website: "https://example.org", pricingModel: FREE, description: "A tool."${more} }`;

const newLesson = (slug: string, more = "") =>
  `slug: "${slug}", content: { title: "${slug}", summary: "S", kind: LESSON, level: BEGINNER, durationMinutes: 1, access: PUBLIC, updatedOn: "2026-06-24", topics: ["backend-and-api-development"], body: "Text."${more} }`;

async function published(create: string, input: string): Promise<{ slug: string; id: string; revisionId: string }> {
  const draft = await done(create, input);
  await done("publishRevision", `revisionId: "${draft.id}"`);
  const field = create.replace("create", "").toLowerCase();
  return { slug: draft.slug, id: await idOf(field, draft.slug), revisionId: draft.id };
}

describe("Drafts", () => {
  it("are seen by nobody but editors until they are published, and then by everybody", async () => {
    const draft = await done("createTool", newTool("hidden-tool"));
    const query = `{ tool(by: { slug: "hidden-tool" }) { name } search(query: "hidden-tool") { totalCount } }`;
    expect(await api.data(query)).toEqual({ tool: null, search: { totalCount: 0 } });
    expect(expectCode(await api.execute(`{ revision(id: "${draft.id}") { slug } }`), "UNAUTHENTICATED")).toBeDefined();
    expect(await api.data(`{ node(id: "${draft.id}") { id } }`)).toEqual({ node: null });
    await done("publishRevision", `revisionId: "${draft.id}"`);
    expect(await api.data(`{ tool(by: { slug: "hidden-tool" }) { name } }`)).toEqual({ tool: { name: "hidden-tool" } });
  });

  it("keep what is left out, lose what is null, and are numbered", async () => {
    const { id } = await published("createTool", newTool("changed-tool", `, models: ["GPT"], protocols: [MCP]`));
    const draft = await done(
      "updateTool",
      `id: "${id}", expectedVersion: 1, changes: { tagline: "New", models: null }`,
    );
    expect(draft).toMatchObject({ number: 2, state: "DRAFT" });
    await done("publishRevision", `revisionId: "${draft.id}"`);
    expect(await api.data(`{ tool(by: { id: "${id}" }) { tagline models protocols vendor } }`)).toEqual({
      tool: { tagline: "New", models: [], protocols: ["MCP"], vendor: "V" },
    });
  });

  it("of a stale version are refused, and the refusal says who was first and where both have changed the same", async () => {
    const { id } = await published("createTool", newTool("contested-tool"));
    await done("updateTool", `id: "${id}", expectedVersion: 1, changes: { tagline: "Bob's", vendor: "W" }`, bob);
    const refused = await edit(
      "updateTool",
      `id: "${id}", expectedVersion: 1, changes: { tagline: "Ada's", name: "N" }`,
    );
    expect(refused).toMatchObject({
      revision: null,
      conflict: { fields: ["tagline"], revision: { number: 2, authorName: "Bob" } },
      userErrors: [{ code: "CONFLICT", path: ["input", "expectedVersion"] }],
    });
    const elsewhere = await edit("updateTool", `id: "${id}", expectedVersion: 1, changes: { name: "N" }`);
    expect(elsewhere.conflict?.fields).toEqual([]);
  });

  it("that break a rule are refused with the path of each field", async () => {
    const { userErrors } = await edit("createTool", newTool("bad-models", `, models: ["${"m".repeat(61)}"]`));
    expect(userErrors.map(({ code, path }) => [code, path])).toEqual([
      ["INVALID", ["input", "content", "models", "0"]],
    ]);
    for (const slug of ["Bad Slug", "-", "a--b", "é", "a-"]) {
      const refused = await edit("createTool", newTool(slug));
      expect(refused.userErrors).toMatchObject([{ code: "INVALID", path: ["input", "slug"] }]);
    }
    const taken = await edit("createTool", newTool("cursor"));
    expect(taken.userErrors).toMatchObject([{ code: "CONFLICT", path: ["input", "slug"] }]);
  });

  it("of two editors in parallel never lose an update", async () => {
    const { id } = await published("createTool", newTool("parallel-tool"));
    for (let round = 0; round < 100; round++) {
      const before = await version("parallel-tool");
      const results = await Promise.all(
        [ada, bob].map(as =>
          edit(
            "updateTool",
            `id: "${id}", expectedVersion: ${before}, changes: { tagline: "${round} ${as.userId}" }`,
            as,
          ),
        ),
      );
      expect(results.map(({ userErrors }) => userErrors.length).sort()).toEqual([0, 1]);
      expect(results.flatMap(({ userErrors }) => userErrors).map(({ code }) => code)).toEqual(["CONFLICT"]);
      expect(await version("parallel-tool")).toBe(before + 1);
    }
  }, 120_000);
});

describe("Previews", () => {
  it("show the draft through the live types, everything around it as it would be, and change nothing", async () => {
    const id = await idOf("topic", "backend-and-api-development");
    const draft = await done(
      "updateTopic",
      `id: "${id}", expectedVersion: ${await version("backend-and-api-development")},
       changes: { title: "Previewed", tools: [{ tool: "cursor", blurb: "B" }], sections: [{ kind: CUSTOM, emoji: "🧩", heading: "One", body: "See [Claude](tool:claude)." }] }`,
    );
    const fields = `... on Topic { title tools { totalCount edges { rank blurb node { slug topics { nodes { title } } } } } sections { anchor mentionedTools { slug } body { html } } callToAction { headline } }`;
    const { revision } = await api.data<{ revision: { preview: Record<string, unknown> } }, never>(
      `{ revision(id: "${draft.id}") { preview { ${fields} } } }`,
      undefined,
      { as: ada },
    );
    expect(revision.preview).toMatchObject({
      title: "Previewed",
      tools: { totalCount: 1, edges: [{ rank: 1, blurb: "B", node: { slug: "cursor" } }] },
      sections: [
        {
          anchor: "one",
          mentionedTools: [{ slug: "claude" }],
          body: { html: `<p>See <a href="/tools/claude">Claude</a>.</p>` },
        },
      ],
    });
    expect(JSON.stringify(revision.preview)).toContain(`{"title":"Previewed"}`);
    const live = await api.data<{ topic: { title: string } }, never>(`{ topic(by: { id: "${id}" }) { title } }`);
    expect(live.topic.title).toBe("Backend and API development");
    await done("discardRevision", `revisionId: "${draft.id}"`);
  });

  it("of something new show it although nothing is live, with what it names that is", async () => {
    const draft = await done(
      "createLesson",
      newLesson("previewed-lesson", `, tools: ["cursor", "not-there"], prerequisites: ["guide-to-cursor"]`),
    );
    const { revision } = await api.data<{ revision: unknown }, never>(
      `{ revision(id: "${draft.id}") { preview { ... on Lesson { title tools { nodes { slug } } prerequisites { slug } topics { nodes { slug } } content { ... on LessonBody { body { text } } } } } } }`,
      undefined,
      { as: ada },
    );
    expect(revision).toEqual({
      preview: {
        title: "previewed-lesson",
        tools: { nodes: [{ slug: "cursor" }] },
        prerequisites: [{ slug: "guide-to-cursor" }],
        topics: { nodes: [{ slug: "backend-and-api-development" }] },
        content: { body: { text: "Text." } },
      },
    });
  });

  it("are asked for alone", async () => {
    const draft = await done("createTool", newTool("alone-tool"));
    const result = await api.execute(
      `{ revision(id: "${draft.id}") { preview { __typename } } tools(first: 1) { nodes { name } } }`,
      undefined,
      { as: ada },
    );
    expectCode(result, "BAD_USER_INPUT");
  });
});

describe("Publishing", () => {
  it("is refused for what names something that is not there, and leaves nothing behind", async () => {
    const draft = await done("createLesson", newLesson("lost-lesson", `, tools: ["no-such-tool"]`));
    const { userErrors } = await edit("publishRevision", `revisionId: "${draft.id}"`);
    expect(userErrors).toMatchObject([{ code: "INVALID" }]);
    expect(userErrors[0]?.message).toContain("tools[0]");
    expect(await api.data(`{ lesson(by: { slug: "lost-lesson" }) { title } }`)).toEqual({ lesson: null });
  });

  it("is refused for an ERROR of content health: a link that leads nowhere", async () => {
    const draft = await done(
      "createTool",
      newTool("dead-link", "").replace("A tool.", "See [it](tool:nowhere-to-go)."),
    );
    const { userErrors } = await edit("publishRevision", `revisionId: "${draft.id}"`);
    expect(userErrors[0]).toMatchObject({ code: "INVALID" });
    const { contentHealth } = await api.data<{ contentHealth: { rule: string; severity: string }[] }, never>(
      `{ contentHealth(id: "${draft.id}") { rule severity } }`,
      undefined,
      { as: ada },
    );
    expect(contentHealth).toContainEqual({ rule: "DEAD_LINK", severity: "ERROR" });
  });

  it("supersedes what was live, and never goes back behind it", async () => {
    const { id, revisionId } = await published("createTool", newTool("twice-tool"));
    const older = await done("updateTool", `id: "${id}", expectedVersion: 1, changes: { tagline: "2" }`);
    const newer = await done("updateTool", `id: "${id}", expectedVersion: 2, changes: { tagline: "3" }`);
    await done("publishRevision", `revisionId: "${newer.id}"`);
    const { userErrors } = await edit("publishRevision", `revisionId: "${older.id}"`);
    expect(userErrors).toMatchObject([{ code: "NOT_ALLOWED" }]);
    const restored = await done("restoreRevision", `revisionId: "${revisionId}", expectedVersion: 3`);
    await done("publishRevision", `revisionId: "${restored.id}"`);
    expect(await api.data(`{ tool(by: { id: "${id}" }) { tagline } }`)).toEqual({ tool: { tagline: "T" } });
  });

  it("puts lessons in their module's order, and takes out what it does not list any more", async () => {
    const lessons = [];
    for (const slug of ["m-one", "m-two", "m-three"]) lessons.push(await published("createLesson", newLesson(slug)));
    const module = await published(
      "createModule",
      `slug: "m-module", content: { title: "M", topic: "backend-and-api-development", level: BEGINNER, position: 50, summary: "S", lessons: ["m-one", "m-two"] }`,
    );
    const order = async () => {
      const data = await api.data<{ module: { lessons: { totalCount: number; nodes: { slug: string }[] } } }, never>(
        `{ module(by: { id: "${module.id}" }) { lessons { totalCount nodes { slug } } } }`,
      );
      return data.module.lessons.nodes.map(({ slug }) => slug);
    };
    expect(await order()).toEqual(["m-one", "m-two"]);
    const ids = [lessons[1]?.id, lessons[0]?.id].map(id => `"${id}"`).join();
    const swapped = await done(
      "reorderModuleLessons",
      `moduleId: "${module.id}", expectedVersion: 1, lessonIds: [${ids}]`,
    );
    await done("publishRevision", `revisionId: "${swapped.id}"`);
    expect(await order()).toEqual(["m-two", "m-one"]);
    const other = await done(
      "updateModule",
      `id: "${module.id}", expectedVersion: 2, changes: { lessons: ["m-three"] }`,
    );
    await done("publishRevision", `revisionId: "${other.id}"`);
    expect(await order()).toEqual(["m-three"]);
    const { userErrors } = await edit("unpublishContent", `id: "${lessons[2]?.id}"`);
    expect(userErrors).toMatchObject([{ code: "IN_USE", message: "The module m-module needs it." }]);
  }, 60_000);

  it("holds a lesson to one module, and modules to their level", async () => {
    const draft = await done(
      "createModule",
      `slug: "thief", content: { title: "T", topic: "backend-and-api-development", level: ADVANCED, position: 51, summary: "S", lessons: ["m-three"] }`,
    );
    const { userErrors } = await edit("publishRevision", `revisionId: "${draft.id}"`);
    expect(userErrors.map(({ code }) => code)).toEqual(["INVALID", "INVALID"]);
  });
});

describe("Review", () => {
  it("lets nobody approve their own revision where it takes four eyes, nor publish one that is not approved", async () => {
    const strict = await createTestApi({ golden: "catalogue", services: { fourEyes: true } });
    try {
      const [author, other] = [
        await createUser(strict.database, { role: "EDITOR" }),
        await createUser(strict.database, { role: "EDITOR" }),
      ].map(({ id }): Viewer => ({ userId: id, role: "EDITOR", sessionId: randomUUID() }));
      const run = async (name: string, input: string, as: Viewer | undefined) => {
        const data = await strict.data<Record<string, Edited>, never>(
          `mutation { edited: ${name}(input: { ${input} }) { revision { id number state slug } conflict { fields revision { number authorName } } userErrors { code message path } } }`,
          undefined,
          as ? { as } : {},
        );
        return data["edited"] as Edited;
      };
      const { revision } = await run("createTool", newTool("reviewed"), author);
      const target = `revisionId: "${revision?.id}"`;
      expect((await run("publishRevision", target, author)).userErrors).toMatchObject([{ code: "NOT_ALLOWED" }]);
      expect((await run("submitRevision", target, author)).revision?.state).toBe("IN_REVIEW");
      expect((await run("approveRevision", target, author)).userErrors).toMatchObject([{ code: "NOT_ALLOWED" }]);
      expect((await run("approveRevision", target, other)).userErrors).toEqual([]);
      expect((await run("publishRevision", target, author)).revision?.state).toBe("PUBLISHED");
    } finally {
      await strict.close();
    }
  });
});

describe("Addresses", () => {
  it("that something had lead to it for ever, and what named it by the old one names it by the new", async () => {
    const tool = await published("createTool", newTool("old-name"));
    const lesson = await published(
      "createLesson",
      newLesson("names-it", `, tools: ["old-name"]`).replace("Text.", "Use [it](tool:old-name)."),
    );
    await done("renameContent", `id: "${tool.id}", slug: "new-name"`);
    await done("renameContent", `id: "${tool.id}", slug: "newest-name"`);
    for (const slug of ["old-name", "new-name", "newest-name"]) {
      expect(await api.data(`{ tool(by: { slug: "${slug}" }) { id slug } }`)).toEqual({
        tool: { id: tool.id, slug: "newest-name" },
      });
    }
    const { lesson: text } = await api.data<{ lesson: { content: { body: { markdown: string } } } }, never>(
      `{ lesson(by: { id: "${lesson.id}" }) { content { ... on LessonBody { body { markdown } } } } }`,
    );
    expect(text.content.body.markdown).toBe("Use [it](tool:newest-name).");
    const taken = await edit("createTool", newTool("old-name"));
    expect(taken.userErrors).toMatchObject([{ code: "CONFLICT", path: ["input", "slug"] }]);
  }, 60_000);

  it("of merged tools are one tool's, with the places and the bookmarks of the other", async () => {
    const [gone, kept] = [
      await published("createTool", newTool("gone")),
      await published("createTool", newTool("kept")),
    ];
    const lesson = await published("createLesson", newLesson("uses-both", `, tools: ["kept", "gone"]`));
    await api.data(
      `mutation { setBookmark(input: { targetId: "${gone.id}", isBookmarked: true }) { userErrors { code } } }`,
      undefined,
      { as: bob },
    );
    await done("mergeTools", `fromId: "${gone.id}", intoId: "${kept.id}"`);
    expect(await api.data(`{ tool(by: { slug: "gone" }) { id } }`)).toEqual({ tool: { id: kept.id } });
    expect(await api.data(`{ node(id: "${gone.id}") { id } }`)).toEqual({ node: null });
    expect(await api.data(`{ lesson(by: { id: "${lesson.id}" }) { tools { nodes { slug } } } }`)).toEqual({
      lesson: { tools: { nodes: [{ slug: "kept" }] } },
    });
    const { tool } = await api.data<{ tool: unknown }, never>(
      `{ tool(by: { id: "${kept.id}" }) { isBookmarked } }`,
      undefined,
      { as: bob },
    );
    expect(tool).toEqual({ isBookmarked: true });
  }, 60_000);
});

describe("Taking off the site", () => {
  it("leaves the content as a draft and learners their progress, which counts again when it is back", async () => {
    const lesson = await published("createLesson", newLesson("comes-and-goes"));
    await api.data(
      `mutation { completeLesson(input: { lessonId: "${lesson.id}" }) { userErrors { code } } }`,
      undefined,
      { as: bob },
    );
    const draft = await done("unpublishContent", `id: "${lesson.id}"`);
    expect(draft).toMatchObject({ number: 2, state: "DRAFT" });
    expect(await api.data(`{ lesson(by: { slug: "comes-and-goes" }) { id } }`)).toEqual({ lesson: null });
    await done("publishRevision", `revisionId: "${draft.id}"`);
    expect(
      await api.data(`{ lesson(by: { slug: "comes-and-goes" }) { id progress { state } } }`, undefined, { as: bob }),
    ).toEqual({ lesson: { id: lesson.id, progress: { state: "COMPLETED" } } });
    await done("archiveContent", `id: "${lesson.id}"`);
    const restored = await done("restoreRevision", `revisionId: "${draft.id}", expectedVersion: 2`);
    await done("publishRevision", `revisionId: "${restored.id}"`);
    expect(await api.data(`{ lesson(by: { slug: "comes-and-goes" }) { id } }`)).toEqual({ lesson: { id: lesson.id } });
  }, 60_000);
});

describe("Facts and ranks", () => {
  it("are added, changed, moved and removed one by one", async () => {
    const topic = await published(
      "createTopic",
      `slug: "small-topic", content: { title: "Small", emoji: "🧩", category: DATA, position: 70, updatedOn: "2026-06-24", summary: "S", seo: { title: "T", description: "D" }, tools: [{ tool: "cursor", blurb: "C" }], sections: [{ kind: OVERVIEW, emoji: "📘", heading: "A", body: "a" }, { kind: CUSTOM, emoji: "📘", heading: "B", body: "b" }] }`,
    );
    const claude = await idOf("tool", "claude");
    const cursor = await idOf("tool", "cursor");
    const fact = (value: string) =>
      `fact: { key: "size", kind: USERS, statement: "It is ${value}.", value: "${value}", asOf: "2026-06-24", source: { name: "S" } }`;
    await done(
      "addTopicTool",
      `topicId: "${topic.id}", expectedVersion: 1, toolId: "${claude}", blurb: "First", rank: 1, isFeatured: true`,
    );
    await done("reorderTopicSections", `topicId: "${topic.id}", expectedVersion: 2, anchors: ["b", "a"]`);
    await done("setFact", `subjectId: "${topic.id}", expectedVersion: 3, ${fact("1")}`);
    await done("setFact", `subjectId: "${topic.id}", expectedVersion: 4, ${fact("2")}`);
    const last = await done(
      "reorderTopicTools",
      `topicId: "${topic.id}", expectedVersion: 5, toolIds: ["${cursor}", "${claude}"]`,
    );
    await done("publishRevision", `revisionId: "${last.id}"`);
    expect(
      await api.data(
        `{ topic(by: { id: "${topic.id}" }) { tools { edges { rank isFeatured node { slug } } } sections { heading } facts { nodes { key value } } } }`,
      ),
    ).toEqual({
      topic: {
        tools: {
          edges: [
            { rank: 1, isFeatured: false, node: { slug: "cursor" } },
            { rank: 2, isFeatured: true, node: { slug: "claude" } },
          ],
        },
        sections: [{ heading: "B" }, { heading: "A" }],
        facts: { nodes: [{ key: "size", value: "2" }] },
      },
    });
    await done("removeTopicTool", `topicId: "${topic.id}", expectedVersion: 6, toolId: "${claude}"`);
    const bare = await done("removeFact", `subjectId: "${topic.id}", expectedVersion: 7, key: "size"`);
    await done("publishRevision", `revisionId: "${bare.id}"`);
    expect(
      await api.data(`{ topic(by: { id: "${topic.id}" }) { tools { totalCount } facts { totalCount } } }`),
    ).toEqual({ topic: { tools: { totalCount: 1 }, facts: { totalCount: 0 } } });
    const wrong = await edit("reorderTopicSections", `topicId: "${topic.id}", expectedVersion: 8, anchors: ["b"]`);
    expect(wrong.userErrors).toMatchObject([{ code: "INVALID", path: ["input", "anchors"] }]);
  }, 60_000);
});

describe("History", () => {
  it("tells editors what differs word by word, and readers what changed", async () => {
    const tool = await published("createTool", newTool("compared"));
    const next = await done(
      "updateTool",
      `id: "${tool.id}", expectedVersion: 1, changes: { description: "A good tool." }`,
    );
    const { compareRevisions } = await api.data<{ compareRevisions: unknown }, never>(
      `{ compareRevisions(a: "${tool.revisionId}", b: "${next.id}") { isTruncated changes { path kind words { kind text } } } }`,
      undefined,
      { as: ada },
    );
    expect(compareRevisions).toMatchObject({
      isTruncated: false,
      changes: [{ path: ["description"], kind: "CHANGED" }],
    });
    expect(JSON.stringify(compareRevisions)).toContain(`"kind":"ADDED"`);
    const cursor = await idOf("tool", "cursor");
    const other = await done(
      "setFact",
      `subjectId: "${cursor}", expectedVersion: ${await version("cursor")}, fact: { key: "x", kind: USERS, statement: "S", asOf: "2026-06-24", source: { name: "S" } }`,
    );
    expectCode(
      await api.execute(`{ compareRevisions(a: "${tool.revisionId}", b: "${other.id}") { isTruncated } }`, undefined, {
        as: ada,
      }),
      "BAD_USER_INPUT",
    );
  });

  it("shows a topic as it stood on a day, and what has changed since", async () => {
    const { id } = await published(
      "createTopic",
      `slug: "old-topic", content: { title: "Then", emoji: "🧩", category: DATA, position: 71, updatedOn: "2026-06-24", summary: "S", seo: { title: "T", description: "D" }, tools: [{ tool: "cursor", blurb: "C" }], sections: [{ kind: OVERVIEW, emoji: "📘", heading: "A", body: "a" }] }`,
    );
    const next = await done("updateTopic", `id: "${id}", expectedVersion: 1, changes: { title: "Now", tools: [] }`);
    await done("publishRevision", `revisionId: "${next.id}"`);
    await api.database.models.$executeRaw`
      UPDATE "revision" SET "published_at" = CASE "number" WHEN 1 THEN '2026-01-01T12:00:00Z' ELSE '2026-03-01T12:00:00Z' END::timestamptz,
        "withdrawn_at" = CASE "number" WHEN 1 THEN '2026-03-01T12:00:00Z'::timestamptz END WHERE "slug" = 'old-topic'`;
    const asOf = (day: string) =>
      api.data(`{ topic(by: { slug: "old-topic" }, asOf: "${day}") { title tools { totalCount nodes { slug } } } }`);
    expect(await asOf("2025-12-31")).toEqual({ topic: null });
    expect(await asOf("2026-01-01")).toEqual({
      topic: { title: "Then", tools: { totalCount: 1, nodes: [{ slug: "cursor" }] } },
    });
    expect(await asOf("2026-02-28")).toMatchObject({ topic: { title: "Then" } });
    expect(await asOf("2026-03-01")).toEqual({ topic: { title: "Now", tools: { totalCount: 0, nodes: [] } } });
    const { topic } = await api.data<{ topic: { changesSince: { sentences: string[] }[] } }, never>(
      `{ topic(by: { slug: "old-topic" }) { changesSince(asOf: "2026-02-01") { publishedAt sentences } } }`,
    );
    expect(topic.changesSince).toEqual([
      {
        publishedAt: "2026-03-01T12:00:00.000Z",
        sentences: expect.arrayContaining(["Tool Cursor removed."]) as unknown,
      },
    ]);
    expectCode(
      await api.execute(
        `{ topic(by: { slug: "old-topic" }, asOf: "2026-01-01") { title } catalogStats { topicCount } }`,
      ),
      "BAD_USER_INPUT",
    );
  });
});

describe("Audit", () => {
  it("has an event of each write, which nobody can change, and which only admins see", async () => {
    const { auditEvents } = await api.data<{ auditEvents: { nodes: { action: string; actorName: string }[] } }, never>(
      `{ auditEvents(first: 100) { nodes { action actorName subjectType subjectKey beforeHash afterHash request address } } }`,
      undefined,
      { as: admin },
    );
    const actions = await api.database.models.auditEvent.findMany({ distinct: ["action"], select: { action: true } });
    expect(actions.length).toBeGreaterThan(10);
    expect(auditEvents.nodes[0]).toMatchObject({
      action: "createTool",
      actorName: "Ada",
      subjectType: "Tool",
      beforeHash: null,
    });
    expectCode(await api.execute(`{ auditEvents { nodes { id } } }`, undefined, { as: ada }), "FORBIDDEN");
    await expect(api.database.models.auditEvent.deleteMany()).rejects.toThrow();
  });

  const actionsOn = async (filter: string) => {
    const { auditEvents } = await api.data<{ auditEvents: { nodes: { action: string }[] } }, never>(
      `{ auditEvents(first: 100, filter: ${filter}) { nodes { action } } }`,
      undefined,
      { as: admin },
    );
    return auditEvents.nodes.map(({ action }) => action);
  };

  it("is found by what was written, also after it is gone, and by several at once", async () => {
    const one = await published("createTool", newTool("audited-tool"));
    const other = await published("createLesson", newLesson("audited-lesson"));
    await done("archiveContent", `id: "${one.id}"`);
    expect(await actionsOn(`{ subject: { eq: "${one.id}" } }`)).toEqual([
      "createTool",
      "publishRevision",
      "archiveContent",
    ]);
    expect(
      await actionsOn(`{ subject: { in: ["${one.id}", "${other.id}"] }, action: { eq: "publishRevision" } }`),
    ).toEqual(["publishRevision", "publishRevision"]);
    const lessonOfThatKey = Buffer.from(Buffer.from(one.id, "base64url").toString().replace("Tool", "Lesson")).toString(
      "base64url",
    );
    expect(await actionsOn(`{ subject: { eq: "${lessonOfThatKey}" } }`)).not.toContain("archiveContent");
    expect(await actionsOn(`{ subject: { in: [] } }`)).toEqual([]);
    const wrong = await api.execute(
      `{ auditEvents(filter: { subject: { eq: "nonsense" } }) { nodes { id } } }`,
      undefined,
      {
        as: admin,
      },
    );
    expectCode(wrong, "BAD_USER_INPUT");
    expect(wrong.errors[0]).toMatchObject({ extensions: { argument: "filter.subject.eq" } });
  });
});

describe("An account that is deleted", () => {
  it("is named no more on what it saved, approved and did", async () => {
    const { id } = await createUser(api.database, { role: "EDITOR", displayName: "Edna Passing" });
    const edna: Viewer = { userId: id, role: "EDITOR", sessionId: randomUUID() };
    const saved = await done("createTool", newTool("of-edna"), edna);
    const handedIn = await done("submitRevision", `revisionId: "${(await done("createTool", newTool("of-ada"))).id}"`);
    await done("approveRevision", `revisionId: "${handedIn.id}"`, edna);
    const named = async () => {
      const {
        saved: s,
        approved,
        auditEvents,
      } = await api.data<Record<string, unknown>, never>(
        `{ saved: revision(id: "${saved.id}") { authorName } approved: revision(id: "${handedIn.id}") { authorName approverName }
           auditEvents(first: 100, filter: { action: { eq: "approveRevision" } }) { nodes { actorName actor { displayName } } } }`,
        undefined,
        { as: admin },
      );
      const { nodes } = auditEvents as { nodes: unknown[] };
      return [s, approved, nodes.at(-1)];
    };
    expect(await named()).toEqual([
      { authorName: "Edna Passing" },
      { authorName: "Ada", approverName: "Edna Passing" },
      { actorName: "Edna Passing", actor: { displayName: "Edna Passing" } },
    ]);
    const byName = () =>
      api.data<{ auditEvents: { totalCount: number } }, never>(
        `{ auditEvents(filter: { actorName: { eq: "Edna Passing" } }) { totalCount } }`,
        undefined,
        { as: admin },
      );
    expect((await byName()).auditEvents.totalCount).toBe(2);

    await api.database.models.user.delete({ where: { id } });
    expect(await named()).toEqual([
      { authorName: "a deleted account" },
      { authorName: "Ada", approverName: "a deleted account" },
      { actorName: "a deleted account", actor: null },
    ]);
    expect((await byName()).auditEvents.totalCount).toBe(0);
    // Who it was can still be told apart.
    expect(await api.database.models.auditEvent.count({ where: { actorId: id } })).toBe(2);
  });
});
