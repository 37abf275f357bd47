// Sessions: who gets in, how a session goes on, what ends it, and who sees it.
import { encodeNodeId } from "../../../src/graphql/node-id";
import type { Viewer } from "../../../src/request/context";
import { expectCode, type ExecuteOptions } from "../../support/api";
import { createUser } from "../../support/factories";
import {
  api,
  circumstances,
  createPerson,
  days,
  done,
  expectSecretsKept,
  isSignedIn,
  later,
  mailedToken,
  mutate,
  newEmail,
  newPassword,
  password,
  refused,
  remember,
  run,
  secrets,
  signIn,
  tokenFields,
  useAccounts,
  userOf,
  works,
  type Tokens,
} from "./people";

useAccounts();

describe("Mutation.signIn", () => {
  const query = `mutation ($input: SignInInput!) { signIn(input: $input) {
      viewer { user { email } } tokens { accessToken refreshToken } userErrors { code message path }
    } }`;

  it("answers the same for an unknown address as for a wrong password (R20)", async () => {
    const { email } = await createPerson();
    const [unknown, wrong] = await Promise.all(
      [newEmail(), email].map(address => run(query, { input: { email: address, password: newPassword } })),
    );
    expect(wrong).toEqual(unknown);
    expect(wrong?.data).toEqual({
      signIn: {
        viewer: null,
        tokens: null,
        userErrors: [
          { code: "INVALID_CREDENTIALS", message: "Email and password do not belong together.", path: null },
        ],
      },
    });
  });

  it("knows its address in any case, and a password however its letters are composed", async () => {
    const email = newEmail();
    await done("signUp", { email, password: "Übung-macht-3-Meister", displayName: "Somebody" });
    const input = { email: email.toUpperCase(), password: "U\u0308bung-macht-3-Meister" };
    const { data } = await run<{ signIn: { viewer: unknown; tokens: Tokens } }>(query, { input });
    expect(data.signIn.viewer).toEqual({ user: { email } });
    remember(data.signIn.tokens);
    secrets.add(input.password);
  });

  it("refuses somebody who has no password", async () => {
    const { email } = await createUser(api.database);
    expect(await refused("signIn", { email, password: "" })).toEqual([["INVALID_CREDENTIALS", null]]);
  });

  it("cannot put tokens into cookies where there are none", async () => {
    const { email } = await createPerson();
    expectCode(await run(query, { input: { email, password, delivery: "COOKIE" } }), "BAD_USER_INPUT");
  });

  it("keeps 50 sessions and ends the oldest", async () => {
    const person = await createPerson();
    const { userId } = person.viewer;
    const expiresAt = new Date(Date.now() + days);
    await api.database.models.userSession.createMany({
      data: Array.from({ length: 49 }, () => ({ userId, expiresAt, address: "::1" })),
    });
    await signIn(person.email);
    expect(await api.database.models.userSession.count({ where: { userId, endedAt: null } })).toBe(50);
    expect(await isSignedIn(person)).toBe(false);
  });

  it("makes the hash anew when it is out of date", async () => {
    const person = await createPerson();
    const { passwordHash: before } = await userOf(person);
    circumstances.isHashOutdated = true;
    await signIn(person.email);
    expect((await userOf(person)).passwordHash).not.toBe(before);
    expect(await works(person.email, password)).toBe(true);
  });

  it.each([false, true])(
    "does not let a password in that is replaced that very moment, nor bring it back (hash out of date: %s)",
    async isOutdated => {
      const { email } = await createPerson();
      await done("requestPasswordReset", { email });
      const token = await mailedToken(email, "reset-password");
      circumstances.isHashOutdated = isOutdated;
      circumstances.meanwhile = () => done("resetPassword", { token, newPassword });
      expect(await refused("signIn", { email, password })).toEqual([["INVALID_CREDENTIALS", null]]);
      expect([await works(email, password), await works(email, newPassword)]).toEqual([false, true]);
    },
  );
});

describe("Mutation.refreshSession", () => {
  const refresh = (refreshToken: string, options: ExecuteOptions = {}) =>
    mutate<{ tokens: Tokens | null }>("refreshSession", { refreshToken }, { select: tokenFields, ...options });

  it("gives other tokens each time, of the same session", async () => {
    const { tokens, viewer } = await createPerson();
    const second = remember((await refresh(tokens.refreshToken)).tokens!);
    const third = remember((await refresh(second.refreshToken)).tokens!);
    expect(new Set([tokens, second, third].map(({ refreshToken }) => refreshToken)).size).toBe(3);
    expect(await api.services.tokens.verifyAccess(third.accessToken)).toMatchObject({
      userId: viewer.userId,
      sessionId: viewer.sessionId,
    });
  });

  it("ends the session, and no other, when a token comes a second time", async () => {
    const person = await createPerson();
    const other = await signIn(person.email);
    const next = remember((await refresh(person.tokens.refreshToken)).tokens!);
    const problem = ["INVALID_TOKEN", "input.refreshToken"];
    expect(await refused("refreshSession", { refreshToken: person.tokens.refreshToken })).toEqual([problem]);
    expect(await refused("refreshSession", { refreshToken: next.refreshToken })).toEqual([problem]);
    expect(await isSignedIn(other)).toBe(true);
  });

  it("lets one of 20 through at most that come with the same token at once", async () => {
    const { tokens } = await createPerson();
    const payloads = await Promise.all(Array.from({ length: 20 }, () => refresh(tokens.refreshToken)));
    const through = payloads.flatMap(payload => (payload.tokens ? [remember(payload.tokens)] : []));
    expect(through.length).toBeLessThanOrEqual(1);
    for (const { refreshToken } of through) expect((await refresh(refreshToken)).tokens).toBeNull();
  });

  it("keeps a session alive for 30 days from the last time on, and no longer", async () => {
    const person = await createPerson();
    const { tokens } = await refresh(person.tokens.refreshToken, later(29 * days));
    const again = await refresh(remember(tokens!).refreshToken, later(58 * days));
    expect(await isSignedIn({ tokens: remember(again.tokens!) }, later(89 * days))).toBe(false);
  });

  it.each([
    ["an unknown token", "A".repeat(43)],
    ["no token", null],
    ["text that is no token", "nonsense"],
  ])("refuses %s as INVALID_TOKEN", async (_name, refreshToken) => {
    expect(await refused("refreshSession", { refreshToken })).toEqual([["INVALID_TOKEN", "input.refreshToken"]]);
  });

  it("refuses an endless token as INVALID", async () => {
    const problems = await refused("refreshSession", { refreshToken: "A".repeat(201) });
    expect(problems).toEqual([["INVALID", "input.refreshToken"]]);
  });
});

describe("Viewer.sessions", () => {
  interface Sessions {
    viewer: {
      sessions: { totalCount: number; pageInfo: { hasNextPage: boolean; endCursor: string }; nodes: Session[] };
    };
  }
  interface Session {
    id: string;
    userAgent: string;
    address: string;
  }
  const query = `query ($first: Int, $after: String) { viewer { sessions(first: $first, after: $after) {
    totalCount pageInfo { hasNextPage endCursor } nodes { id userAgent address }
  } } }`;

  it("lists the viewer's own open sessions, the newest first, by pages", async () => {
    const person = await createPerson();
    await createPerson();
    const second = await signIn(person.email);
    const third = await signIn(person.email);
    await done("signOut", null, { as: second.viewer });
    const page = async (after: string | null) =>
      (await run<Sessions>(query, { first: 1, after }, { as: person.viewer })).data.viewer.sessions;
    const first = await page(null);
    expect(first).toMatchObject({ totalCount: 2, pageInfo: { hasNextPage: true } });
    const last = await page(first.pageInfo.endCursor);
    expect(last.pageInfo.hasNextPage).toBe(false);
    expect([...first.nodes, ...last.nodes].map(({ id }) => id)).toEqual(
      [third, person].map(({ viewer }) => encodeNodeId("UserSession", viewer.sessionId)),
    );
    expect(first.nodes[0]).toMatchObject({ userAgent: "jest", address: expect.stringMatching(/^10\.0\./) });
  });

  it("shows a session to nobody else, by its id either", async () => {
    const [person, other] = [await createPerson(), await createPerson({ role: "ADMIN" })];
    const id = encodeNodeId("UserSession", person.viewer.sessionId);
    const read = async (as: Viewer) => (await run("query ($id: ID!) { node(id: $id) { id } }", { id }, { as })).data;
    expect([await read(person.viewer), await read(other.viewer)]).toEqual([{ node: { id } }, { node: null }]);
    await api.database.models.user.delete({ where: { id: person.viewer.userId } });
  });
});

// Last: looks back at all that the tests above have done.
describe("Secrets", () => {
  it("are in no line of the log, and no hash is in an answer or the log", () =>
    expectSecretsKept({ hashes: 6, secrets: 25 }));
});
