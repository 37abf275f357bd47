// Who may follow what: found out when a connection begins, when a subscription begins, and again at each event.
import { createTokenService } from "../../../src/auth/tokens";
import { newSigningKey, parseSigningKeys, type SigningKeys } from "../../../src/auth/signing-keys";
import { encodeNodeId } from "../../../src/graphql/node-id";
import type { Viewer } from "../../../src/request/context";
import { saveDraft, startEditorsServer } from "../../support/editors-server";
import { begun, handshake, openLive, upTo, type LiveClient, type LiveOptions } from "../../support/live";
import type { TestServer } from "../../support/server";
import { publicUrl } from "../../support/services";
import { createGuest, createViewer } from "../../support/signed-in";

const friend = "https://app.example.org";
const drafts = "subscription { revisionChanged }";
const topics = "subscription { topicPublished { nodeId topic { isBookmarked } } }";

let server: Omit<TestServer, "post">;
let keys: SigningKeys;
const clients: LiveClient[] = [];

beforeAll(async () => {
  keys = await parseSigningKeys(JSON.stringify({ keys: [await newSigningKey()] }));
  server = await startEditorsServer({ services: { tokens: tokensAt(0) }, corsOrigins: [friend] });
});
afterAll(() => server.close());
afterEach(async () => {
  await Promise.all(clients.splice(0).map(client => client.close()));
});

/** Tokens as if they were signed at another time. */
function tokensAt(offsetMs: number) {
  const now = () => new Date(Date.now() + offsetMs);
  return createTokenService({ keys, issuer: publicUrl, audience: "learngraph", now });
}

function open(options: LiveOptions = {}): LiveClient {
  const client = openLive(server.url, options);
  clients.push(client);
  return client;
}

async function tokenOf(viewer: Viewer, offsetMs = 0): Promise<string> {
  return (await tokensAt(offsetMs).signAccess(viewer)).token;
}

async function openAs(viewer: Viewer, options: LiveOptions = {}): Promise<LiveClient> {
  const authorization = `Bearer ${await tokenOf(viewer)}`;
  return open({ connectionParams: { authorization }, ...options });
}

let drafted = 0;
const draft = () => saveDraft(server, ++drafted);
const touchTopic = () => server.database.models.topic.update({ where: { id: 1 }, data: { emoji: "📘" } });

/** As where the announcement is lost: nothing ends the connections of the session before they are used again. */
const endUnannounced = ({ sessionId }: Viewer) =>
  server.database.exclusive(connection =>
    connection.script(`
      ALTER TABLE "user_session" DISABLE TRIGGER USER;
      UPDATE "user_session" SET "ended_at" = now() WHERE "id" = '${sessionId}';
      ALTER TABLE "user_session" ENABLE TRIGGER USER`),
  );

const refusal = (code: string) => [expect.objectContaining({ extensions: { code } })] as unknown[];

describe("A subscription for editors", () => {
  it("is refused to guests and learners when it begins, and leaves their connection open", async () => {
    const guest = open();
    expect(await guest.follow(drafts).ended).toEqual(refusal("UNAUTHENTICATED"));
    const learner = await openAs(await createViewer(server.database));
    const followed = learner.follow(topics);
    await begun(followed, touchTopic);
    expect(await learner.follow(drafts).ended).toEqual(refusal("FORBIDDEN"));
    expect(learner.codes).toEqual([]);
    await begun(followed, touchTopic);
  });

  it.each(["EDITOR", "ADMIN"] as const)("is open to %s", async role => {
    const client = await openAs(await createViewer(server.database, { role }));
    const { data } = await begun(client.follow<{ revisionChanged: string }, never>(drafts), draft);
    expect(data.revisionChanged).toMatch(/^TOPIC:1:\d+$/);
  });

  it("ends with 4403 when the role is lost, before another event is sent", async () => {
    const viewer = await createViewer(server.database, { role: "EDITOR" });
    const client = await openAs(viewer);
    const followed = client.follow(drafts);
    await begun(followed, draft);
    await server.database.models.user.update({ where: { id: viewer.userId }, data: { role: "LEARNER" } });
    expect(await followed.ended).toEqual({ code: 4403, reason: "The role has changed." });
  });
});

describe("A session that ends", () => {
  it("ends its connections with 4401, though nothing else happens, and those of no other session", async () => {
    const viewer = await createViewer(server.database, { role: "EDITOR" });
    const expiresAt = new Date(Date.now() + 60_000);
    const data = { userId: viewer.userId, expiresAt, address: "::" };
    const { id: sessionId } = await server.database.models.userSession.create({ data });
    const [one, other] = [await openAs(viewer), await openAs({ ...viewer, sessionId })];
    const [ending, staying] = [one, other].map(client => client.follow<{ revisionChanged: string }, never>(drafts));
    if (!ending || !staying) throw new Error("nothing is followed");
    for (const followed of [ending, staying]) await begun(followed, draft);
    const last = await draft();
    for (const followed of [ending, staying]) await upTo(followed, data => data.revisionChanged === last);
    await server.database.models.userSession.update({
      where: { id: viewer.sessionId },
      data: { endedAt: new Date() },
    });
    expect(await ending.ended).toEqual({ code: 4401, reason: "The session has ended." });
    await begun(staying, draft);
    expect(other.codes).toEqual([]);
  });

  it("is found out at the next event where its end was not announced", async () => {
    const viewer = await createViewer(server.database, { role: "EDITOR" });
    const client = await openAs(viewer);
    const followed = client.follow(drafts);
    await begun(followed, draft);
    await endUnannounced(viewer);
    await draft();
    expect(await followed.ended).toEqual({ code: 4401, reason: "The session has ended." });
  });

  it("is not mistaken for an open one when a subscription begins on an open connection", async () => {
    const viewer = await createViewer(server.database, { role: "EDITOR" });
    const client = await openAs(viewer);
    const followed = client.follow<{ topicPublished: { nodeId: string } }, never>(topics);
    await begun(followed, touchTopic);
    // What was touched until here comes before this: nothing comes any more by which the end could be found out.
    await server.database.models.topic.update({ where: { id: 2 }, data: { emoji: "📘" } });
    await upTo(followed, ({ topicPublished }) => topicPublished.nodeId === encodeNodeId("Topic", 2));
    await endUnannounced(viewer);
    expect(await client.follow(drafts).ended).toMatchObject({ code: 4401 });
  });
});

describe("An access token", () => {
  it("ends its connection with 4403 when it expires; the client goes on with a fresh one by itself", async () => {
    const viewer = await createViewer(server.database, { role: "EDITOR" });
    // The first one has a second left.
    const tokens = [await tokenOf(viewer, -15 * 60_000 + 1_000), await tokenOf(viewer)];
    const client = open({
      retryAttempts: 5,
      connectionParams: () => ({ authorization: `Bearer ${tokens.shift() ?? ""}` }),
    });
    const followed = client.follow(drafts);
    expect(await client.closed()).toBe(4403);
    await begun(followed, draft);
    expect(client.sockets).toHaveLength(2);
  });

  it.each([
    ["of nonsense", () => Promise.resolve("Bearer nonsense")],
    ["without its scheme", async () => tokenOf(await createViewer(server.database))],
    ["that has expired", async () => `Bearer ${await tokenOf(await createViewer(server.database), -16 * 60_000)}`],
    ["that is no text", () => Promise.resolve(7)],
  ])("%s is refused with 4403, never taken for a guest's", async (_, authorization) => {
    const client = open({ connectionParams: { authorization: await authorization() } });
    expect(await client.follow(topics).ended).toEqual({ code: 4403, reason: "The token is not valid." });
  });

  it("comes from the cookie of a page of our own site, or of one that is trusted", async () => {
    const token = await tokenOf(await createViewer(server.database, { role: "EDITOR" }));
    for (const origin of [server.url, friend]) {
      const client = open({ headers: { cookie: `learngraph-access=${token}`, origin } });
      await begun(client.follow(drafts), draft);
    }
  });

  it("is not needed by guests, whose own token lets them see what is theirs", async () => {
    const guestId = await createGuest(server.database);
    await server.database.models.bookmark.create({ data: { learnerId: guestId, topicId: 1 } });
    const { token } = await tokensAt(0).signGuest(guestId);
    const client = open({ connectionParams: { "x-guest-token": token } });
    const followed = client.follow<{ topicPublished: { topic: { isBookmarked: boolean } } }, never>(topics);
    const { data } = await begun(followed, touchTopic);
    expect(data.topicPublished.topic.isBookmarked).toBe(true);

    // Taken over by an account.
    const { userId } = await createViewer(server.database);
    await server.database.models.learner.update({
      where: { id: guestId },
      data: { mergedInto: userId, mergedAt: new Date() },
    });
    expect(await followed.ended).toMatchObject({ code: 4401 });
  });
});

describe("A page of another site", () => {
  it.each<Record<string, string>>([
    { origin: "https://evil.example" },
    { origin: "null" },
    { "sec-fetch-site": "cross-site" },
  ])("cannot open a connection, with cookies or without: %j", async headers => {
    const token = await tokenOf(await createViewer(server.database));
    expect(await handshake(server.url, headers)).toBe(403);
    expect(await handshake(server.url, { ...headers, cookie: `learngraph-access=${token}` })).toBe(403);
    expect(await handshake(server.url)).toBe(101);
  });
});

describe("Each event", () => {
  it("is read anew: what one event showed is not remembered at the next", async () => {
    const viewer = await createViewer(server.database);
    const client = await openAs(viewer);
    const followed = client.follow<{ topicPublished: { topic: { isBookmarked: boolean } } }, never>(topics);
    expect((await begun(followed, touchTopic)).data.topicPublished.topic.isBookmarked).toBe(false);
    await server.database.models.bookmark.create({ data: { learnerId: viewer.userId, topicId: 1 } });
    for (;;) {
      await touchTopic();
      const { data } = await followed.next();
      if (data.topicPublished.topic.isBookmarked) return;
    }
  });

  it("asks once for all viewers whether they may still see it", async () => {
    const viewers = [];
    for (let count = 0; count < 5; count++) viewers.push(await createViewer(server.database, { role: "EDITOR" }));
    const all = await Promise.all(
      viewers.map(async viewer => (await openAs(viewer)).follow<{ revisionChanged: string }, never>(drafts)),
    );
    for (const followed of all) await begun(followed, draft);
    const heardByAll = async (revision: string) => {
      for (const followed of all) await upTo(followed, data => data.revisionChanged === revision);
    };
    await heardByAll(await draft());
    const statements: string[] = [];
    const end = server.database.onStatement(text => statements.push(text));
    await heardByAll(await draft());
    end();
    // So many events are worked on at once: the fifth comes after the first four.
    expect(statements.filter(text => text.includes('FROM "user_session"'))).toHaveLength(2);
  });
});
