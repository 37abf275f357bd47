// What filters mean, said once more and naively: whether one row fits. Nothing here is shared with the code that is tested.
import type { Row, Rows } from "./catalogue";

export type Filter = Readonly<Record<string, unknown>>;
type Test = (value: unknown, row: Row, rows: Rows, today: string) => boolean;

const given = (filter: Filter) => Object.entries(filter).filter(([, value]) => value !== null && value !== undefined);
const lower = (text: unknown) => String(text).replace(/[A-Z]/g, letter => letter.toLowerCase());

type Operators = Readonly<Record<string, (mine: unknown, value: never) => boolean>>;

const equality: Operators = {
  eq: (mine, value) => mine === value,
  in: (mine, values: unknown[]) => values.includes(mine),
};
const texts: Operators = {
  eq: (mine, value: string) => lower(mine) === lower(value),
  in: (mine, values: string[]) => values.some(value => lower(mine) === lower(value)),
  startsWith: (mine, value: string) => lower(mine).startsWith(lower(value)),
  contains: (mine, value: string) => lower(mine).includes(lower(value)),
};
const ordered = (read: (value: unknown) => number | string): Operators => {
  const compare = (holds: (a: number | string, b: number | string) => boolean) => (mine: unknown, value: unknown) =>
    mine !== null && holds(read(mine), read(value));
  return {
    eq: compare((a, b) => a === b),
    gt: compare((a, b) => a > b),
    gte: compare((a, b) => a >= b),
    lt: compare((a, b) => a < b),
    lte: compare((a, b) => a <= b),
  };
};
const numbers = ordered(Number);
const days = ordered(String);
const instants = ordered(value => Date.parse(String(value)));
const sets: Operators = {
  includes: (mine, value) => (mine as unknown[]).includes(value),
  includesAny: (mine, values: unknown[]) => values.some(value => (mine as unknown[]).includes(value)),
};

const by =
  (operators: Operators) =>
  (field: string): Test =>
  (value, row) =>
    given(value as Filter).every(([operator, operand]) => operators[operator]?.(row[field], operand as never) ?? false);
const [text, choice, number, day, instant, set] = [
  by(texts),
  by(equality),
  by(numbers),
  by(days),
  by(instants),
  by(sets),
];

type Related = (row: Row, rows: Rows) => readonly Row[];
const one =
  (type: string, related: Related): Test =>
  (value, row, rows, today) =>
    related(row, rows).some(other => fits(type, other, value as Filter, rows, today));
const many =
  (type: string, related: Related): Test =>
  (value, row, rows, today) =>
    given(value as Filter).every(
      ([operator, filter]) => one(type, related)(filter, row, rows, today) === (operator === "some"),
    );

/** Rows of `target` that a link row leads to. */
const through =
  (table: string, from: string, to: string, target: string): Related =>
  (row, rows) => {
    const ids = (rows[table] ?? []).filter(link => link[from] === row.id).map(link => link[to]);
    return (rows[target] ?? []).filter(other => ids.includes(other.id));
  };
const having =
  (target: string, key: string): Related =>
  (row, rows) =>
    (rows[target] ?? []).filter(other => other[key] === row.id);
const named =
  (target: string, key: string): Related =>
  (row, rows) =>
    (rows[target] ?? []).filter(other => other.id === row[key]);

const tests: Readonly<Record<string, Readonly<Record<string, Test>>>> = {
  Topic: {
    slug: choice("slug"),
    title: text("title"),
    category: choice("category"),
    position: number("position"),
    updatedOn: day("updatedOn"),
    createdAt: instant("createdAt"),
    tools: many("Tool", through("topicTools", "topicId", "toolId", "tools")),
    facts: many("Fact", having("facts", "topicId")),
    modules: many("Module", having("modules", "topicId")),
    lessons: many("Lesson", through("lessonTopics", "topicId", "lessonId", "lessons")),
  },
  Tool: {
    slug: choice("slug"),
    name: text("name"),
    vendor: text("vendor"),
    category: choice("category"),
    pricingModel: choice("pricingModel"),
    protocols: set("protocols"),
    createdAt: instant("createdAt"),
    plans: many("ToolPlan", having("plans", "toolId")),
    facts: many("Fact", having("facts", "toolId")),
    topics: many("Topic", through("topicTools", "toolId", "topicId", "topics")),
    guide: one("Lesson", having("lessons", "guidesToolId")),
    lessons: many("Lesson", through("lessonTools", "toolId", "lessonId", "lessons")),
  },
  ToolPlan: { unit: choice("unit"), amount: number("amount"), currency: choice("currency") },
  Fact: {
    key: choice("key"),
    kind: choice("kind"),
    asOf: day("asOf"),
    staleAfter: day("staleAfter"),
    isStale: (value, row, _rows, today) =>
      value === (row["staleAfter"] !== null && (row["staleAfter"] as string) < today),
    tool: one("Tool", named("tools", "toolId")),
    topic: one("Topic", named("topics", "topicId")),
  },
  Module: {
    slug: choice("slug"),
    title: text("title"),
    level: choice("level"),
    topic: one("Topic", named("topics", "topicId")),
    lessons: many("Lesson", having("lessons", "moduleId")),
  },
  Lesson: {
    slug: choice("slug"),
    title: text("title"),
    kind: choice("kind"),
    level: choice("level"),
    access: choice("access"),
    durationMinutes: number("durationMinutes"),
    updatedOn: day("updatedOn"),
    createdAt: instant("createdAt"),
    module: one("Module", named("modules", "moduleId")),
    guideTo: one("Tool", named("tools", "guidesToolId")),
    tools: many("Tool", through("lessonTools", "lessonId", "toolId", "tools")),
    topics: many("Topic", through("lessonTopics", "lessonId", "topicId", "topics")),
    prerequisites: many("Lesson", through("prerequisites", "lessonId", "prerequisiteId", "lessons")),
  },
};

/** Whether a row of the GraphQL type `type` fits. */
export function fits(type: string, row: Row, filter: Filter, rows: Rows, today: string): boolean {
  return given(filter).every(([name, value]) => {
    if (name === "and") return (value as Filter[]).every(inner => fits(type, row, inner, rows, today));
    if (name === "or") return (value as Filter[]).some(inner => fits(type, row, inner, rows, today));
    if (name === "not") return !fits(type, row, value as Filter, rows, today);
    const test = tests[type]?.[name];
    if (!test) throw new Error(`the reference does not know ${type}Filter.${name}`);
    return test(value, row, rows, today);
  });
}
