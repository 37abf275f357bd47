// Accounts over a real socket: a browser with cookies, programs with bearer tokens, pages of other sites, guesses of passwords.
import { print } from "graphql";
import { newSigningKey, parseSigningKeys, type SigningKeys } from "../../src/auth/signing-keys";
import { createTokenService } from "../../src/auth/tokens";
import { TopicPageDocument, type TopicPageQuery } from "../../src/generated/client/graphql";
import { encodeNodeId } from "../../src/graphql/node-id";
import { startTestServer, type TestServer } from "../support/server";
import { publicUrl } from "../support/services";

interface Answer<Data> {
  status: number;
  headers: Headers;
  data: Data;
  errors: readonly { message: string; extensions: { code: string } }[];
}

interface Payload {
  userErrors: { code: string; path: string[] | null }[];
}

interface Tokens {
  accessToken: string;
  refreshToken: string;
}

const password = "correct-Horse-7-battery";
const newPassword = "another-Staple-8-horses";
const friend = "https://app.example.org";
const minutes = 60_000;

let server: TestServer;
let keys: SigningKeys;
/** Every password, token and cookie that was sent or given, and all answers. */
const secrets = new Set<string>([password, newPassword]);
const answers: string[] = [];

const tokensAt = (time: () => Date) =>
  createTokenService({ keys, issuer: publicUrl, audience: "learngraph", now: time });

beforeAll(async () => {
  keys = await parseSigningKeys(JSON.stringify({ keys: [await newSigningKey()] }));
  server = await startTestServer({
    secureCookies: true,
    trustedProxyHops: 1,
    corsOrigins: [friend],
    services: { tokens: tokensAt(() => new Date()) },
  });
});

afterAll(() => server.close());

let counter = 0;
const newAddress = () => `10.1.${(++counter >> 8) & 255}.${counter & 255}`;
const newEmail = () => `person-${++counter}@example.org`;

/** Sends one operation, from an address of its own unless told: limits by address are met only where they are meant. */
async function send<Data = Record<string, unknown>>(
  query: string,
  variables: Record<string, unknown> = {},
  headers: Record<string, string> = {},
): Promise<Answer<Data>> {
  const response = await server.post({ query, variables }, { "x-forwarded-for": newAddress(), ...headers });
  const text = await response.text();
  answers.push(text);
  for (const [, token] of text.matchAll(/"(?:accessToken|refreshToken|guestToken)":"([^"]+)"/g)) secrets.add(token!);
  for (const line of response.headers.getSetCookie()) {
    const value = /^[^=]+=([^;]+)/.exec(line)?.[1];
    if (value !== undefined) secrets.add(value);
  }
  const { data, errors = [] } = JSON.parse(text) as Partial<Answer<Data>>;
  return { status: response.status, headers: response.headers, data: data as Data, errors };
}

function mutation(name: string, select = "", withInput = true): string {
  const type = `${name.charAt(0).toUpperCase()}${name.slice(1)}Input!`;
  const [declared, given] = withInput ? [`($input: ${type})`, "(input: $input)"] : ["", ""];
  return `mutation ${declared} { payload: ${name}${given} { ${select} userErrors { code path } } }`;
}

/** Runs one mutation whose answer has no `errors`; gives its payload. */
async function mutate<Data = object>(
  name: string,
  input: object | null,
  { select = "", ...headers }: Record<string, string> = {},
): Promise<Data & Payload> {
  const sent = await send<{ payload: Data & Payload }>(
    mutation(name, select, input !== null),
    input ? { input } : {},
    headers,
  );
  expect(sent).toMatchObject({ status: 200, errors: [] });
  return sent.data.payload;
}

async function done<Data = object>(...given: Parameters<typeof mutate>): Promise<Data> {
  const payload = await mutate<Data>(...given);
  expect(payload.userErrors).toEqual([]);
  return payload;
}

const bearer = ({ accessToken }: { accessToken: string }) => ({ authorization: `Bearer ${accessToken}` });

async function signUp(email = newEmail()): Promise<string> {
  await done("signUp", { email, password, displayName: "Somebody" });
  return email;
}

async function signIn(email: string, using = password): Promise<Tokens> {
  const select = "tokens { accessToken refreshToken }";
  return (await done<{ tokens: Tokens }>("signIn", { email, password: using }, { select })).tokens;
}

const whoAmI = "{ viewer { user { email role } } }";

/**
 * Whether the tokens in these headers count; fails unless a refusal is what a client can build on.
 * One that is only ignored is not refused.
 */
async function isAlive(headers: Record<string, string>): Promise<boolean> {
  const answer = await send<{ viewer: object | null } | undefined>(whoAmI, {}, headers);
  if (answer.status === 200) {
    if ("authorization" in headers) expect(answer.data?.viewer).not.toBeNull();
    return true;
  }
  expect(answer.status).toBe(401);
  expect(answer.headers.get("www-authenticate")).toBe('Bearer error="invalid_token"');
  expect(answer.headers.get("cache-control")).toBe("no-store");
  expect([answer.data, answer.errors.map(({ extensions }) => extensions)]).toEqual([
    undefined,
    [{ code: "UNAUTHENTICATED" }],
  ]);
  return false;
}

/** What a browser does: keeps cookies, sends them with every request and says from which page it comes. */
class Browser {
  readonly cookies = new Map<string, string>();
  /** The attributes of each cookie, as it came last. */
  readonly attributes = new Map<string, string[]>();

  async send<Data = Record<string, unknown>>(
    query: string,
    variables: Record<string, unknown> = {},
    headers: Record<string, string> = { origin: server.url, "sec-fetch-site": "same-origin" },
  ): Promise<Answer<Data>> {
    const answer = await send<Data>(query, variables, { ...headers, ...this.header() });
    for (const line of answer.headers.getSetCookie()) this.#keep(line);
    return answer;
  }

  async done<Data = object>(name: string, input: object | null, select = ""): Promise<Data> {
    const { errors, data } = await this.send<{ payload: Data & Payload }>(
      mutation(name, select, input !== null),
      input ? { input } : {},
    );
    expect([errors, data.payload.userErrors]).toEqual([[], []]);
    return data.payload;
  }

  header(only = [...this.cookies.keys()]): Record<string, string> {
    const pairs = only.map(name => `${name}=${this.cookies.get(name)}`);
    return pairs.length > 0 ? { cookie: pairs.join("; ") } : {};
  }

  #keep(line: string): void {
    const [pair = "", ...attributes] = line.split(/;\s*/);
    const [name = "", value = ""] = pair.split(/=(.*)/s);
    const expires = attributes.find(attribute => /^expires=/i.test(attribute))?.slice("expires=".length);
    if (expires !== undefined && new Date(expires) <= new Date()) this.cookies.delete(name);
    else this.cookies.set(name, value);
    this.attributes.set(name, attributes);
  }
}

const cookie = {
  access: "__Host-learngraph-access",
  refresh: "__Host-learngraph-refresh",
  guest: "__Host-learngraph-guest",
};

const lessonState = `query ($id: ID!) { node(id: $id) { ... on Lesson {
  progress { state } content { __typename ... on LessonBody { body { text } } }
} } }`;

interface LessonState {
  node: { progress: { state: string } | null; content: { __typename: string; body?: { text: string } } };
}

type LessonLine = NonNullable<TopicPageQuery["topic"]>["modules"]["nodes"][number]["lessons"]["nodes"][number];

const slug = "backend-and-api-development";

/** A module of the topic page, with an open lesson and one that needs an account. */
async function readModule(browser = new Browser()) {
  const { data } = await browser.send<TopicPageQuery>(print(TopicPageDocument), { slug });
  const module = data.topic!.modules.nodes[0]!;
  const lesson = (access: string): LessonLine => module.lessons.nodes.find(line => line.access === access)!;
  return { ...module, lessons: module.lessons.nodes, open: lesson("PUBLIC"), locked: lesson("ACCOUNT") };
}

async function browserOf(email: string): Promise<Browser> {
  const browser = new Browser();
  await browser.done("signIn", { email, password, delivery: "COOKIE" });
  return browser;
}

describe("A browser", () => {
  it("learns as a guest, goes on with an account, and leaves nothing behind that works", async () => {
    const browser = new Browser();
    const { id, lessons, open, locked } = await readModule(browser);
    const read = async (lesson: { id: string }) => (await browser.send<LessonState>(lessonState, lesson)).data.node;
    expect((await read({ id: locked.id })).content).toEqual({ __typename: "LessonLock" });
    expect((await read({ id: open.id })).content.body?.text).toMatch(/\w{3}/);

    expect(await browser.done("createGuest", { delivery: "COOKIE" }, "guestToken")).toMatchObject({ guestToken: null });
    expect([...browser.cookies.keys()]).toEqual([cookie.guest]);
    const guest = browser.header();
    await browser.done("startLesson", { lessonId: open.id });
    await browser.done("completeLesson", { lessonId: open.id });
    expect((await read({ id: open.id })).progress).toEqual({ state: "COMPLETED" });
    const refused = await browser.send(mutation("completeLesson"), { input: { lessonId: locked.id } });
    expect(refused.errors.map(({ extensions }) => extensions.code)).toEqual(["FORBIDDEN"]);

    const email = await signUp();
    const signedIn = await browser.send<{ payload: object }>(
      mutation("signIn", "viewer { user { email } } tokens { accessToken }"),
      {
        input: { email, password, delivery: "COOKIE" },
      },
    );
    expect(signedIn.data.payload).toEqual({ viewer: { user: { email } }, tokens: null, userErrors: [] });
    expect([...browser.cookies.keys()].sort()).toEqual([cookie.access, cookie.refresh]);
    expect(await read({ id: open.id })).toMatchObject({ progress: { state: "COMPLETED" } });
    expect((await read({ id: locked.id })).content.body?.text).toMatch(/\w{3}/);

    for (const lesson of lessons) await browser.done("completeLesson", { lessonId: lesson.id });
    const progress =
      "query ($id: ID!) { node(id: $id) { ... on Module { progress { lessonCount completedCount isCompleted } } } }";
    expect((await browser.send(progress, { id })).data).toEqual({
      node: { progress: { lessonCount: lessons.length, completedCount: lessons.length, isCompleted: true } },
    });

    // The browser drops the access cookie when it is too old.
    const used = browser.cookies.get(cookie.refresh);
    browser.cookies.delete(cookie.access);
    await browser.done("refreshSession", {});
    expect(browser.cookies.get(cookie.refresh)).not.toBe(used);
    expect((await browser.send(whoAmI)).data).toEqual({ viewer: { user: { email, role: "LEARNER" } } });

    const [access, refresh] = [cookie.access, cookie.refresh].map(name => browser.header([name]));
    await browser.done("signOutEverywhere", null);
    expect([...browser.cookies.keys()]).toEqual([]);
    expect((await browser.send(whoAmI)).data).toEqual({ viewer: null });
    expect(await isAlive(access!)).toBe(false);
    expect(await isAlive(guest)).toBe(false);
    expect((await mutate("refreshSession", {}, refresh)).userErrors).toEqual([
      { code: "INVALID_TOKEN", path: ["input", "refreshToken"] },
    ]);
  });

  it("gets cookies that its scripts and other sites cannot reach, for this host and HTTPS alone", async () => {
    const browser = new Browser();
    await browser.done("createGuest", { delivery: "COOKIE" });
    await browser.done("signIn", { email: await signUp(), password, delivery: "COOKIE" });
    const sameSite = { [cookie.access]: "SameSite=Lax", [cookie.refresh]: "SameSite=Strict" };
    for (const [name, site] of Object.entries(sameSite)) {
      const expires = expect.stringMatching(/^Expires=/) as string;
      expect([...browser.attributes.get(name)!].sort()).toEqual([expires, "HttpOnly", "Path=/", site, "Secure"]);
    }
    expect(browser.attributes.get(cookie.guest)).toEqual(expect.arrayContaining(["HttpOnly", "Path=/", "Secure"]));
  });

  it("gets cookies without HTTPS only where that is configured", async () => {
    const plain = await startTestServer({ golden: "empty" });
    try {
      const response = await plain.post({
        query: mutation("createGuest"),
        variables: { input: { delivery: "COOKIE" } },
      });
      const [line = ""] = response.headers.getSetCookie();
      secrets.add(/=([^;]+)/.exec(line)![1]!);
      expect(line).toMatch(/^learngraph-guest=[\w.-]+; Path=\/; Expires=[^;]+; HttpOnly; SameSite=Lax$/);
      expect(plain.log.join("\n")).not.toContain(/=([^;]+)/.exec(line)![1]!);
    } finally {
      await plain.close();
    }
  });

  it("loses a cookie that is not valid any more, and can refresh right after that", async () => {
    const browser = await browserOf(await signUp());
    browser.cookies.set(cookie.access, (await expiredTokens()).access);
    const refused = await browser.send(whoAmI);
    expect(refused.status).toBe(401);
    expect([...browser.cookies.keys()]).toEqual([cookie.refresh]);
    await browser.done("refreshSession", {});
    expect((await browser.send(whoAmI)).data).toMatchObject({ viewer: { user: { role: "LEARNER" } } });
  });

  it("keeps what a guest did meanwhile, when it refreshes, until the next sign-in takes it over", async () => {
    const email = await signUp();
    const browser = await browserOf(email);
    const { open } = await readModule();
    browser.cookies.delete(cookie.access);
    await browser.done("createGuest", { delivery: "COOKIE" });
    await browser.done("completeLesson", { lessonId: open.id });
    await browser.done("refreshSession", {});
    await browser.done("signIn", { email, password, delivery: "COOKIE" });
    const { data } = await browser.send<LessonState>(lessonState, { id: open.id });
    expect(data.node.progress).toEqual({ state: "COMPLETED" });
    expect(browser.cookies.has(cookie.guest)).toBe(false);
  });
});

describe("A page of another site (R3, R23)", () => {
  const own = () => server.url;
  const attacks: [name: string, headers: () => Record<string, string>][] = [
    ["with its origin", () => ({ origin: "https://evil.example" })],
    ["without an origin that it would tell", () => ({ origin: "null" })],
    ["on another port", () => ({ origin: `${own()}0` })],
    ["with another scheme", () => ({ origin: own().replace("http:", "https:") })],
    ["of the site that people open, without HTTPS", () => ({ origin: publicUrl.replace("https:", "http:") })],
    ["that begins like ours", () => ({ origin: `${friend}.evil.example` })],
    ["that says only that it is another one", () => ({ "sec-fetch-site": "cross-site" })],
  ];

  it.each(attacks)("cannot use the cookies of a visitor: %s", async (_name, headers) => {
    const browser = await browserOf(await signUp());
    await browser.done("createGuest", { delivery: "COOKIE" });
    const { open } = await readModule();
    const sent: string[] = [];
    const end = server.database.onStatement(text => void sent.push(text));
    const { cookies } = browser;
    for (const only of [[...cookies.keys()], ...Object.values(cookie).map(name => [name])]) {
      for (const [name, input] of [
        ["completeLesson", { lessonId: open.id }],
        ["refreshSession", {}],
      ] as const) {
        const answer = await send(mutation(name), { input }, { ...headers(), ...browser.header(only) });
        expect(answer).toMatchObject({ status: 403, errors: [{ extensions: { code: "FORBIDDEN" } }] });
        expect(answer.headers.getSetCookie()).toEqual([]);
      }
    }
    end();
    expect(sent).toEqual([]);
    // Neither was the refresh token used up.
    await browser.done("refreshSession", {});
  });

  it("cannot read with them either", async () => {
    const browser = await browserOf(await signUp());
    const answer = await browser.send(whoAmI, {}, { origin: "https://evil.example" });
    expect([answer.status, answer.data]).toEqual([403, undefined]);
  });

  it.each<[name: string, headers: () => Record<string, string>]>([
    ["is of our own origin", () => ({ origin: own(), "sec-fetch-site": "same-origin" })],
    [
      "is of our own origin behind a proxy with HTTPS",
      () => ({ origin: own().replace("http:", "https:"), "x-forwarded-proto": "https" }),
    ],
    [
      "is of the site that people open, behind a proxy that does not say so",
      () => ({ origin: publicUrl, "sec-fetch-site": "same-origin" }),
    ],
    ["is of CORS_ORIGINS", () => ({ origin: friend, "sec-fetch-site": "cross-site" })],
    ["is no page but a program", () => ({})],
  ])("is none when it %s", async (_name, headers) => {
    const browser = await browserOf(await signUp());
    const { open } = await readModule();
    const answer = await browser.send(mutation("completeLesson"), { input: { lessonId: open.id } }, headers());
    expect(answer).toMatchObject({ status: 200, data: { payload: { userErrors: [] } } });
  });

  it("is answered like everybody without cookies", async () => {
    expect(await send(whoAmI, {}, { origin: "https://evil.example" })).toMatchObject({ data: { viewer: null } });
  });
});

/** Tokens that were valid an hour, or two years, ago. */
async function expiredTokens(): Promise<{ access: string; guest: string }> {
  const learner = await server.database.models.learner.create({ data: {} });
  const email = await signUp();
  const claims = await server.services.tokens.verifyAccess((await signIn(email)).accessToken);
  const access = await tokensAt(() => new Date(Date.now() - 60 * minutes)).signAccess(claims!);
  const guest = await tokensAt(() => new Date(Date.now() - 2 * 365 * 24 * 60 * minutes)).signGuest(learner.id);
  secrets.add(access.token).add(guest.token);
  return { access: access.token, guest: guest.token };
}

describe("An access token (R18, B13)", () => {
  it("is dead as soon as its session is signed out, and others live on", async () => {
    const email = await signUp();
    const [first, second] = [await signIn(email), await signIn(email)];
    await done("signOut", null, bearer(first));
    expect([await isAlive(bearer(first)), await isAlive(bearer(second))]).toEqual([false, true]);
    expect((await mutate("refreshSession", { refreshToken: first.refreshToken })).userErrors).toHaveLength(1);
    await done("refreshSession", { refreshToken: second.refreshToken });
  });

  it("is dead when somebody else changes the password, and lives on where it is changed", async () => {
    const email = await signUp();
    const [first, second] = [await signIn(email), await signIn(email)];
    await done("changePassword", { currentPassword: password, newPassword }, bearer(first));
    expect([await isAlive(bearer(first)), await isAlive(bearer(second))]).toEqual([true, false]);
  });

  it("is dead when the password is reset", async () => {
    const email = await signUp();
    const all = [await signIn(email), await signIn(email)];
    await done("requestPasswordReset", { email });
    const mail = await server.database.models.mailMessage.findFirstOrThrow({
      where: { recipient: email },
      orderBy: { id: "desc" },
    });
    const token = /\/reset-password#token=([\w-]{43})\n/.exec(mail.body)![1]!;
    secrets.add(token);
    await done("resetPassword", { token, newPassword });
    for (const tokens of all) expect(await isAlive(bearer(tokens))).toBe(false);
    expect(await isAlive(bearer(await signIn(email, newPassword)))).toBe(true);
  });

  it("is dead when its account is deleted, and so is the guest's it took over", async () => {
    const email = await signUp();
    const guest = await done<{ guestToken: string }>("createGuest", {}, { select: "guestToken" });
    const guestHeader = { "x-guest-token": guest.guestToken };
    const select = "tokens { accessToken refreshToken }";
    const { tokens } = await done<{ tokens: Tokens }>("signIn", { email, password }, { select, ...guestHeader });
    await done("deleteMyAccount", { password }, bearer(tokens));
    expect([await isAlive(bearer(tokens)), await isAlive(guestHeader)]).toEqual([false, false]);
    expect((await mutate("signIn", { email, password })).userErrors).toMatchObject([{ code: "INVALID_CREDENTIALS" }]);
  });

  it("is dead, and the next ones with it, when a refresh token comes a second time", async () => {
    const email = await signUp();
    const [stolen, other] = [await signIn(email), await signIn(email)];
    const select = "tokens { accessToken refreshToken }";
    const input = { refreshToken: stolen.refreshToken };
    const next = (await done<{ tokens: Tokens }>("refreshSession", input, { select })).tokens;
    expect([await isAlive(bearer(stolen)), await isAlive(bearer(next))]).toEqual([true, true]);
    expect((await mutate("refreshSession", input)).userErrors).toMatchObject([{ code: "INVALID_TOKEN" }]);
    for (const dead of [stolen, next]) expect(await isAlive(bearer(dead))).toBe(false);
    expect((await mutate("refreshSession", { refreshToken: next.refreshToken })).userErrors).toHaveLength(1);
    expect(await isAlive(bearer(other))).toBe(true);
  });

  it("is dead when its session is too old, however young it is itself", async () => {
    const tokens = await signIn(await signUp());
    const { sessionId } = (await server.services.tokens.verifyAccess(tokens.accessToken))!;
    const expiresAt = new Date(Date.now() - 1_000);
    await server.database.models.userSession.update({ where: { id: sessionId }, data: { expiresAt } });
    expect(await isAlive(bearer(tokens))).toBe(false);
  });

  it("has the role that its user has now", async () => {
    const [admin, learner] = [await signUp(), await signUp()];
    const role = async (of: string, to: string) => {
      const { id } = await server.database.models.user.findUniqueOrThrow({ where: { emailKey: of } });
      return done("setUserRole", { userId: encodeNodeId("User", id), role: to }, bearer(adminTokens));
    };
    await server.database.models.user.update({ where: { emailKey: admin }, data: { role: "ADMIN" } });
    const [adminTokens, tokens] = [await signIn(admin), await signIn(learner)];
    const users = async () => {
      const { data, errors } = await send<{ users: object } | null>(
        "{ users(first: 1) { nodes { id } } }",
        {},
        bearer(tokens),
      );
      return errors[0]?.extensions.code ?? Object.keys(data ?? {});
    };
    expect(await users()).toBe("FORBIDDEN");
    await role(learner, "ADMIN");
    expect(await users()).toEqual(["users"]);
    await role(learner, "LEARNER");
    expect(await users()).toBe("FORBIDDEN");
  });

  it("that is not one of ours makes nobody a guest", async () => {
    const tokens = await signIn(await signUp());
    const [header = "", payload = "", signature = ""] = tokens.accessToken.split(".");
    const unsigned = Buffer.from(JSON.stringify({ alg: "none", typ: "at+jwt" })).toString("base64url");
    const foreignKeys = await parseSigningKeys(JSON.stringify({ keys: [await newSigningKey()] }));
    const foreign = createTokenService({ keys: foreignKeys, issuer: publicUrl, audience: "learngraph" });
    const claims = (await server.services.tokens.verifyAccess(tokens.accessToken))!;
    const guest = await done<{ guestToken: string }>("createGuest", {}, { select: "guestToken" });
    const tampered = Buffer.from(payload, "base64url").toString().replace(claims.userId, claims.sessionId);
    const refused = [
      "",
      "Bearer",
      "Bearer ,",
      "Bearer nonsense",
      `Bearer ${"A".repeat(5_000)}`,
      tokens.accessToken,
      `Token ${tokens.accessToken}`,
      `Basic ${Buffer.from("ada:lovelace").toString("base64")}`,
      `Bearer ${tokens.accessToken} ${tokens.accessToken}`,
      `Bearer ${tokens.accessToken}, Bearer ${tokens.accessToken}`,
      `Bearer ${tokens.refreshToken}`,
      `Bearer ${guest.guestToken}`,
      `Bearer ${(await expiredTokens()).access}`,
      `Bearer ${(await foreign.signAccess(claims)).token}`,
      `Bearer ${header}.${Buffer.from(tampered).toString("base64url")}.${signature}`,
      `Bearer ${unsigned}.${payload}.`,
      `Bearer ${unsigned}.${payload}.${signature}`,
    ];
    for (const authorization of refused) {
      expect([authorization.slice(0, 20), await isAlive({ authorization })]).toEqual([
        authorization.slice(0, 20),
        false,
      ]);
      // Not even beside a cookie that is valid, or one that would be.
      const { accessToken } = tokens;
      expect(await isAlive({ authorization, cookie: `${cookie.access}=${accessToken}` })).toBe(false);
    }
    expect(await isAlive({ authorization: `bearer ${tokens.accessToken}` })).toBe(true);
  });
});

describe("Another instance", () => {
  let another: TestServer;
  beforeAll(async () => {
    const { tokens } = server.services;
    another = await startTestServer({ beside: server, secureCookies: true, trustedProxyHops: 1, services: { tokens } });
  });
  afterAll(() => another.close());

  /** What the other instance says to these headers: the role, or the code of the refusal. */
  async function there(headers: Record<string, string>): Promise<string | null> {
    const response = await another.post({ query: whoAmI }, headers);
    const { data, errors } = (await response.json()) as Partial<Answer<{ viewer: { user: { role: string } } | null }>>;
    return errors?.[0]?.extensions.code ?? data?.viewer?.user.role ?? null;
  }

  it("believes no token any more as soon as this one has ended its session, in whatever way", async () => {
    const ends: [string, object | null][] = [
      ["signOut", null],
      ["signOutEverywhere", null],
      ["deleteMyAccount", { password }],
    ];
    for (const [name, input] of ends) {
      const tokens = await signIn(await signUp());
      expect(await there(bearer(tokens))).toBe("LEARNER");
      await done(name, input, bearer(tokens));
      expect([name, await there(bearer(tokens))]).toEqual([name, "UNAUTHENTICATED"]);
    }
  });

  it("knows of a new password, a role and a reused refresh token at once", async () => {
    const email = await signUp();
    const [mine, other] = [await signIn(email), await signIn(email)];
    await done("changePassword", { currentPassword: password, newPassword }, bearer(mine));
    expect([await there(bearer(mine)), await there(bearer(other))]).toEqual(["LEARNER", "UNAUTHENTICATED"]);
    await server.database.models.user.update({ where: { emailKey: email }, data: { role: "EDITOR" } });
    expect(await there(bearer(mine))).toBe("EDITOR");
    const input = { refreshToken: mine.refreshToken };
    await done("refreshSession", input);
    expect((await mutate("refreshSession", input)).userErrors).toHaveLength(1);
    expect(await there(bearer(mine))).toBe("UNAUTHENTICATED");
  });

  it("knows of a guest who was taken over at once", async () => {
    const guest = await done<{ guestToken: string }>("createGuest", {}, { select: "guestToken" });
    const headers = { "x-guest-token": guest.guestToken };
    expect(await there(headers)).toBeNull();
    await done("signIn", { email: await signUp(), password }, headers);
    expect(await there(headers)).toBe("UNAUTHENTICATED");
  });

  it("answers a mutation that was sent to this one before, with the same key, as it did", async () => {
    const headers = { ...bearer(await signIn(await signUp())), "idempotency-key": "over-there" };
    const select = "user { displayName }";
    const variables = { input: { displayName: "First" } };
    const payload = await done("updateProfile", variables.input, { select, ...headers });
    await done("updateProfile", { displayName: "Second" }, { authorization: headers.authorization });
    const response = await another.post({ query: mutation("updateProfile", select), variables }, headers);
    expect(await response.json()).toEqual({ data: { payload } });
  });
});

describe("A guest token", () => {
  it("that is not one of ours is refused, in a header as in a cookie", async () => {
    const tokens = await signIn(await signUp());
    const gone = await server.services.tokens.signGuest("00000000-0000-4000-8000-000000000000");
    const userId = (await server.services.tokens.verifyAccess(tokens.accessToken))!.userId;
    // A user is a learner too, but nobody gets in by that.
    const asUser = await server.services.tokens.signGuest(userId);
    for (const token of ["nonsense", tokens.accessToken, (await expiredTokens()).guest, gone.token, asUser.token]) {
      expect(await isAlive({ "x-guest-token": token })).toBe(false);
      expect(await isAlive({ cookie: `${cookie.guest}=${token}` })).toBe(false);
    }
    expect(await isAlive({ "x-guest-token": "" })).toBe(false);
  });
});

describe("Guessing passwords (R20, B15)", () => {
  /** Fails unless the answer says that it was too often, and when to come again. */
  const expectTooMany = ({ status, headers, errors }: Answer<unknown>) => {
    expect([status, errors.map(({ extensions }) => extensions.code)]).toEqual([429, ["RATE_LIMITED"]]);
    expect(Number(headers.get("retry-after"))).toBeGreaterThan(0);
    expect(Number(headers.get("retry-after"))).toBeLessThanOrEqual(600);
  };
  const attempt = (email: string, using: string, address = newAddress()) =>
    send<{ payload: Payload }>(
      mutation("signIn", "tokens { accessToken refreshToken }"),
      { input: { email, password: using } },
      { "x-forwarded-for": address },
    );

  it("ends after ten times for one account, in any case and from all addresses; other accounts get in", async () => {
    const [victim, other] = [await signUp(), await signUp()];
    for (let i = 0; i < 10; i++) {
      const { data } = await attempt(i % 2 ? victim : victim.toUpperCase(), `wrong-guess-number-${i}`);
      expect(data.payload.userErrors).toMatchObject([{ code: "INVALID_CREDENTIALS" }]);
    }
    expectTooMany(await attempt(victim, "wrong-guess-number-11"));
    expectTooMany(await attempt(victim, password));
    expect((await attempt(other, password)).data.payload.userErrors).toEqual([]);
  });

  it("counts the same for an account that is not there", async () => {
    const nobody = newEmail();
    for (let i = 0; i < 10; i++) expect((await attempt(nobody, newPassword)).status).toBe(200);
    expectTooMany(await attempt(nobody, newPassword));
  });

  it("ends after ten times in a minute from one address, whatever the client says it is; another one gets in", async () => {
    const email = await signUp();
    const address = newAddress();
    // The first is what the client sent, the last what our proxy has seen.
    for (let i = 0; i < 10; i++) {
      expect((await attempt(newEmail(), newPassword, `${newAddress()}, ${address}`)).status).toBe(200);
    }
    expectTooMany(await attempt(email, password, `${newAddress()}, ${address}`));
    expectTooMany(await attempt(email, password, address));
    expect((await attempt(email, password)).data.payload.userErrors).toEqual([]);
  });

  it("knows an address in every form in which proxies tell it, and takes what is none for the proxy's", async () => {
    const email = await signUp();
    const tokens = await signIn(email);
    const told = {
      "203.0.113.7": "203.0.113.7",
      "203.0.113.7:51234": "203.0.113.7",
      "[2001:db8::7]:443": "2001:db8::7",
      "[2001:db8::7]": "2001:db8::7",
      "2001:db8::7": "2001:db8::7",
      unknown: "127.0.0.1",
      ["9".repeat(5_000)]: "127.0.0.1",
    };
    for (const [address, known] of Object.entries(told)) {
      expect((await attempt(email, password, address)).data.payload.userErrors).toEqual([]);
      const { data } = await send<{ viewer: { sessions: { nodes: object[] } } }>(
        "{ viewer { sessions(first: 1) { nodes { address } } } }",
        {},
        bearer(tokens),
      );
      expect([address.slice(0, 20), data.viewer.sessions.nodes]).toEqual([address.slice(0, 20), [{ address: known }]]);
    }
  });

  it("is counted by attempt: aliases in one request are as many as requests", async () => {
    const email = await signUp();
    const guesses = Array.from(
      { length: 12 },
      (_, i) =>
        `a${i}: signIn(input: { email: "${email}", password: "wrong-guess-number-${i}" }) { userErrors { code } }`,
    );
    const { status, data, errors } = await send<Record<string, unknown> | null>(
      `mutation { ${guesses.join(" ")} }`,
      {},
    );
    expect(status).toBe(429);
    expect(errors.map(({ extensions }) => extensions.code)).toContain("RATE_LIMITED");
    expect(Object.values(data ?? {}).filter(payload => payload !== null).length).toBeLessThanOrEqual(10);
    expectTooMany(await attempt(email, password));
  });

  it("is forgotten with a success", async () => {
    const email = await signUp();
    for (let round = 0; round < 2; round++) {
      for (let i = 0; i < 9; i++) expect((await attempt(email, newPassword)).status).toBe(200);
      await signIn(email);
    }
  });
});

// Last: looks back at all that the tests above have done.
describe("Secrets (R13, R17)", () => {
  it("are in no line of the log, and no hash is in an answer or the log", async () => {
    const users = await server.database.models.user.findMany({ select: { passwordHash: true } });
    const hashes = users.flatMap(({ passwordHash }) => passwordHash ?? []);
    expect(hashes.length).toBeGreaterThan(10);
    expect(secrets.size).toBeGreaterThan(50);
    expect(server.log.filter(line => line.includes('"path":"/graphql"')).length).toBeGreaterThan(100);
    const log = server.log.join("\n");
    expect([...secrets, ...hashes, "$argon2"].filter(secret => log.includes(secret))).toEqual([]);
    const answered = answers.join("\n");
    expect([...hashes, "$argon2", password, newPassword].filter(secret => answered.includes(secret))).toEqual([]);
  });
});
