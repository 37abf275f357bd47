// A clock of the database that a test sets: a function `now` that is found before PostgreSQL's own. The clock of the machine is everybody's.
import type { Database } from "../../src/db/database";

/**
 * On connections that are made afterwards, now() in a statement goes by the clock that is returned; on the embedded database at once. Defaults of
 * columns go on with the clock of the machine.
 * @returns what sets it to be so many milliseconds ahead
 */
export async function addDatabaseClock(database: Database): Promise<(milliseconds: number) => Promise<void>> {
  await database.exclusive(connection =>
    connection.script(`
      CREATE SCHEMA "set_clock";
      CREATE TABLE "set_clock"."ahead" AS SELECT INTERVAL '0' AS "by";
      CREATE FUNCTION "set_clock"."now"() RETURNS TIMESTAMPTZ STABLE LANGUAGE SQL
        AS 'SELECT pg_catalog.now() + "by" FROM "set_clock"."ahead"';
      DO $$ BEGIN
        EXECUTE format('ALTER DATABASE %I SET search_path = "set_clock", pg_catalog, public', current_database());
      END $$;
      SET search_path = "set_clock", pg_catalog, public;`),
  );
  return async milliseconds => {
    await database.exclusive(connection =>
      connection.query(`UPDATE "set_clock"."ahead" SET "by" = $1::float8 * INTERVAL '1 millisecond'`, [milliseconds]),
    );
  };
}
