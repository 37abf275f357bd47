// `Idempotency-Key`: sent again, a mutation answers as the first time and is not done again.
import { createHash, randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { sql, trustedSql } from "../../src/db/sql";
import { encodeNodeId } from "../../src/graphql/node-id";
import { hasSecretAnswer } from "../../src/graphql/secret-answer";
import { buildGraphQLSchema } from "../../src/server/schema";
import { serverUrl } from "../support/database";
import { createLesson } from "../support/factories";
import { startTestServer, type TestServer } from "../support/server";
import { authorizationOf, createViewer } from "../support/signed-in";

let server: TestServer;
let authorization: string;
let userId: string;
const lessonIds: string[] = [];

beforeAll(async () => {
  server = await startTestServer({ golden: "empty" });
  ({ userId, authorization } = await signIn());
  for (const title of ["One", "Two"])
    lessonIds.push(encodeNodeId("Lesson", (await createLesson(server.database, { title })).id));
});
afterAll(() => server.close());

async function signIn(given: { passwordHash?: string } = {}) {
  const viewer = await createViewer(server.database, given);
  return { userId: viewer.userId, authorization: await authorizationOf(viewer, server.services.tokens) };
}

const complete = `mutation ($lessonId: ID!) {
  completeLesson(input: { lessonId: $lessonId }) { lesson { title progress { state completedAt } } userErrors { code } }
}`;

interface Answer {
  data: { completeLesson: { lesson: { progress: { completedAt: string } } } } | null;
  errors?: { message: string; extensions: { code: string } }[];
}

async function send(key: string, given: { lessonId?: string | undefined; as?: string; query?: string } = {}) {
  const { lessonId = lessonIds[0], as = authorization, query = complete } = given;
  const response = await server.post(
    { query, variables: query === complete ? { lessonId } : {} },
    { "idempotency-key": key, ...(as === "" ? {} : { authorization: as }) },
  );
  return { status: response.status, body: (await response.json()) as Answer };
}

const forget = () => server.database.models.lessonProgress.deleteMany();

describe("Idempotency-Key (R24)", () => {
  beforeEach(forget);

  it("gives the first answer again, and does nothing", async () => {
    const key = randomUUID();
    const first = await send(key);
    expect(first.body.data?.completeLesson.lesson.progress.completedAt).toEqual(expect.any(String));
    await forget();
    expect(await send(key)).toEqual(first);
    expect(await server.database.models.lessonProgress.count()).toBe(0);
  });

  it("does it again with another key, without one, and for another user with the same key", async () => {
    const key = randomUUID();
    const first = await send(key);
    await forget();
    const again = await send(randomUUID());
    expect(again.body.data).not.toEqual(first.body.data);
    const other = await signIn();
    await send(key, { as: other.authorization });
    const learners = await server.database.models.lessonProgress.findMany({ select: { learnerId: true } });
    expect(learners.map(row => row.learnerId).sort()).toEqual([userId, other.userId].sort());
  });

  it("is for one document with its variables", async () => {
    const key = randomUUID();
    await send(key);
    const { body } = await send(key, { lessonId: lessonIds[1] });
    expect(body.errors).toMatchObject([
      { message: "Idempotency-Key was used for another mutation.", extensions: { code: "BAD_USER_INPUT" } },
    ]);
    expect(await server.database.models.lessonProgress.count()).toBe(1);
  });

  it("of many at once lets one through; the others hear its answer or that it is running", async () => {
    const key = randomUUID();
    const answers = await Promise.all(Array.from({ length: 20 }, () => send(key)));
    const codes = answers.map(({ body }) => body.errors?.[0]?.extensions.code ?? "answered");
    expect(new Set(codes)).toEqual(new Set(codes.includes("CONFLICT") ? ["answered", "CONFLICT"] : ["answered"]));
    const given = answers.filter(({ body }) => body.data).map(({ body }) => JSON.stringify(body.data));
    expect(new Set(given).size).toBe(1);
    expect((await send(key)).body.data).toEqual(JSON.parse(given[0] ?? "null"));
  });

  describe("after a request that never answered", () => {
    const codes = async (key: string) => (await send(key)).body.errors?.map(({ extensions: { code } }) => code);
    /** As a server leaves it that dies before it has kept the answer. */
    const loseAnswer = (isCommitted: boolean) =>
      server.database.query(sql`UPDATE "idempotent_request" SET "response" = NULL, "is_committed" = ${isCommitted}`);
    const passTime = () => server.database.query(sql`UPDATE "idempotent_request" SET "free_at" = now()`);

    it("is free again once that would be over, when nothing was done", async () => {
      const key = randomUUID();
      const first = await send(key);
      await loseAnswer(false);
      expect(await codes(key)).toEqual(["CONFLICT"]);
      await passTime();
      expect((await send(key)).body.data).toEqual(first.body.data);
      expect((await send(key)).body.data).toEqual(first.body.data);
    });

    it("says so when it was done, and does not do it again", async () => {
      const key = randomUUID();
      await send(key);
      const [kept] = await server.database.models.idempotentRequest.findMany({
        orderBy: { createdAt: "desc" },
        take: 1,
      });
      expect(kept?.isCommitted).toBe(true);
      await loseAnswer(true);
      expect(await codes(key)).toEqual(["CONFLICT"]);
      await passTime();
      await forget();
      for (let time = 0; time < 2; time++) expect(await codes(key)).toEqual(["ANSWER_LOST"]);
      expect(await server.database.models.lessonProgress.count()).toBe(0);
    });
  });

  describe("of a mutation that meets a fault", () => {
    const triggers = ["overtake", "fail"];
    /** Has `body` done for each lesson that is begun, in the transaction that begins it. */
    const onProgress = async (name: string, body: string) => {
      await server.database.exclusive(connection =>
        connection.script(`
          CREATE FUNCTION "test_${name}"() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN ${body}; RETURN NEW; END $$;
          CREATE TRIGGER "test_${name}" BEFORE INSERT ON "lesson_progress" FOR EACH ROW EXECUTE FUNCTION "test_${name}"();`),
      );
    };
    const mend = () =>
      server.database.exclusive(connection =>
        connection.script(
          triggers
            .map(
              name =>
                `DROP TRIGGER IF EXISTS "test_${name}" ON "lesson_progress"; DROP FUNCTION IF EXISTS "test_${name}";`,
            )
            .join(" "),
        ),
      );
    afterEach(mend);
    const progress = () => server.database.models.lessonProgress.count();

    it("does nothing where another request has taken the key over meanwhile", async () => {
      const key = randomUUID();
      await onProgress("overtake", `UPDATE "idempotent_request" SET "attempt" = "attempt" + 1`);
      const slow = await send(key);
      expect(slow.body.errors).toMatchObject([{ extensions: { code: "CONFLICT" } }]);
      expect(await progress()).toBe(0);
    });

    it("tries again what has changed nothing", async () => {
      const key = randomUUID();
      await onProgress("fail", `RAISE EXCEPTION 'a fault'`);
      for (let time = 0; time < 2; time++) {
        expect((await send(key)).body.errors).toMatchObject([{ extensions: { code: "INTERNAL_SERVER_ERROR" } }]);
      }
      await mend();
      expect((await send(key)).body.errors).toBeUndefined();
      expect(await progress()).toBe(1);
    });

    it("does not do again what was done in part", async () => {
      const key = randomUUID();
      await onProgress(
        "fail",
        `IF (SELECT "title" FROM "lesson" WHERE "id" = NEW."lesson_id") = 'Two' THEN RAISE EXCEPTION 'a fault'; END IF`,
      );
      const one = (alias: string, id = "") =>
        `${alias}: startLesson(input: { lessonId: "${id}" }) { lesson { title } }`;
      const query = `mutation { ${one("a", lessonIds[0])} ${one("b", lessonIds[1])} }`;
      const first = (await send(key, { query })).body;
      expect(first).toMatchObject({ data: null, errors: [{ path: ["b"] }] });
      expect(await progress()).toBe(1);
      await mend();
      await forget();
      expect((await send(key, { query })).body.errors).toMatchObject([{ extensions: { code: "ANSWER_LOST" } }]);
      expect(await progress()).toBe(0);
    });

    it("answers what was done, though the answer cannot be kept", async () => {
      const key = randomUUID();
      const constraint = trustedSql(`"test_no_answer"`);
      await server.database.query(
        sql`ALTER TABLE "idempotent_request" ADD CONSTRAINT ${constraint} CHECK ("response" NOT LIKE '%One%') NOT VALID`,
      );
      try {
        expect((await send(key)).body.data?.completeLesson.lesson.progress.completedAt).toEqual(expect.any(String));
      } finally {
        await server.database.query(sql`ALTER TABLE "idempotent_request" DROP CONSTRAINT ${constraint}`);
      }
      expect(await progress()).toBe(1);
    });
  });

  it("keeps the answer of a mutation that was refused", async () => {
    const key = randomUUID();
    const refused = await send(key, { lessonId: encodeNodeId("Lesson", 999) });
    expect(JSON.stringify(refused.body)).toContain("NOT_FOUND");
    expect(await send(key, { lessonId: encodeNodeId("Lesson", 999) })).toEqual(refused);
  });

  it.each([
    ["with a key that is none", "a b", {}, "BAD_REQUEST"],
    ["with a key that is too long", "k".repeat(256), {}, "BAD_REQUEST"],
    [
      "with a mutation whose answer is a secret",
      "key",
      { query: `mutation { signIn(input: { email: "a@example.org", password: "x" }) { userErrors { code } } }` },
      "BAD_REQUEST",
    ],
  ])("is refused %s", async (_name, key, given, code) => {
    const { body } = await send(key, given);
    expect(body.errors).toMatchObject([{ extensions: { code } }]);
    expect(await server.database.models.lessonProgress.count()).toBe(0);
  });

  describe("of somebody who is not known", () => {
    const signUp = "mutation ($input: SignUpInput!) { signUp(input: $input) { email userErrors { code } } }";
    const input = { email: "ada@example.org", password: "notes-on-the-engine", displayName: "Ada" };
    const join = async (key: string, changed: object = {}) => {
      const body = { query: signUp, variables: { input: { ...input, ...changed } } };
      return (await server.post(body, { "idempotency-key": key })).json() as Promise<object>;
    };
    const mails = () => server.database.models.mailMessage.count();

    it("gives the first answer again to who sends the same, and does nothing", async () => {
      const key = randomUUID();
      const first = await join(key);
      expect([first, await mails()]).toEqual([{ data: { signUp: { email: input.email, userErrors: [] } } }, 1]);
      expect(await join(key)).toEqual(first);
      expect(await mails()).toBe(1);
    });

    it("is another one for another request, of whoever it may be", async () => {
      const key = randomUUID();
      await join(key, { email: "first@example.org" });
      const before = await mails();
      const other = { data: { signUp: { email: "other@example.org", userErrors: [] } } };
      expect(await join(key, { email: "other@example.org" })).toEqual(other);
      expect(await mails()).toBe(before + 1);
    });
  });

  it("leaves nothing by which a password in a request could be guessed fast", async () => {
    const key = randomUUID();
    const query = "mutation ($input: ResetPasswordInput!) { resetPassword(input: $input) { userErrors { code } } }";
    const input = { newPassword: "notes-on-the-engine", token: "A".repeat(43) };
    const callers: Record<string, string>[] = [{}, { authorization }];
    for (const as of callers) {
      await server.post({ query, variables: { input } }, { "idempotency-key": key, ...as });
    }
    const rows = await server.database.models.idempotentRequest.findMany({ orderBy: { createdAt: "desc" }, take: 2 });
    expect(rows.map(({ learnerId }) => learnerId).sort()).toEqual([userId, null].sort());
    const guess = createHash("sha256")
      .update(JSON.stringify([query, null, { input }]))
      .digest();
    for (const row of rows) {
      expect(guess.equals(Buffer.from(row.requestHash))).toBe(false);
      // Nor the key itself, with which it could be tried.
      expect(JSON.stringify(row)).not.toContain(key);
    }
  });

  describe("of each mutation that can have one", () => {
    let catalogue: TestServer;
    beforeAll(async () => {
      catalogue = await startTestServer();
    });
    afterAll(() => catalogue.close());
    const fields = Object.values(buildGraphQLSchema().getMutationType()?.getFields() ?? {});
    const done: string[] = [];

    // The last ones first: those that take content away come before them.
    it.each(fields.filter(field => !hasSecretAnswer(field)).reverse())(
      "$name is noted in its transaction",
      async field => {
        const [, query = ""] = /\n\nExample: `([^`]+)`$/.exec(field.description ?? "") ?? [];
        const viewer = await createViewer(catalogue.database, { role: "ADMIN" });
        const authorization = await authorizationOf(viewer, catalogue.services.tokens);
        const headers = { authorization, "idempotency-key": randomUUID() };
        const text = await (await catalogue.post({ query }, headers)).text();
        const isDone = text.includes('"userErrors":[]');
        if (isDone) done.push(field.name);
        const rows = await catalogue.database.models.idempotentRequest.findMany({
          where: { learnerId: viewer.userId },
        });
        // What is refused changes nothing, such as what has no token or password that is right.
        expect([text, rows.map(({ isCommitted }) => isCommitted)]).toEqual([text, [isDone]]);
      },
    );

    it("is tried with most of them", () => {
      expect(done).toEqual(
        expect.arrayContaining(["signUp", "signOut", "completeLesson", "setBookmark", "createTool"]),
      );
      expect(done.length).toBeGreaterThan(15);
    });
  });

  /** What takes a while inside the database takes all of PGlite's process. */
  (serverUrl === undefined ? describe.skip : describe)("while the first request takes long", () => {
    const writes = () => server.database.query(sql`SELECT 1 AS "one" FROM "test_write"`);
    /** Slow before the transaction is noted under the key, and once more before it is committed. Counts what is committed. */
    beforeAll(() =>
      server.database.exclusive(connection =>
        connection.script(`
          CREATE TABLE "test_write" ();
          CREATE FUNCTION "test_slow"() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(0.7); RETURN NULL; END $$;
          CREATE FUNCTION "test_counted"() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO "test_write" DEFAULT VALUES; RETURN NULL; END $$;
          CREATE TRIGGER "test_slow" AFTER INSERT ON "lesson_progress" FOR EACH ROW EXECUTE FUNCTION "test_slow"();
          CREATE TRIGGER "test_counted" AFTER INSERT ON "lesson_progress" FOR EACH ROW EXECUTE FUNCTION "test_counted"();
          CREATE CONSTRAINT TRIGGER "test_slow_commit" AFTER INSERT ON "lesson_progress" DEFERRABLE INITIALLY DEFERRED
            FOR EACH ROW EXECUTE FUNCTION "test_slow"();`),
      ),
    );
    afterAll(() =>
      server.database.exclusive(connection =>
        connection.script(`
          DROP TRIGGER "test_slow" ON "lesson_progress"; DROP TRIGGER "test_slow_commit" ON "lesson_progress"; DROP FUNCTION "test_slow";
          DROP TRIGGER "test_counted" ON "lesson_progress"; DROP FUNCTION "test_counted"; DROP TABLE "test_write";`),
      ),
    );
    beforeEach(() => server.database.query(sql`DELETE FROM "test_write"`));
    /** What the last one that was not told to try again has got. */
    const untilAnswered = async (key: string) => {
      for (;;) {
        const answer = await send(key);
        const code = answer.body.errors?.[0]?.extensions.code;
        if (code !== "CONFLICT" && code !== "SERVICE_UNAVAILABLE") return answer.body;
        await delay(50);
      }
    };
    const free = () => server.database.query(sql`UPDATE "idempotent_request" SET "free_at" = now()`);

    it.each([
      ["before it is noted", 300],
      ["while it is being committed", 1_000],
    ])("is done once, when others take it for dead %s", async (_, ms) => {
      const key = randomUUID();
      const first = send(key);
      // Before anything of it has locked the row.
      await delay(200);
      await free();
      await delay(ms - 200);
      const others = await Promise.all([send(key), send(key)]);
      const all = [await first, ...others].map(({ body }) => body.errors?.[0]?.extensions.code ?? "answered");
      // It is lost for who asks between its commit and its answer, and takes it for dead.
      expect(["answered", "CONFLICT", "ANSWER_LOST"]).toEqual(expect.arrayContaining(all));
      const answer = await untilAnswered(key);
      expect(answer.data?.completeLesson.lesson.progress.completedAt).toEqual(expect.any(String));
      expect(await writes()).toHaveLength(1);
    });

    it("is done by the next one, when the database ends it before it is committed", async () => {
      const key = randomUUID();
      const first = send(key);
      const ended = () =>
        server.database.query(sql`
          SELECT pg_terminate_backend("pid")::text AS "done" FROM pg_stat_activity
          WHERE datname = current_database() AND "pid" <> pg_backend_pid() AND "wait_event" = 'PgSleep'`);
      while ((await ended()).length === 0) await delay(20);
      expect((await first).body.errors).toMatchObject([{ extensions: { code: "SERVICE_UNAVAILABLE" } }]);
      expect(await writes()).toHaveLength(0);
      expect((await untilAnswered(key)).data).not.toBeNull();
      expect(await writes()).toHaveLength(1);
    });

    it("keeps the answer for who has hung up meanwhile", async () => {
      const key = randomUUID();
      const aborting = new AbortController();
      const headers = { authorization, "content-type": "application/json", "idempotency-key": key };
      const body = JSON.stringify({ query: complete, variables: { lessonId: lessonIds[0] } });
      const first = fetch(`${server.url}/graphql`, { method: "POST", headers, body, signal: aborting.signal });
      await delay(300);
      aborting.abort();
      await expect(first).rejects.toThrow("aborted");
      const answer = await untilAnswered(key);
      expect(answer.data?.completeLesson.lesson.progress.completedAt).toEqual(expect.any(String));
      expect(await writes()).toHaveLength(1);
    });
  });

  it("of who deletes the account is good for that too", async () => {
    const passwordHash = await server.services.passwords.hash("notes-on-the-engine", "::1");
    const { authorization: as } = await signIn({ passwordHash });
    const query = `mutation { deleteMyAccount(input: { password: "notes-on-the-engine" }) { userErrors { code } } }`;
    const { body } = await send(randomUUID(), { as, query });
    expect(body).toEqual({ data: { deleteMyAccount: { userErrors: [] } } });
  });

  it("means nothing for queries", async () => {
    const { body } = await send("key", { as: "", query: "{ topics { totalCount } }" });
    expect(body).toEqual({ data: { topics: { totalCount: 0 } } });
  });
});
