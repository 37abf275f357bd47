// The embedded database runs in the server's own process: statements that wait for it leave room for everything else.
import { openEmbedded } from "../../../src/db/embedded-driver";
import { emptyImage } from "../../support/golden";

it("lets the event loop turn while many statements wait, and runs them in their order", async () => {
  const driver = await openEmbedded({ image: emptyImage });
  const turns: number[] = [];
  const seen: number[] = [];
  let next = setImmediate(function count() {
    turns.push(seen.length);
    next = setImmediate(count);
  });
  const statement = `DO $$
    DECLARE until timestamptz := clock_timestamp() + interval '15 ms';
    BEGIN WHILE clock_timestamp() < until LOOP NULL; END LOOP; END $$`;
  const indexes = Array.from({ length: 10 }, (_, index) => index);
  await Promise.all(indexes.map(index => driver.query(statement, []).then(() => seen.push(index))));
  clearImmediate(next);
  await driver.close();
  expect(seen).toEqual(indexes);
  // After each of them but the last, at least one.
  expect(new Set(turns.filter(count => count > 0)).size).toBeGreaterThanOrEqual(indexes.length - 1);
});
