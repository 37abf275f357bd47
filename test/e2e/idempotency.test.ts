// `Idempotency-Key`: sent again, a mutation answers as the first time and is not done again.
import { createHash, randomUUID } from "node:crypto";
import { sql } from "../../src/db/sql";
import { encodeNodeId } from "../../src/graphql/node-id";
import { createLesson, createUser } from "../support/factories";
import { startTestServer, type TestServer } from "../support/server";

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

async function signIn() {
  const { id } = await createUser(server.database);
  const session = await server.database.models.userSession.create({
    data: { userId: id, expiresAt: new Date("2100-01-01"), address: "::1" },
  });
  const { token } = await server.services.tokens.signAccess({ userId: id, sessionId: session.id });
  return { userId: id, authorization: `Bearer ${token}` };
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

  it("is free again a minute after a first request that never answered", async () => {
    const key = randomUUID();
    const first = await send(key);
    await server.database.query(sql`UPDATE "idempotent_request" SET "response" = NULL`);
    expect((await send(key)).body.errors).toMatchObject([{ extensions: { code: "CONFLICT" } }]);
    await server.database.query(sql`UPDATE "idempotent_request" SET "created_at" = now() - INTERVAL '2 minutes'`);
    const { body } = await send(key);
    expect(body.data).toEqual(first.body.data);
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

  it("means nothing for queries", async () => {
    const { body } = await send("key", { as: "", query: "{ topics { totalCount } }" });
    expect(body).toEqual({ data: { topics: { totalCount: 0 } } });
  });
});
