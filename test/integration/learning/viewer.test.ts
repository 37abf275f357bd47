// What learners find under their own names, and nobody else does: the next lesson, what they have begun, completed and bookmarked.
import { encodeNodeId } from "../../../src/graphql/node-id";
import { createLesson, createModule, createTool, createTopic } from "../../support/factories";
import { declared, given } from "../../support/pages";
import { createViewer } from "../../support/signed-in";
import { api, haveProgress, idOf, june, learners, setBookmark, someone, text, useLearners, type Who } from "./learners";

useLearners();

describe("Viewer.nextLesson", () => {
  let who: Who;
  /** By slug. The topic that stands first was made last; in each module, so was its first lesson. */
  let lessons: Map<string, number>;

  async function next(): Promise<string | null> {
    const { viewer } = await api.data<{ viewer: { nextLesson: { slug: string } | null } }, never>(
      "{ viewer { nextLesson { slug } } }",
      undefined,
      who,
    );
    return viewer.nextLesson?.slug ?? null;
  }

  const complete = (slug: string, day: number) => haveProgress(who, lessons.get(slug)!, june(day), june(day));
  const begin = (slug: string, day: number) => haveProgress(who, lessons.get(slug)!, june(day));

  beforeAll(async () => {
    // Nothing of what other tests made is to be next.
    await api.database.models.lesson.deleteMany();
    await api.database.models.module.deleteMany();
    await api.database.models.topic.deleteMany();
    lessons = new Map();
    const make = async (slug: string, place: { moduleId?: number; position?: number } = {}) =>
      lessons.set(slug, (await createLesson(api.database, { slug, ...place })).id);
    for (const [topic, position] of [
      ["second", 2],
      ["first", 1],
    ] as const) {
      const { id: topicId } = await createTopic(api.database, { slug: topic, position });
      for (const [module, level, at] of [
        ["b", "BEGINNER", 3],
        ["a", "BEGINNER", 2],
        ["hard", "ADVANCED", 1],
      ] as const) {
        const { id: moduleId } = await createModule(api.database, { topicId, position: at, level });
        for (const n of [3, 2, 1]) await make(`${topic}-${module}-${n}`, { moduleId, position: n });
      }
    }
    await make("loose");
  });

  beforeEach(async () => {
    who = await someone("a viewer");
    // Of somebody else, and later than all others.
    const other = await someone("a viewer");
    await haveProgress(other, lessons.get("second-hard-2")!, june(30));
    await haveProgress(other, lessons.get("first-a-1")!, june(30), june(30));
  });

  it("is the lesson that was begun last, whatever was completed since", async () => {
    await begin("second-b-2", 2);
    await begin("second-a-1", 3);
    await begin("first-a-1", 1);
    await complete("first-b-1", 4);
    expect(await next()).toBe("second-a-1");
  });

  it("is the next open one of the module in which one was completed last", async () => {
    await complete("second-hard-2", 2);
    await complete("first-a-1", 1);
    expect(await next()).toBe("second-hard-3");
    await complete("second-hard-1", 3);
    expect(await next()).toBe("second-hard-3");
  });

  it("is an earlier one of that module when the later ones are completed", async () => {
    await complete("first-hard-2", 1);
    await complete("first-hard-3", 2);
    expect(await next()).toBe("first-hard-1");
  });

  it("does not mind a lesson of no module that was completed since", async () => {
    await complete("second-b-1", 1);
    await complete("loose", 2);
    expect(await next()).toBe("second-b-2");
  });

  it("is the first open one of the beginner modules, in the catalogue's order, when that module is completed", async () => {
    for (const n of [1, 2, 3]) await complete(`second-hard-${n}`, 10 + n);
    expect(await next()).toBe("first-a-1");
    await complete("first-a-1", 1);
    expect(await next()).toBe("first-a-2");
    for (const n of [2, 3]) await complete(`first-a-${n}`, 1);
    expect(await next()).toBe("first-b-1");
    for (const n of [1, 2, 3]) await complete(`first-b-${n}`, 1);
    expect(await next()).toBe("second-a-1");
  });

  it("is the first one of the beginner modules for somebody new", async () => {
    expect(await next()).toBe("first-a-1");
  });

  it("is the first one of the level that the viewer prefers, and of the beginner modules after that", async () => {
    await api.database.models.user.update({ where: { id: idOf(who) }, data: { preferredLevel: "ADVANCED" } });
    expect(await next()).toBe("first-hard-1");
    for (const topic of ["first", "second"]) for (const n of [1, 2, 3]) await complete(`${topic}-hard-${n}`, n);
    expect(await next()).toBe("first-a-1");
  });

  it("is null when nothing of these is left", async () => {
    const beginner = [...lessons.keys()].filter(slug => !slug.includes("hard") && slug !== "loose");
    for (const slug of beginner) await complete(slug, 1);
    expect(await next()).toBeNull();
  });
});

interface LearnedPage {
  edges: object[];
  pageInfo: { hasNextPage: boolean; hasPreviousPage: boolean; startCursor: string; endCursor: string };
  totalCount: number;
}

describe("the lists of a viewer", () => {
  let who: Who;
  let other: Who;
  /** The edges of each list, in its order. */
  let expected: Record<string, object[]>;
  const edgeFields: Readonly<Record<string, string>> = {
    continueLearning: "startedAt completedAt node { slug }",
    completedLessons: "startedAt completedAt node { slug }",
    bookmarks: `node {
      createdAt target { __typename ... on Lesson { slug } ... on Topic { slug title } ... on Tool { slug name } }
    }`,
  };

  beforeAll(async () => {
    who = await someone("a viewer");
    other = await someone("a viewer");
    const { database } = api;
    const made: { id: number; slug: string }[] = [];
    for (let n = 0; n < 11; n++) made.push(await createLesson(database));
    const edge = (n: number, startedAt: string, completedAt: string | null) => ({
      ...{ startedAt, completedAt },
      node: { slug: made[n]!.slug },
    });
    // Two of each at the same time: the id decides.
    for (const [n, day] of [2, 4, 3, 3, 1].entries()) await haveProgress(who, made[n]!.id, june(day));
    for (const [n, day] of [12, 13, 13, 11, 14].entries()) {
      await haveProgress(who, made[n + 5]!.id, june(5), june(day));
    }
    await haveProgress(other, made[10]!.id, june(2));
    await haveProgress(other, made[0]!.id, june(2), june(3));
    const topic = await createTopic(database);
    const tool = await createTool(database);
    const lesson = { __typename: "Lesson", slug: made[3]!.slug };
    const topicTarget = { __typename: "Topic", slug: topic.slug, title: topic.title };
    const toolTarget = { __typename: "Tool", slug: tool.slug, name: tool.name };
    await setBookmark("Topic", topic.id, true, { ...who, startedAt: june(3) });
    await setBookmark("Tool", tool.id, true, { ...who, startedAt: june(1) });
    await setBookmark("Lesson", made[3]!.id, true, { ...who, startedAt: june(2) });
    await setBookmark("Lesson", made[1]!.id, true, { ...who, startedAt: june(2) });
    await setBookmark("Tool", tool.id, true, { ...other, startedAt: june(5) });
    expected = {
      continueLearning: [
        edge(1, text(4), null),
        edge(3, text(3), null),
        edge(2, text(3), null),
        edge(0, text(2), null),
        edge(4, text(1), null),
      ],
      completedLessons: [
        edge(9, text(5), text(14)),
        edge(7, text(5), text(13)),
        edge(6, text(5), text(13)),
        edge(5, text(5), text(12)),
        edge(8, text(5), text(11)),
      ],
      bookmarks: [
        { createdAt: text(3), target: topicTarget },
        { createdAt: text(2), target: { ...lesson, slug: made[1]!.slug } },
        { createdAt: text(2), target: lesson },
        { createdAt: text(1), target: toolTarget },
      ].map(node => ({ node })),
    };
  });

  async function page(list: string, args: Record<string, unknown>): Promise<LearnedPage> {
    const fields = `edges { ${edgeFields[list]} } totalCount
      pageInfo { hasNextPage hasPreviousPage startCursor endCursor }`;
    const { viewer } = await api.data<{ viewer: { list: LearnedPage } }, Record<string, unknown>>(
      `query (${declared}) { viewer { list: ${list}(${given}) { ${fields} } } }`,
      args,
      who,
    );
    return viewer.list;
  }

  describe.each(["continueLearning", "completedLessons", "bookmarks"])("Viewer.%s", list => {
    it("has the viewer's own alone, the latest first, and counts them", async () => {
      const found = await page(list, {});
      expect(found.edges).toEqual(expected[list]);
      expect(found.totalCount).toBe(expected[list]!.length);
    });

    it("is paged forward and backward without a gap", async () => {
      const all = expected[list]!;
      const forward: object[] = [];
      for (let after: string | undefined, more = true; more;) {
        const found = await page(list, { first: 2, ...(after === undefined ? {} : { after }) });
        expect(found.pageInfo.hasPreviousPage).toBe(forward.length > 0);
        forward.push(...found.edges);
        expect(found.totalCount).toBe(all.length);
        [after, more] = [found.pageInfo.endCursor, found.pageInfo.hasNextPage];
      }
      expect(forward).toEqual(all);
      const backward: object[] = [];
      for (let before: string | undefined, more = true; more;) {
        const found = await page(list, { last: 2, ...(before === undefined ? {} : { before }) });
        expect(found.pageInfo.hasNextPage).toBe(backward.length > 0);
        backward.unshift(...found.edges);
        [before, more] = [found.pageInfo.startCursor, found.pageInfo.hasPreviousPage];
      }
      expect(backward).toEqual(all);
    });

    it("refuses the cursors of another list", async () => {
      const foreign = (await page(list === "bookmarks" ? "completedLessons" : "bookmarks", {})).pageInfo.endCursor;
      await expect(page(list, { after: foreign })).rejects.toThrow("BAD_USER_INPUT");
    });
  });
});

describe("Query.node of a bookmark", () => {
  it.each(learners)("finds it for %s whose own it is, and for nobody else", async kind => {
    const who = await someone(kind);
    const tool = await createTool(api.database);
    await setBookmark("Tool", tool.id, true, { ...who, startedAt: june(7) });
    const { id } = await api.database.models.bookmark.findFirstOrThrow({ where: { learnerId: idOf(who) } });
    const document = `{ node(id: "${encodeNodeId("Bookmark", id)}") {
      id ... on Bookmark { createdAt target { ... on Tool { slug } } }
    } }`;
    expect(await api.data(document, undefined, who)).toEqual({
      node: { id: encodeNodeId("Bookmark", id), createdAt: text(7), target: { slug: tool.slug } },
    });
    const admin = { as: await createViewer(api.database, { role: "ADMIN" }) };
    for (const other of [{}, admin, await someone("a viewer"), await someone("a guest")]) {
      expect(await api.data(document, undefined, other)).toEqual({ node: null });
    }
  });
});
