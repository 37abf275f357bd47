// Whether the database answers, for the health checks.
import type { Database } from "../db/database";
import { sql } from "../db/sql";

/**
 * Asks the database once for all who want to know at the same time: health checks are for anybody, and must not take connections from
 * operations. Nothing is kept for those who ask later.
 */
export function createDatabaseProbe(database: Pick<Database, "query">): () => Promise<boolean> {
  let underWay: Promise<boolean> | null = null;
  const ask = async () => {
    try {
      await database.query(sql`SELECT 1`);
      return true;
    } catch {
      return false;
    }
  };
  return () => (underWay ??= ask().finally(() => (underWay = null)));
}
