// The rows of a generated catalogue as SQL: the database makes them itself, so that a million lessons cost seconds and no network.
// Everything that looks random is a hash of what it is for and of the seed, so the same numbers give the same rows.
import type { CatalogueSize } from "./generate-catalogue";

/** Statements in the order in which they may run; the tables are empty, and sizes and seed are checked integers. */
export function catalogueSql(size: CatalogueSize, seed: number): { what: string; text: string }[] {
  const { topics, tools } = size;
  const toolsOfTopic = Math.min(8, tools);
  // Ranks a stride apart are distinct tools, wherever they start.
  const stride = Math.max(1, Math.floor(tools / toolsOfTopic));
  return [
    { what: "words", text: helpers(seed) },
    {
      what: "tools",
      text: `
INSERT INTO "tool" ("id", "slug", "name", "vendor", "category", "tagline", "description_markdown", "description_html", "description_text",
  "website", "pricing_model", "protocols", "models", "created_at", "updated_at")
SELECT i, 'tool-' || i, initcap(${word("'tool' || i", nouns)}) || ' ' || i, 'Vendor ' || ${roll("'vendor' || i", 40)},
  ${enumValue("tool_category", "'tool category' || i")}, 'Helps to ' || ${word("'tagline' || i", verbs)} || ' ' || ${word("'tag' || i", nouns)} || '.',
  d.markdown, d.html, d.plain, 'https://tool-' || i || '.example', ${enumValue("pricing_model", "'pricing' || i")},
  CASE WHEN i % 3 = 0 THEN ARRAY['MCP']::"protocol"[] WHEN i % 7 = 0 THEN ARRAY['MCP', 'OAUTH_2_1']::"protocol"[] ELSE '{}' END,
  CASE WHEN i % 2 = 0 THEN ARRAY['Model ' || i % 9] ELSE '{}' END, ${created("i")}, ${created("i")}
FROM generate_series(1, ${tools}) i, pg_temp.prose('tool' || i, 3) d`,
    },
    {
      what: "plans of tools",
      text: `
INSERT INTO "tool_plan" ("tool_id", "position", "name", "amount", "currency", "unit", "as_of", "source_name", "source_url")
SELECT i, p, (ARRAY['Plus', 'Team'])[p], CASE WHEN i % 11 = 0 THEN NULL ELSE 5 + ${roll("'price' || i || '/' || p", 60)} END,
  CASE WHEN i % 11 = 0 THEN NULL ELSE (ARRAY['USD', 'EUR'])[1 + i % 2] END, (ARRAY['MONTH', 'SEAT_MONTH'])[p]::"plan_unit",
  ${day("'plan' || i")}, 'Price page', 'https://tool-' || i || '.example/pricing'
FROM generate_series(1, ${tools}) i, generate_series(1, 2) p`,
    },
    {
      what: "topics",
      text: `
INSERT INTO "topic" ("id", "slug", "title", "emoji", "summary", "category", "position", "updated_on", "seo_title", "seo_description", "created_at", "updated_at")
SELECT i, 'topic-' || i, initcap(${word("'topic' || i", nouns)}) || ' ' || i, '📘', s.plain, ${enumValue("topic_category", "'topic category' || i")}, i,
  ${day("'topic' || i")}, 'AI for topic ' || i, s.plain, ${created("i")}, ${created("i")}
FROM generate_series(1, ${topics}) i, pg_temp.prose('topic' || i, 1) s;
INSERT INTO "call_to_action" ("topic_id", "headline", "body", "button_label", "href", "fine_print")
SELECT i, 'Learn topic ' || i, 'A free account opens the beginner modules.', 'Create a free account', '/sign-up', 'No card required'
FROM generate_series(1, ${topics}) i`,
    },
    {
      what: "sections and tools of topics",
      text: `
INSERT INTO "topic_section" ("id", "topic_id", "position", "kind", "emoji", "heading", "anchor", "body_markdown", "body_html", "body_text")
SELECT (i - 1) * 5 + p, i, p, (ARRAY['OVERVIEW', 'AI_OPPORTUNITY', 'AI_IN_ACTION', 'JOB_IMPACT', 'CUSTOM'])[p]::"section_kind", '🤖',
  'Section ' || p, 'section-' || p, b.markdown, b.html, b.plain
FROM generate_series(1, ${topics}) i, generate_series(1, 5) p, pg_temp.prose('section' || i || '/' || p, 8) b;
INSERT INTO "topic_tool" ("topic_id", "tool_id", "rank", "blurb", "featured")
SELECT i, ${toolOfTopic("i", "p")}, p, 'Good to ' || ${word("'blurb' || i || '/' || p", verbs)} || ' ' || ${word("'blurb of' || i || '/' || p", nouns)} || '.', p <= 2
FROM generate_series(1, ${topics}) i, generate_series(1, ${toolsOfTopic}) p;
INSERT INTO "section_tool" ("section_id", "tool_id", "position")
SELECT (i - 1) * 5 + s, ${toolOfTopic("i", "p")}, p
FROM generate_series(1, ${topics}) i, generate_series(1, 5) s, generate_series(1, ${Math.min(2, toolsOfTopic)}) p`,
    },
    {
      what: "facts",
      text: `
INSERT INTO "fact" ("tool_id", "topic_id", "position", "key", "kind", "statement", "value", "comparison", "unit", "as_of", "source_name", "source_url", "verified_on", "stale_after")
SELECT f.tool_id, f.topic_id, f.position, 'fact-' || f.position, ${enumValue("fact_kind", "f.name")}, 'It counts ' || f.value || ' people.', f.value,
  ${enumValue("fact_comparison", "'comparison' || f.name")}, 'people', f.as_of, 'A report', 'https://report.example/' || f.position, f.as_of,
  CASE WHEN f.position % 3 = 0 THEN NULL ELSE f.as_of + 180 END
FROM (
  SELECT i AS tool_id, NULL::integer AS topic_id, p AS position, 'tool' || i || '/' || p AS name, ${roll("'fact' || i || '/' || p", 1_000_000)} AS value, ${day("'fact' || i || '/' || p")} AS as_of
  FROM generate_series(1, ${tools}) i, generate_series(1, 3) p
  UNION ALL
  SELECT NULL, i, 1, 'topic' || i, ${roll("'topic fact' || i", 1_000_000)}, ${day("'topic fact' || i")} FROM generate_series(1, ${topics}) i
) f`,
    },
    {
      what: "modules",
      text: `
INSERT INTO "module" ("id", "slug", "topic_id", "title", "summary", "level", "position", "created_at", "updated_at")
SELECT (i - 1) * 3 + p, 'module-' || i || '-' || p, i, 'Module ' || p || ' of topic ' || i, 'What module ' || p || ' teaches.',
  (ARRAY['BEGINNER', 'INTERMEDIATE', 'ADVANCED'])[p]::"level", p, ${created("i")}, ${created("i")}
FROM generate_series(1, ${topics}) i, generate_series(1, 3) p`,
    },
    {
      what: "lessons",
      text: `
INSERT INTO "lesson" ("id", "slug", "title", "summary", "kind", "level", "duration_minutes", "access", "updated_on", "body_markdown", "body_html", "body_text",
  "module_id", "position", "guides_tool_id", "created_at", "updated_at")
SELECT l.id, 'lesson-' || l.id, initcap(${word("'lesson verb' || l.id", verbs)}) || ' ' || ${word("'lesson' || l.id", nouns)} || ' ' || l.id, s.plain,
  (CASE WHEN ${isGuide} THEN 'TOOL_GUIDE' ELSE 'LESSON' END)::"lesson_kind", (ARRAY['BEGINNER', 'INTERMEDIATE', 'ADVANCED'])[1 + nth % 4 % 3]::"level",
  4 + ${roll("'minutes' || l.id", 41)}, (CASE WHEN ${roll("'access' || l.id", 5)} = 1 THEN 'PUBLIC' ELSE 'ACCOUNT' END)::"lesson_access",
  ${day("'lesson' || l.id")}, b.markdown, b.html, b.plain,
  CASE WHEN nth % 4 < 3 THEN (topic - 1) * 3 + 1 + nth % 4 END, CASE WHEN nth % 4 < 3 THEN nth / 4 + 1 END, CASE WHEN ${isGuide} THEN l.id / 10 END,
  ${created("l.id")}, ${created("l.id")}
FROM ${lessonPlaces(size)}, pg_temp.prose('lesson summary' || l.id, 1) s, pg_temp.prose('lesson body' || l.id, 3 + ${roll("'length' || l.id", 5)}) b`,
    },
    {
      what: "topics, tools and prerequisites of lessons",
      text: `
INSERT INTO "lesson_topic" ("lesson_id", "topic_id", "position")
SELECT l.id, topic, nth + 1 FROM ${lessonPlaces(size)}
UNION ALL SELECT l.id, 1 + topic % ${topics}, nth + 1 FROM ${lessonPlaces(size)} WHERE ${topics} > 1 AND l.id % 5 = 0;
INSERT INTO "lesson_tool" ("lesson_id", "tool_id", "position")
SELECT l.id, ${toolOfTopic("topic", `(1 + l.id % ${toolsOfTopic})`)}, 1 FROM ${lessonPlaces(size)}
UNION ALL SELECT l.id, ${toolOfTopic("topic", `(1 + (l.id + 1) % ${toolsOfTopic})`)}, 2 FROM ${lessonPlaces(size)} WHERE ${toolsOfTopic} > 1 AND l.id % 2 = 0;
INSERT INTO "lesson_prerequisite" ("lesson_id", "prerequisite_id", "position")
SELECT l.id, l.id - ${4 * topics}, 1 FROM ${lessonPlaces(size)} WHERE nth >= 4 AND l.id % 2 = 0`,
    },
    {
      what: "counts and the next ids",
      text: `
UPDATE "catalog_count" c SET "count" = n.count FROM (VALUES
  ('TOPIC', (SELECT count(*) FROM "topic")), ('TOOL', (SELECT count(*) FROM "tool")), ('MODULE', (SELECT count(*) FROM "module")), ('FACT', (SELECT count(*) FROM "fact")),
  ('LESSON', (SELECT count(*) FROM "lesson" WHERE "kind" = 'LESSON')), ('TOOL_GUIDE', (SELECT count(*) FROM "lesson" WHERE "kind" = 'TOOL_GUIDE'))
) n (name, count) WHERE c."name" = n.name;
INSERT INTO "list_count" SELECT * FROM "list_count_source";
${["topic", "topic_section", "tool", "module", "lesson"].map(nextId).join(";\n")}`,
    },
  ];

  function toolOfTopic(topic: string, place: string): string {
    return `1 + (${roll(`'first tool' || ${topic}`, tools)} + ${place} * ${stride}) % ${tools}`;
  }
}

const verbs = ["review", "plan", "draft", "summarise", "test", "translate", "compare", "automate", "debug", "explain"];
const nouns = [
  ...["pull requests", "reports", "prompts", "interfaces", "campaigns", "tickets", "datasets", "agents"],
  ...["contracts", "lessons", "queries", "slides", "notes", "models", "budgets", "pipelines", "emails", "surveys"],
];

/** A whole number from 1 to `sides`. */
const roll = (key: string, sides: number): string => `pg_temp.roll(${key}, ${sides})`;
const word = (key: string, words: readonly string[]): string =>
  `(${arrayOf(words)})[${roll(`'word' || ${key}`, words.length)}]`;
const day = (key: string): string => `DATE '2026-06-24' - ${roll(`'day' || ${key}`, 700)}`;
/** Instants in the order of ids, as they are where people write. */
const created = (id: string): string => `TIMESTAMPTZ '2024-01-01T00:00:00Z' + ${id} * INTERVAL '1 minute'`;
const enumValue = (type: string, key: string): string =>
  `(enum_range(NULL::"${type}"))[pg_temp.roll('enum' || ${key}, cardinality(enum_range(NULL::"${type}")))]`;
const arrayOf = (words: readonly string[]): string => `ARRAY[${words.map(text => `'${text}'`).join(", ")}]`;
const nextId = (table: string): string =>
  `SELECT setval(pg_get_serial_sequence('"${table}"', 'id'), (SELECT coalesce(max("id"), 0) + 1 FROM "${table}"), false)`;

const isGuide = "l.guide";

/** Lessons go around the topics: each has its topic, its place (from 0) among the lessons of that topic, and whether it guides to a tool. */
function lessonPlaces({ topics, tools, lessons }: CatalogueSize): string {
  return `(SELECT id, 1 + (id - 1) % ${topics} AS topic, (id - 1) / ${topics} AS nth, id % 10 = 0 AND id / 10 <= ${tools} AS guide FROM generate_series(1, ${lessons}) id) l`;
}

function helpers(seed: number): string {
  return `
CREATE FUNCTION pg_temp.roll(key text, sides integer) RETURNS integer LANGUAGE sql IMMUTABLE AS
  $$ SELECT 1 + abs(hashtextextended(key, ${seed}) % sides)::integer $$;
-- Sentences in paragraphs of three, as Markdown, and as the HTML and the text that the Markdown gives.
CREATE FUNCTION pg_temp.prose(key text, sentences integer, OUT markdown text, OUT html text, OUT plain text) LANGUAGE sql IMMUTABLE AS $$
  SELECT string_agg(p.text, E'\\n\\n' ORDER BY p.n), string_agg('<p>' || p.text || '</p>', E'\\n' ORDER BY p.n), string_agg(p.text, E'\\n\\n' ORDER BY p.n)
  FROM (
    SELECT s / 3 AS n, string_agg('You learn to ' || ${word("key || s", verbs)} || ' ' || ${word("'of' || key || s", nouns)} || ', to '
      || ${word("'then' || key || s", verbs)} || ' ' || ${word("'last' || key || s", nouns)} || ', and to tell a good result from a bad one.', ' ' ORDER BY s) AS text
    FROM generate_series(0, sentences - 1) s GROUP BY s / 3
  ) p
$$`;
}
