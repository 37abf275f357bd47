// What a piece of work sends to the database.
import type { Database } from "../../src/db/database";

/** The SQL statements that are sent while `work` runs. */
export async function statementsOf(database: Database, work: () => Promise<unknown>): Promise<string[]> {
  const sent: string[] = [];
  const end = database.onStatement(text => void sent.push(text));
  try {
    await work();
  } finally {
    end();
  }
  return sent;
}
