// The API once more, naively: every field from all rows in memory, by the descriptions in the schema. Nothing here is shared with the
// code that is tested but the committed SDL and the form of global ids.
import { readFileSync } from "node:fs";
import { buildSchema, execute, parse, type ExecutionResult } from "graphql";
import { FactKind, PlanUnit, TopicCategory } from "../../../src/generated/prisma/enums";
import type { Viewer } from "../../../src/request/context";
import type { Row, Rows } from "./catalogue";
import { fits, type Filter } from "./filter";

type Args = Readonly<Record<string, unknown>>;
type Read = (source: Row, args: Args, world: World) => unknown;
export interface World {
  rows: Rows;
  viewer: Viewer | null;
  today: string;
}

type SortKey = (item: Item) => number | string;
interface Item {
  node: Row;
  /** What belongs on the edge. */
  link: Readonly<Record<string, unknown>>;
}

const levels = ["BEGINNER", "INTERMEDIATE", "ADVANCED"];
const text =
  (field: string): SortKey =>
  item =>
    String(item.node[field]).replace(/[A-Z]/g, l => l.toLowerCase());
const field =
  (name: string): SortKey =>
  item =>
    item.node[name] as number | string;
const linked =
  (name: string): SortKey =>
  item =>
    item.link[name] as number;

const orders: Readonly<Record<string, Readonly<Record<string, readonly SortKey[]>>>> = {
  Topic: {
    POSITION: [field("position")],
    TITLE: [text("title")],
    UPDATED_ON: [field("updatedOn")],
    CREATED_AT: [field("createdAt")],
  },
  Tool: { NAME: [text("name")], VENDOR: [text("vendor"), text("name")], CREATED_AT: [field("createdAt")] },
  Fact: { AS_OF: [field("asOf")], STALE_AFTER: [item => (item.node["staleAfter"] as string | null) ?? "9999-12-31"] },
  Module: { TITLE: [text("title")], LEVEL: [item => levels.indexOf(String(item.node["level"]))] },
  Lesson: {
    TITLE: [text("title")],
    LEVEL: [item => levels.indexOf(String(item.node["level"]))],
    DURATION: [field("durationMinutes")],
    UPDATED_ON: [field("updatedOn")],
    CREATED_AT: [field("createdAt")],
  },
};

/** PostgreSQL's collation "C": by bytes. */
function difference(a: number | string, b: number | string): number {
  return typeof a === "number" ? a - Number(b) : Buffer.compare(Buffer.from(a), Buffer.from(String(b)));
}

function sorted(items: readonly Item[], keys: readonly SortKey[], direction = "ASC"): Item[] {
  const all = [...keys, field("id")];
  return [...items].sort((a, b) => {
    const order = all.map(key => difference(key(a), key(b))).find(result => result !== 0) ?? 0;
    return direction === "ASC" ? order : -order;
  });
}

/** @param own the list's own order; `cursor` here is the id of the row. */
function connection(type: string, items: readonly Item[], own: readonly SortKey[], args: Args, world: World): object {
  const fitting = items.filter(item =>
    fits(type, item.node, (args["filter"] ?? {}) as Filter, world.rows, world.today),
  );
  const orderBy = args["orderBy"] as { field: string; direction: string } | null | undefined;
  const keys = orderBy ? (orders[type]?.[orderBy.field] ?? []) : own;
  const all = sorted(fitting, keys, orderBy?.direction);
  const cursorOf = (item: Item) => String(item.node.id);
  const after = all.findIndex(item => cursorOf(item) === args["after"]);
  const before = args["before"] == null ? -1 : all.findIndex(item => cursorOf(item) === args["before"]);
  const between = all.slice(after + 1, before < 0 ? undefined : Math.max(before, 0));
  const last = args["last"] as number | null | undefined;
  const kept = last == null ? between.slice(0, (args["first"] as number | null) ?? 20) : between.slice(-last);
  const start = kept[0] ? all.indexOf(kept[0]) : after + 1;
  return {
    edges: kept.map(item => ({ ...item.link, node: item.node, cursor: cursorOf(item) })),
    nodes: kept.map(item => item.node),
    pageInfo: {
      hasPreviousPage: start > 0 && all.length > 0,
      hasNextPage: start + kept.length < all.length,
      startCursor: kept[0] ? cursorOf(kept[0]) : null,
      endCursor: kept.at(-1) ? cursorOf(kept.at(-1) as Item) : null,
    },
    totalCount: all.length,
  };
}

const plain = (rows: readonly Row[]): Item[] => rows.map(node => ({ node, link: {} }));
const table = (world: World, name: string): readonly Row[] => world.rows[name] ?? [];
const byId = (world: World, name: string, id: unknown): Row | null =>
  table(world, name).find(row => row.id === id) ?? null;
const lookup =
  (name: string): Read =>
  (_source, args, world) => {
    const by = args["by"] as { id?: string; slug?: string };
    const found = (row: Row) => (by.slug === undefined ? idOf(row) === by.id : row["slug"] === by.slug);
    return table(world, name).find(found) ?? null;
  };
const children = (world: World, name: string, key: string, id: number): Row[] =>
  table(world, name).filter(row => row[key] === id);
/** Items that link rows lead to. */
const through = (world: World, links: string, from: string, to: string, name: string, id: number): Item[] =>
  children(world, links, from, id).flatMap(link => {
    const node = byId(world, name, link[to]);
    return node ? [{ node, link: { ...link, isFeatured: link["featured"] } }] : [];
  });

const idOf = (row: Row) => Buffer.from(`${String(row["__typename"])}:${row.id}`).toString("base64url");
const richText = (row: Row, prefix: string) => ({
  markdown: row[`${prefix}Markdown`],
  html: row[`${prefix}Html`],
  text: row[`${prefix}Text`],
});
const source: Read = row => ({ name: row["sourceName"], url: row["sourceUrl"] });
const byPosition = [field("position")];
const byPlace = [linked("position")];
const nodesOf = (items: readonly Item[]) => items.map(item => item.node);

/** Other rows that meet a row's partners, with how many they share. */
function sharing(world: World, own: string, other: string, name: string, id: number, count: string): Item[] {
  const partners = (key: number) => children(world, "topicTools", own, key).map(link => link[other]);
  const mine = partners(id);
  return table(world, name).flatMap(node => {
    const shared = partners(node.id).filter(partner => mine.includes(partner)).length;
    return node.id === id || shared === 0 ? [] : [{ node, link: { [count]: shared } }];
  });
}

function counts(world: World) {
  const guides = table(world, "lessons").filter(row => row["kind"] === "TOOL_GUIDE").length;
  const lessons = table(world, "lessons").length;
  return { guides, lessons };
}

function neighbour(step: number): Read {
  return (lesson, _args, world) =>
    table(world, "lessons")
      .filter(other => lesson["moduleId"] !== null && other["moduleId"] === lesson["moduleId"])
      .filter(other => (Number(other["position"]) - Number(lesson["position"])) * step > 0)
      .sort((a, b) => (Number(a["position"]) - Number(b["position"])) * step)[0] ?? null;
}

const rootList =
  (type: string, name: string, own: readonly SortKey[]): Read =>
  (_source, args, world) =>
    connection(type, plain(table(world, name)), own, args, world);

/** One list of a comparison: a row for each value that any tool has, in the order of the enum. */
function aligned(
  world: World,
  tools: readonly Row[],
  name: string,
  key: string,
  items: string,
  enumValues: readonly string[],
) {
  const of = (tool: Row) => nodesOf(sorted(plain(children(world, name, "toolId", tool.id)), byPosition));
  return enumValues
    .filter(value => tools.some(tool => of(tool).some(row => row[key] === value)))
    .map(value => ({
      [key]: value,
      cells: tools.map(tool => ({ tool, [items]: of(tool).filter(row => row[key] === value) })),
    }));
}

/** How far the one who asks is with some lessons; null for nobody. */
function groupProgress(world: World, lessons: readonly Row[]) {
  if (!world.viewer) return null;
  const states = lessons.map(lesson => progressOf(world, lesson)?.["state"]);
  const count = (state: string) => states.filter(found => found === state).length;
  return {
    ...{ lessonCount: lessons.length, startedCount: count("STARTED"), completedCount: count("COMPLETED") },
    isCompleted: lessons.length > 0 && count("COMPLETED") === lessons.length,
  };
}

const progressOf = (world: World, lesson: Row): Row | null =>
  table(world, "progress").find(
    row => world.viewer && row["learnerId"] === world.viewer.userId && row["lessonId"] === lesson.id,
  ) ?? null;

const isBookmarked =
  (key: string): Read =>
  (row, _args, world) =>
    table(world, "bookmarks").some(
      bookmark => bookmark[key] === row.id && bookmark["learnerId"] === world.viewer?.userId,
    );

const schema = buildSchema(readFileSync("schema.graphql", "utf8"));
const [categories, units, kinds] = [TopicCategory, PlanUnit, FactKind].map(values => Object.values(values) as string[]);

const fields: Readonly<Record<string, Readonly<Record<string, Read>>>> = {
  Query: {
    topic: lookup("topics"),
    tool: lookup("tools"),
    module: lookup("modules"),
    lesson: lookup("lessons"),
    topics: rootList("Topic", "topics", byPosition),
    tools: rootList("Tool", "tools", [text("name")]),
    lessons: rootList("Lesson", "lessons", [text("title")]),
    facts: rootList("Fact", "facts", orders["Fact"]?.["STALE_AFTER"] ?? []),
    topicCategories: (_source, _args, world) =>
      (categories ?? [])
        .map(category => ({ category, topicCount: ofCategory(world, category).length }))
        .filter(({ topicCount }) => topicCount > 0),
    catalogStats: (_source, _args, world) => ({
      topicCount: table(world, "topics").length,
      toolCount: table(world, "tools").length,
      moduleCount: table(world, "modules").length,
      lessonCount: counts(world).lessons - counts(world).guides,
      toolGuideCount: counts(world).guides,
      factCount: table(world, "facts").length,
    }),
    node: (_source, args, world) => anyNode(world, String(args["id"])),
    nodes: (_source, args, world) => (args["ids"] as string[]).map(id => anyNode(world, id)),
    compareTools: (_source, args, world) => {
      const tools = (args["slugs"] as string[]).map(
        slug => table(world, "tools").find(row => row["slug"] === slug) as Row,
      );
      return { tools };
    },
  },
  TopicCategoryGroup: {
    topics: (group, args, world) =>
      connection("Topic", plain(ofCategory(world, String(group["category"]))), byPosition, args, world),
  },
  ToolComparison: {
    planRows: (comparison, _args, world) =>
      aligned(world, comparison["tools"] as Row[], "plans", "unit", "plans", units ?? []),
    factRows: (comparison, _args, world) =>
      aligned(world, comparison["tools"] as Row[], "facts", "kind", "facts", kinds ?? []),
  },
  Topic: {
    isBookmarked: isBookmarked("topicId"),
    progress: (topic, _args, world) =>
      groupProgress(world, nodesOf(through(world, "lessonTopics", "topicId", "lessonId", "lessons", topic.id))),
    seo: topic => ({ title: topic["seoTitle"], description: topic["seoDescription"] }),
    sections: (topic, _args, world) =>
      nodesOf(sorted(plain(children(world, "sections", "topicId", topic.id)), byPosition)),
    callToAction: (topic, _args, world) => children(world, "callsToAction", "topicId", topic.id)[0] ?? null,
    tools: (topic, args, world) =>
      connection(
        "Tool",
        through(world, "topicTools", "topicId", "toolId", "tools", topic.id),
        [linked("rank")],
        args,
        world,
      ),
    facts: (topic, args, world) =>
      connection("Fact", plain(children(world, "facts", "topicId", topic.id)), byPosition, args, world),
    modules: (topic, args, world) =>
      connection("Module", plain(children(world, "modules", "topicId", topic.id)), byPosition, args, world),
    lessons: (topic, args, world) =>
      connection(
        "Lesson",
        through(world, "lessonTopics", "topicId", "lessonId", "lessons", topic.id),
        byPlace,
        args,
        world,
      ),
    relatedTopics: (topic, args, world) =>
      connection(
        "Topic",
        sharing(world, "topicId", "toolId", "topics", topic.id, "sharedToolCount"),
        [item => -Number(item.link["sharedToolCount"]), field("position")],
        args,
        world,
      ),
  },
  TopicSection: {
    body: section => richText(section, "body"),
    mentionedTools: (section, _args, world) =>
      nodesOf(sorted(through(world, "sectionTools", "sectionId", "toolId", "tools", section.id), byPlace)),
  },
  CallToAction: {
    claim: (_source, _args, world) => {
      // Fewer than a hundred here: rounded down to tens.
      const { lessons } = counts(world);
      const rounded = lessons - (lessons % 10);
      return `${rounded}${rounded < lessons ? "+" : ""} free lessons and tool guides`;
    },
  },
  Tool: {
    isBookmarked: isBookmarked("toolId"),
    description: tool => richText(tool, "description"),
    plans: (tool, _args, world) => nodesOf(sorted(plain(children(world, "plans", "toolId", tool.id)), byPosition)),
    facts: (tool, args, world) =>
      connection("Fact", plain(children(world, "facts", "toolId", tool.id)), byPosition, args, world),
    guide: (tool, _args, world) => children(world, "lessons", "guidesToolId", tool.id)[0] ?? null,
    lessons: (tool, args, world) =>
      connection("Lesson", through(world, "lessonTools", "toolId", "lessonId", "lessons", tool.id), [], args, world),
    topics: (tool, args, world) =>
      connection(
        "Topic",
        through(world, "topicTools", "toolId", "topicId", "topics", tool.id),
        byPosition,
        args,
        world,
      ),
    alternatives: (tool, args, world) =>
      connection(
        "Tool",
        sharing(world, "toolId", "topicId", "tools", tool.id, "sharedTopicCount").filter(
          item => item.node["category"] === tool["category"],
        ),
        [item => -Number(item.link["sharedTopicCount"]), text("name")],
        args,
        world,
      ),
  },
  ToolPlan: {
    price: plan => (plan["amount"] === null ? null : { amount: plan["amount"], currency: plan["currency"] }),
    source,
  },
  Fact: {
    source,
    isStale: (fact, _args, world) => fact["staleAfter"] !== null && (fact["staleAfter"] as string) < world.today,
    tool: (fact, _args, world) => byId(world, "tools", fact["toolId"]),
    topic: (fact, _args, world) => byId(world, "topics", fact["topicId"]),
  },
  Module: {
    progress: (module, _args, world) => groupProgress(world, children(world, "lessons", "moduleId", module.id)),
    topic: (module, _args, world) => byId(world, "topics", module["topicId"]),
    lessons: (module, args, world) =>
      connection("Lesson", plain(children(world, "lessons", "moduleId", module.id)), byPosition, args, world),
  },
  Lesson: {
    isBookmarked: isBookmarked("lessonId"),
    progress: (lesson, _args, world) => progressOf(world, lesson),
    content: (lesson, _args, world) =>
      lesson["access"] === "PUBLIC" || world.viewer
        ? { __typename: "LessonBody", body: richText(lesson, "body") }
        : {
            __typename: "LessonLock",
            reason: "ACCOUNT_REQUIRED",
            message: "This lesson opens with a free account.",
            lessonId: lesson.id,
          },
    module: (lesson, _args, world) => byId(world, "modules", lesson["moduleId"]),
    guideTo: (lesson, _args, world) => byId(world, "tools", lesson["guidesToolId"]),
    next: neighbour(1),
    previous: neighbour(-1),
    tools: (lesson, args, world) =>
      connection("Tool", through(world, "lessonTools", "lessonId", "toolId", "tools", lesson.id), byPlace, args, world),
    topics: (lesson, args, world) =>
      connection(
        "Topic",
        through(world, "lessonTopics", "lessonId", "topicId", "topics", lesson.id),
        byPosition,
        args,
        world,
      ),
    prerequisites: (lesson, _args, world) =>
      nodesOf(sorted(through(world, "prerequisites", "lessonId", "prerequisiteId", "lessons", lesson.id), byPlace)),
  },
  LessonLock: {
    callToAction: (lock, _args, world) => {
      const topics = through(world, "lessonTopics", "lessonId", "topicId", "topics", Number(lock["lessonId"]));
      const first = sorted(topics, byPosition)[0]?.node;
      return first ? (children(world, "callsToAction", "topicId", first.id)[0] ?? null) : null;
    },
  },
};

const ofCategory = (world: World, category: string): Row[] =>
  table(world, "topics").filter(row => row["category"] === category);

function anyNode(world: World, id: string): Row | null {
  return (
    ["topics", "sections", "tools", "plans", "facts", "modules", "lessons"]
      .flatMap(name => table(world, name))
      .find(row => idOf(row) === id) ?? null
  );
}

/** The answer to an operation, without its errors: there must be none. */
export function answer(document: string, variables: Args, world: World): ExecutionResult["data"] {
  const result = execute({
    schema,
    document: parse(document),
    variableValues: variables,
    contextValue: world,
    fieldResolver: (row: Row, args: Args, _world, info) => {
      if (info.fieldName === "id") return idOf(row);
      const read = fields[info.parentType.name]?.[info.fieldName];
      return read ? read(row, args, world) : row[info.fieldName];
    },
    typeResolver: (row: { __typename: string }) => row.__typename,
  });
  if ("then" in result) throw new Error("the reference is synchronous");
  if (result.errors) throw new Error(result.errors.map(error => error.message).join("\n"));
  return result.data;
}
