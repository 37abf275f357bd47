// A clock that jumps, forward and back, while the server runs: tokens, counts of attempts, reading and writing.
import { editorsAuthorization, Watched } from "../../support/faults";
import { createAttemptLimiter } from "../../../src/auth/attempts";
import { openTestDatabase } from "../../support/database";
import { startTestServer, type TestServer } from "../../support/server";
import { createTestServices } from "../../support/services";
import type { Database } from "../../../src/db/database";

const minute = 60_000;
const day = 24 * 60 * minute;

let database: Database;
let server: TestServer;
let watched: Watched;
const realNow = Date.now.bind(Date);
const RealDate = Date;

/** From now on the clock of this process shows this much more; what waits for timers waits as before. */
function jump(milliseconds: number): void {
  const now = () => realNow() + milliseconds;
  globalThis.Date = class extends RealDate {
    static override now = now;
    constructor(given: number = now()) {
      super(given);
    }
  } as DateConstructor;
}

beforeAll(async () => {
  database = await openTestDatabase({ golden: "catalogue" });
  const services = await createTestServices();
  server = await startTestServer({ database, services });
  watched = new Watched(server.url, await editorsAuthorization(database, services.tokens));
});
afterEach(() => (globalThis.Date = RealDate));
afterAll(async () => {
  await server.close();
  await database.close();
});

it("ends an access token when the clock has passed its time, and takes it again when the clock is set back", async () => {
  await watched.expectWorking();
  jump(16 * minute);
  expect(await watched.read()).toMatchObject({ status: 401, errors: [{ extensions: { code: "UNAUTHENTICATED" } }] });
  jump(0);
  await watched.expectWorking();
});

it("takes a token that was signed by a clock that is a little ahead", async () => {
  jump(-20_000);
  await watched.expectWorking();
});

it.each([
  ["a day forward", day],
  ["an hour back", -60 * minute],
  ["a year forward", 365 * day],
])("reads, writes for who signs in anew, and is ready after a jump of %s", async (name, milliseconds) => {
  jump(milliseconds);
  const authorization = await editorsAuthorization(database, server.services.tokens);
  const jumped = new Watched(server.url, authorization);
  const query = "{ topics(first: 1) { nodes { slug title } } }";
  const [first, second] = [await jumped.ask(query), await jumped.ask(query)];
  expect(first.status).toBe(200);
  expect(second.data).toEqual(first.data);
  expect(await jumped.write(`after-${name.replaceAll(" ", "-")}`)).toBe(true);
  expect(await jumped.status("/readyz")).toBe(200);
});

it("counts attempts anew when the clock has passed their time", async () => {
  const limiter = createAttemptLimiter({ store: { kind: "memory" } });
  const keys = { address: "192.0.2.1", account: "ann@example.org" };
  const takeAll = async () => {
    for (let count = 0; ; count++) {
      if (
        await limiter.take("signIn", keys).then(
          () => false,
          () => true,
        )
      )
        return count;
    }
  };
  expect(await takeAll()).toBe(10);
  jump(11 * minute);
  expect(await takeAll()).toBe(10);
});
