import { createTestApi } from "../support/api";
import { sql } from "../../src/db/sql";
it("x", async () => {
  const api = await createTestApi({ golden: "empty" });
  console.log(JSON.stringify(await api.database.query(sql`select lower('ÉÀ') as a, (select datcollate::text from pg_database limit 1) as b`)));
  await api.close();
});
