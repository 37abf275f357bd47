// Fills the catalogue with generated rows, for measuring and for trying things at scale.
import { AppError } from "../../errors/app-error";
import type { Database } from "../database";
import type { Connection } from "../driver";
import { catalogueSql } from "./catalogue.sql";

export interface CatalogueSize {
  topics: number;
  tools: number;
  lessons: number;
}

export interface GenerateOptions {
  /** The same sizes and seed give the same rows, on both databases. An integer of 32 bits. */
  seed: number;
  /** Removes the catalogue that is there first, with the progress and the bookmarks of learners. */
  replace: boolean;
  /** Called before each step, with what it makes. */
  onStep?: (what: string) => void;
}

/** In the order of their foreign keys. */
const tables = [
  ...["topic", "tool", "topic_tool", "tool_plan", "call_to_action", "topic_section", "section_tool"],
  ...[
    "fact",
    "module",
    "lesson",
    "lesson_topic",
    "lesson_tool",
    "lesson_prerequisite",
    "search_document",
    "list_count",
  ],
];
const tableList = tables.map(table => `'${table}'::regclass`).join(", ");

/**
 * Makes topics with sections, tools and modules, tools with plans and facts, and lessons that go around the topics. All in one
 * transaction. Rows go in without indexes, foreign keys and triggers, and these come back as they were: the database checks
 * everything once instead of once a row.
 * @throws AppError CONFLICT when there is a catalogue and `replace` is false.
 */
export async function generateCatalogue(database: Database, size: CatalogueSize, options: GenerateOptions) {
  const step = options.onStep ?? (() => undefined);
  await database.exclusive(async connection => {
    const [found] = await connection.query<{ found: boolean }>(
      `SELECT ${anyRow(["topic", "tool", "lesson"])} AS "found"`,
    );
    if (found?.found && !options.replace) throw new AppError("CONFLICT", "The database already has a catalogue.");
    if (found?.found) await connection.script(truncation());
    if (database.kind === "postgres") await connection.script(`SET LOCAL maintenance_work_mem = '256MB'`);
    const restore = await setAside(connection);
    for (const { what, text } of catalogueSql(size, options.seed)) {
      step(what);
      await connection.script(text);
    }
    step("search documents");
    await connection.script(`SELECT "search_document_rebuild"()`);
    step("indexes and constraints");
    await connection.script(restore);
    await connection.script(`DROP FUNCTION pg_temp.roll; DROP FUNCTION pg_temp.prose`);
    // Rows that came without triggers were not announced; a server that runs beside this has to hear of them all the same.
    await connection.script(
      `SELECT "announce"(t, 'CHANGED', '*') FROM unnest(ARRAY['Topic', 'Tool', 'Module', 'Lesson']) t`,
    );
    await connection.script(tables.map(table => `ANALYZE "${table}"`).join(";\n"));
  });
}

const anyRow = (names: readonly string[]): string => names.map(name => `EXISTS (SELECT 1 FROM "${name}")`).join(" OR ");

/** Naming the tables, instead of CASCADE, so that a table added later is not emptied unseen. */
function truncation(): string {
  const names = [...tables, "lesson_progress", "bookmark"].map(name => `"${name}"`);
  return `TRUNCATE ${names.join(", ")} RESTART IDENTITY`;
}

/** Drops what slows inserts. @returns the script that makes it again, under the same names. */
async function setAside(connection: Connection): Promise<string> {
  const constraints = await connection.query<{ drop: string; add: string }>(`
    SELECT format('ALTER TABLE %s DROP CONSTRAINT %I', conrelid::regclass, conname) AS "drop",
      format('ALTER TABLE %s ADD CONSTRAINT %I %s', conrelid::regclass, conname, pg_get_constraintdef(oid)) AS "add"
    FROM pg_constraint WHERE conrelid IN (${tableList}) AND contype IN ('f', 'u')
    ORDER BY contype DESC, conname`);
  const indexes = await connection.query<{ drop: string; add: string }>(`
    SELECT format('DROP INDEX %s', i.indexrelid::regclass) AS "drop", pg_get_indexdef(i.indexrelid) AS "add"
    FROM pg_index i
    WHERE i.indrelid IN (${tableList}) AND NOT EXISTS (SELECT 1 FROM pg_constraint c WHERE c.conindid = i.indexrelid AND c.contype IN ('p', 'u'))
    ORDER BY i.indexrelid::regclass::text`);
  const toggle = (state: string) => tables.map(table => `ALTER TABLE "${table}" ${state} TRIGGER USER`);
  // Foreign keys first: they are what stands on the unique constraints.
  const dropped = [...constraints].reverse().map(({ drop }) => drop);
  await connection.script([...dropped, ...indexes.map(({ drop }) => drop), ...toggle("DISABLE")].join(";\n"));
  return [...indexes.map(({ add }) => add), ...constraints.map(({ add }) => add), ...toggle("ENABLE")].join(";\n");
}
