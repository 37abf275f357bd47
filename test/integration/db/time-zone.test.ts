// Instants are written and read in UTC, whatever time zone the database is set to.
import type { Database } from "../../../src/db/database";
import { sql } from "../../../src/db/sql";
import { openTestDatabase } from "../../support/database";
import { createUser } from "../../support/factories";

describe("An instant", () => {
  let database: Database;

  beforeAll(async () => {
    database = await openTestDatabase({ golden: "empty" });
  });
  afterAll(() => database.close());

  it("is the same for Prisma and for SQL", async () => {
    const emailVerifiedAt = new Date("2026-06-24T09:30:00.000Z");
    const user = await createUser(database, { emailVerifiedAt });
    const rows = await database.query<{ instant: string }>(
      sql`SELECT to_char("email_verified_at" AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI') AS "instant"
          FROM "app_user" WHERE "id" = ${user.id}::uuid`,
    );
    expect(rows).toEqual([{ instant: "2026-06-24T09:30" }]);
    expect(user.emailVerifiedAt).toEqual(emailVerifiedAt);
  });

  it("does not depend on the time zone that the database has as its default", async () => {
    const rows = await database.query<{ zone: string }>(sql`SELECT current_setting('TimeZone') AS "zone"`);
    expect(rows).toEqual([{ zone: "UTC" }]);
  });
});
