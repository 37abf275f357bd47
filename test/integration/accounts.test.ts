// Accounts and sessions: who gets in, what each mail is good for, what ends with what, and what nobody learns.
import { encodeNodeId } from "../../src/graphql/node-id";
import type { Viewer } from "../../src/request/context";
import { createTestApi, expectCode, expectStatements, type ExecuteOptions, type TestApi } from "../support/api";
import { createLesson, createUser } from "../support/factories";
import { createTestServices, publicUrl } from "../support/services";

interface UserError {
  code: string;
  message: string;
  path: string[] | null;
}

interface Tokens {
  accessToken: string;
  refreshToken: string;
}

interface Person {
  email: string;
  password: string;
  viewer: Viewer;
  tokens: Tokens;
}

const password = "correct-Horse-7-battery";
const newPassword = "another-Staple-8-horses";
const minutes = 60_000;
const days = 24 * 60 * minutes;
const later = (milliseconds: number): Partial<ExecuteOptions> => ({ startedAt: new Date(Date.now() + milliseconds) });

let api: TestApi;
/** What happens, once, right after the next password was compared. */
let meanwhile: (() => Promise<unknown>) | undefined;
let isHashOutdated = false;
let areAttemptsCounted = true;
/** Every secret that was sent, given or mailed, and all answers. */
const secrets = new Set<string>([password, newPassword]);
const answers: string[] = [];

beforeAll(async () => {
  const { passwords, attempts } = await createTestServices();
  api = await createTestApi({
    golden: "empty",
    services: {
      passwords: {
        ...passwords,
        verify: async (hash, text, from) => {
          const isRight = await passwords.verify(hash, text, from);
          const happens = meanwhile;
          meanwhile = undefined;
          await happens?.();
          return isRight;
        },
        needsRehash: hash => isHashOutdated || passwords.needsRehash(hash),
      },
      attempts: {
        ...attempts,
        take: async (rule, keys) => (areAttemptsCounted ? attempts.take(rule, keys) : undefined),
      },
    },
  });
});

afterEach(() => {
  meanwhile = undefined;
  isHashOutdated = false;
  areAttemptsCounted = true;
});

afterAll(() => api.close());

let counter = 0;

/** Runs one operation, each from an address of its own, so that no limit is met that is not meant. */
async function run<Data>(query: string, variables: Record<string, unknown> = {}, options: ExecuteOptions = {}) {
  const client = { address: `10.0.${(++counter >> 8) & 255}.${counter & 255}`, userAgent: "jest", cookies: null };
  const result = await api.execute<Data, Record<string, unknown>>(query, variables, { client, ...options });
  answers.push(JSON.stringify(result));
  return result;
}

/** Runs one mutation without errors; gives its payload. */
async function mutate<Payload = object>(
  name: string,
  input: Record<string, unknown> | null,
  { select = "", ...options }: ExecuteOptions & { select?: string } = {},
): Promise<Payload & { userErrors: UserError[] }> {
  const type = `${name.charAt(0).toUpperCase()}${name.slice(1)}Input!`;
  const [declared, given] = input === null ? ["", ""] : [`($input: ${type})`, "(input: $input)"];
  const query = `mutation ${declared} { payload: ${name}${given} { ${select} userErrors { code message path } } }`;
  for (const field of ["password", "newPassword", "currentPassword"]) {
    const text = input?.[field];
    if (typeof text === "string" && text !== "") secrets.add(text);
  }
  const { data, errors } = await run<{ payload: Payload & { userErrors: UserError[] } }>(
    query,
    input ? { input } : {},
    options,
  );
  expect(errors).toEqual([]);
  return data.payload;
}

/** Runs one mutation that is refused; gives the codes and paths of the reasons. */
async function refused(name: string, input: Record<string, unknown> | null, options: ExecuteOptions = {}) {
  const { userErrors } = await mutate(name, input, options);
  expect(userErrors).not.toEqual([]);
  return userErrors.map(({ code, path }) => [code, path?.join(".") ?? null]);
}

async function done<Payload = object>(...given: Parameters<typeof mutate>): Promise<Payload> {
  const payload = await mutate<Payload>(...given);
  expect(payload.userErrors).toEqual([]);
  return payload;
}

const tokenFields = "tokens { accessToken refreshToken }";

function remember(tokens: Tokens): Tokens {
  secrets.add(tokens.accessToken).add(tokens.refreshToken);
  return tokens;
}

async function signIn(email: string, using = password): Promise<{ viewer: Viewer; tokens: Tokens }> {
  const { tokens } = await done<{ tokens: Tokens }>("signIn", { email, password: using }, { select: tokenFields });
  const claims = await api.services.tokens.verifyAccess(remember(tokens).accessToken);
  const { role } = await api.database.models.user.findUniqueOrThrow({ where: { id: claims!.userId } });
  return { tokens, viewer: { ...claims!, role } };
}

const newEmail = () => `person-${++counter}@example.org`;

/** Somebody with an account who is signed in. */
async function createPerson(given: { email?: string; role?: Viewer["role"] } = {}): Promise<Person> {
  const { email = newEmail(), role = "LEARNER" } = given;
  await done("signUp", { email, password, displayName: "Somebody" });
  await api.database.models.user.update({ where: { emailKey: email.toLowerCase() }, data: { role } });
  return { email, password, ...(await signIn(email)) };
}

const mailsTo = (recipient: string) =>
  api.database.models.mailMessage.findMany({ where: { recipient }, orderBy: { id: "asc" } });

/** The token in the last mail to an address; fails when that mail has no link to this page. */
async function mailedToken(recipient: string, page: "verify-email" | "reset-password"): Promise<string> {
  const body = (await mailsTo(recipient)).at(-1)?.body ?? "";
  expect(body).toContain(`\n${publicUrl}/${page}#token=`);
  const token = /#token=([\w-]{43})\n/.exec(body)![1]!;
  secrets.add(token);
  return token;
}

async function isSignedIn({ tokens }: { tokens: Tokens }, options: ExecuteOptions = {}): Promise<boolean> {
  const payload = await mutate<{ tokens: Tokens | null }>(
    "refreshSession",
    { refreshToken: tokens.refreshToken },
    { select: tokenFields, ...options },
  );
  if (payload.tokens) remember(payload.tokens);
  return payload.tokens !== null;
}

const works = async (email: string, using: string) =>
  (await mutate("signIn", { email, password: using })).userErrors.length === 0;

const userOf = ({ viewer }: Person) => api.database.models.user.findUniqueOrThrow({ where: { id: viewer.userId } });

describe("Mutation.signUp", () => {
  it("makes one account and answers everybody the same, when 200 want one address at once in all cases", async () => {
    areAttemptsCounted = false;
    const email = "parallel.person@example.org";
    const inAnyCase = (n: number) =>
      Array.from(email, (letter, i) => ((n >> (i % 8)) & 1 ? letter.toUpperCase() : letter)).join("");
    const document =
      "mutation ($input: SignUpInput!) { signUp(input: $input) { email userErrors { code message path } } }";
    const join = async (n: number): Promise<object> => {
      const input = { email: inAnyCase(n), password, displayName: "Somebody" };
      const answer = await run<object>(document, { input });
      // A slow machine may turn some of them away: they come again, as clients do.
      return answer.errors[0]?.extensions?.["code"] === "SERVICE_UNAVAILABLE" ? join(n) : answer;
    };
    const served = await Promise.all(Array.from({ length: 200 }, (_, n) => join(n)));
    const expected = (n: number) => ({ data: { signUp: { email: inAnyCase(n), userErrors: [] } }, errors: [] });
    expect(served).toEqual(served.map((_, n) => expected(n)));
    const users = await api.database.models.user.findMany({ where: { emailKey: email } });
    expect(users).toHaveLength(1);
    expect(await api.database.models.learner.count({ where: { id: users[0]!.id } })).toBe(1);
    const mails = await api.database.models.mailMessage.findMany({ where: { recipient: users[0]!.email } });
    expect(mails).toHaveLength(200);
    expect(mails.filter(({ subject }) => subject === "Confirm your email address")).toHaveLength(1);
    expect(mails.filter(({ body }) => body.includes("#token="))).toHaveLength(1);
  });

  it("answers the same for an address that is taken as for a new one, and tells its owner alone", async () => {
    const taken = await createPerson();
    const [first, second] = [newEmail(), taken.email.toUpperCase()];
    const select = "mutation ($input: SignUpInput!) { signUp(input: $input) { email userErrors { code } } }";
    const [forNew, forTaken] = await Promise.all(
      [first, second].map(email => run(select, { input: { email, password: newPassword, displayName: "Else" } })),
    );
    expect(JSON.stringify(forTaken).replace(second, first)).toBe(JSON.stringify(forNew));
    expect((await mailsTo(taken.email)).map(({ subject }) => subject)).toEqual([
      "Confirm your email address",
      "You already have an account",
    ]);
    expect(await userOf(taken)).toMatchObject({ email: taken.email, displayName: "Somebody" });
    expect([await works(taken.email, password), await works(taken.email, newPassword)]).toEqual([true, false]);
  });

  it.each([
    ["no address", { email: "nobody" }, ["input.email"]],
    ["an address with a line break", { email: "a@example.org\nBcc: b@example.org" }, ["input.email"]],
    ["an address that is too long", { email: `${"a".repeat(64)}@${"b.".repeat(120)}example.org` }, ["input.email"]],
    ["no name", { displayName: "" }, ["input.displayName"]],
    ["a name of blanks", { displayName: " \u00a0 " }, ["input.displayName"]],
    ["a name that is too long", { displayName: "x".repeat(81) }, ["input.displayName"]],
    // It would be the text of a mail that somebody else reads.
    ["a name of several lines", { displayName: "you won.\n\nhttps://evil.example" }, ["input.displayName"]],
    ["no time zone", { timeZone: "Europe/Atlantis" }, ["input.timeZone"]],
    ["a short password", { password: "sh0rt-Pw!" }, ["input.password"]],
    ["a common password", { password: "password1234" }, ["input.password"]],
    ["a password of one letter", { password: "zzzzzzzzzzzzzz" }, ["input.password"]],
    ["a password that is too long", { password: "long".repeat(40) }, ["input.password"]],
    ["an endless password", { password: "endless".repeat(1_000) }, ["input.password"]],
    [
      "the name as a password",
      { displayName: "Augusta Ada King", password: "augusta-ada-king-1815" },
      ["input.password"],
    ],
    ["the address as a password", { email: "augusta.ada@example.org", password: "Augusta.Ada99" }, ["input.password"]],
    ["two things", { email: "nobody", displayName: "" }, ["input.email", "input.displayName"]],
  ])("refuses %s as INVALID with its path, and makes nothing", async (_name, given, paths) => {
    const input = { email: newEmail(), password, displayName: "Somebody", ...given };
    const problems = await refused("signUp", input);
    expect(new Set(problems.map(([, path]) => path))).toEqual(new Set(paths));
    expect(problems.map(([code]) => code)).toEqual(problems.map(() => "INVALID"));
    expect(await api.database.models.user.count({ where: { email: input.email } })).toBe(0);
  });

  it("mails one address five times an hour at most, whoever asks, from wherever, and answers a new one the same", async () => {
    const [taken, free] = [(await createPerson()).email, newEmail()];
    const query = "mutation ($input: SignUpInput!) { signUp(input: $input) { email userErrors { code } } }";
    for (const [email, left] of [
      [taken, 4],
      [free, 5],
    ] as const) {
      for (let n = 0; n <= left; n++) {
        const inAnyCase = n % 2 ? email : email.toUpperCase();
        const answer = await run(query, { input: { email: inAnyCase, password, displayName: "Else" } });
        if (n === left) expectCode(answer, "RATE_LIMITED");
        else expect(answer.errors).toEqual([]);
      }
    }
    const keys = [taken, free].map(email => email.toLowerCase());
    const mails = await api.database.models.mailMessage.findMany({ select: { recipient: true } });
    expect(keys.map(key => mails.filter(({ recipient }) => recipient.toLowerCase() === key).length)).toEqual([5, 5]);
  });

  it("takes letters of all languages and keeps the time zone", async () => {
    const email = `jörg-${++counter}@example.org`;
    const payload = await done<{ email: string }>(
      "signUp",
      { email, password: "пароль-из-слов", displayName: "Jörg 李", timeZone: "Europe/Berlin" },
      { select: "email" },
    );
    expect(payload.email).toBe(email);
    expect(await api.database.models.user.findFirst({ where: { email } })).toMatchObject({
      displayName: "Jörg 李",
      timeZone: "Europe/Berlin",
      role: "LEARNER",
      emailVerifiedAt: null,
    });
  });
});

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
    isHashOutdated = true;
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
      isHashOutdated = isOutdated;
      meanwhile = () => done("resetPassword", { token, newPassword });
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

const badLink = [["INVALID_TOKEN", "input.token"]];

describe("Mutation.verifyEmail", () => {
  it("proves the address by the link of the mail, once", async () => {
    const person = await createPerson();
    const token = await mailedToken(person.email, "verify-email");
    expect(await done("verifyEmail", { token }, { select: "email" })).toMatchObject({ email: person.email });
    expect((await userOf(person)).emailVerifiedAt).not.toBeNull();
    expect(await refused("verifyEmail", { token })).toEqual(badLink);
  });

  it("lets one of two through that follow a link at once", async () => {
    const token = await mailedToken((await createPerson()).email, "verify-email");
    const payloads = await Promise.all([1, 2].map(() => mutate("verifyEmail", { token })));
    expect(payloads.map(({ userErrors }) => userErrors.length).sort()).toEqual([0, 1]);
  });

  it("refuses a link that is older than two days, one for a password, and one that nobody was sent", async () => {
    const person = await createPerson();
    const token = await mailedToken(person.email, "verify-email");
    expect(await refused("verifyEmail", { token }, later(2 * days + 1_000))).toEqual(badLink);
    await done("requestPasswordReset", { email: person.email });
    const reset = await mailedToken(person.email, "reset-password");
    expect(await refused("verifyEmail", { token: reset })).toEqual(badLink);
    for (const text of ["A".repeat(43), "x"]) expect(await refused("verifyEmail", { token: text })).toEqual(badLink);
    expect((await userOf(person)).emailVerifiedAt).toBeNull();
    // What did not fit is not used up.
    await done("resetPassword", { token: reset, newPassword });
  });
});

describe("Mutation.changeEmail", () => {
  it("leaves the old address in place until the link in the mail to the new one is followed", async () => {
    const person = await createPerson();
    const email = newEmail();
    await done("changeEmail", { email, password }, { as: person.viewer });
    expect([await works(person.email, password), await works(email, password)]).toEqual([true, false]);
    const token = await mailedToken(email, "verify-email");
    await done("verifyEmail", { token });
    expect([await works(person.email, password), await works(email, password)]).toEqual([false, true]);
    expect((await userOf(person)).emailVerifiedAt).not.toBeNull();
    expect((await mailsTo(person.email)).at(-1)?.subject).toBe("Your email address was changed");
  });

  it("answers the same for an address that is taken, changes nothing and tells its owner", async () => {
    const [person, other] = [await createPerson(), await createPerson()];
    const email = other.email.toUpperCase();
    expect(await done("changeEmail", { email, password }, { as: person.viewer })).toEqual({ userErrors: [] });
    expect((await mailsTo(other.email)).at(-1)?.subject).toBe("You already have an account");
    expect(await mailsTo(email)).toEqual([]);
    expect(await api.database.models.oneTimeToken.count({ where: { purpose: "CHANGE_EMAIL" } })).toBe(0);
  });

  it("refuses an address that was taken since, and keeps the old one", async () => {
    const person = await createPerson();
    const email = newEmail();
    await done("changeEmail", { email, password }, { as: person.viewer });
    const token = await mailedToken(email, "verify-email");
    await createPerson({ email });
    expect(await refused("verifyEmail", { token })).toEqual([["CONFLICT", "input.token"]]);
    expect((await userOf(person)).email).toBe(person.email);
  });

  it("changes the case of an address", async () => {
    const person = await createPerson();
    const email = person.email.toUpperCase();
    await done("changeEmail", { email, password }, { as: person.viewer });
    await done("verifyEmail", { token: await mailedToken(email, "verify-email") });
    expect(await userOf(person)).toMatchObject({ email, emailKey: person.email });
    expect(await mailsTo(person.email)).toHaveLength(1);
  });

  it("sends another link to the present address, which verifies it and ends nothing", async () => {
    const person = await createPerson();
    await done("changeEmail", { email: person.email, password }, { as: person.viewer });
    const token = await mailedToken(person.email, "verify-email");
    await done("requestPasswordReset", { email: person.email });
    await done("verifyEmail", { token });
    expect((await userOf(person)).emailVerifiedAt).not.toBeNull();
    expect((await mailsTo(person.email)).map(({ subject }) => subject)).not.toContain("Your email address was changed");
    await done("resetPassword", { token: await mailedToken(person.email, "reset-password"), newPassword });
  });

  it("mails one address five times an hour at most, whoever asks", async () => {
    const email = newEmail();
    const query = "mutation ($input: ChangeEmailInput!) { changeEmail(input: $input) { userErrors { code } } }";
    for (let n = 0; n < 5; n++) await done("changeEmail", { email, password }, { as: (await createPerson()).viewer });
    expectCode(await run(query, { input: { email, password } }, { as: (await createPerson()).viewer }), "RATE_LIMITED");
    expect(await mailsTo(email)).toHaveLength(5);
  });

  it("needs the password, and an address", async () => {
    const { viewer } = await createPerson();
    const email = newEmail();
    expect(await refused("changeEmail", { email, password: newPassword }, { as: viewer })).toEqual([
      ["INVALID_CREDENTIALS", "input.password"],
    ]);
    expect(await refused("changeEmail", { email: "x", password }, { as: viewer })).toContainEqual([
      "INVALID",
      "input.email",
    ]);
    expect(await mailsTo(email)).toEqual([]);
  });

  it("ends what the old address was sent: who reads it does not own the account any more", async () => {
    const person = await createPerson();
    const email = newEmail();
    const verify = await mailedToken(person.email, "verify-email");
    await done("requestPasswordReset", { email: person.email });
    const reset = await mailedToken(person.email, "reset-password");
    await done("changeEmail", { email, password }, { as: person.viewer });
    await done("verifyEmail", { token: await mailedToken(email, "verify-email") });
    expect(await refused("resetPassword", { token: reset, newPassword })).toEqual(badLink);
    expect(await refused("verifyEmail", { token: verify })).toEqual(badLink);
    expect((await userOf(person)).email).toBe(email);
  });
});

describe("Mutation.requestPasswordReset", () => {
  it("answers the same whether there is an account or not, and mails its owner alone", async () => {
    const { email } = await createPerson();
    const unknown = newEmail();
    const answered = await Promise.all(
      [email.toUpperCase(), unknown].map(address => mutate("requestPasswordReset", { email: address })),
    );
    expect(answered).toEqual([{ userErrors: [] }, { userErrors: [] }]);
    await mailedToken(email, "reset-password");
    expect(await mailsTo(unknown)).toEqual([]);
  });

  it("refuses what is no address as INVALID", async () => {
    expect(await refused("requestPasswordReset", { email: "nobody" })).toEqual([["INVALID", "input.email"]]);
  });

  it("makes the link of an earlier mail worthless", async () => {
    const { email } = await createPerson();
    await done("requestPasswordReset", { email });
    const older = await mailedToken(email, "reset-password");
    await done("requestPasswordReset", { email });
    const newer = await mailedToken(email, "reset-password");
    expect(await refused("resetPassword", { token: older, newPassword })).toEqual(badLink);
    await done("resetPassword", { token: newer, newPassword });
  });
});

describe("Mutation.resetPassword", () => {
  const requestedBy = async ({ email }: Person) => {
    await done("requestPasswordReset", { email });
    return mailedToken(email, "reset-password");
  };

  it("sets the password once, proves the address, ends all sessions and says so by mail", async () => {
    const person = await createPerson();
    const other = await signIn(person.email);
    const token = await requestedBy(person);
    await done("resetPassword", { token, newPassword });
    expect(await Promise.all([person, other].map(session => isSignedIn(session)))).toEqual([false, false]);
    expect([await works(person.email, password), await works(person.email, newPassword)]).toEqual([false, true]);
    expect((await userOf(person)).emailVerifiedAt).not.toBeNull();
    expect((await mailsTo(person.email)).at(-1)?.subject).toBe("Your password was changed");
    expect(await refused("resetPassword", { token, newPassword: password })).toEqual(badLink);
  });

  it("refuses a link that is older than an hour, and one that proves an address", async () => {
    const person = await createPerson();
    const verify = await mailedToken(person.email, "verify-email");
    const token = await requestedBy(person);
    expect(await refused("resetPassword", { token, newPassword }, later(61 * minutes))).toEqual(badLink);
    expect(await refused("resetPassword", { token: verify, newPassword })).toEqual(badLink);
    expect(await works(person.email, password)).toBe(true);
  });

  it("refuses a weak password, and the owner's address, without using the link up", async () => {
    const person = await createPerson();
    const token = await requestedBy(person);
    for (const weak of ["sh0rt-Pw!", person.email, "endless".repeat(1_000)]) {
      expect(await refused("resetPassword", { token, newPassword: weak })).toEqual([["INVALID", "input.newPassword"]]);
    }
    await done("resetPassword", { token, newPassword });
  });

  it("ends a change of address that somebody else may have asked for with the old password", async () => {
    const person = await createPerson();
    const email = newEmail();
    await done("changeEmail", { email, password }, { as: person.viewer });
    const token = await mailedToken(email, "verify-email");
    await done("resetPassword", { token: await requestedBy(person), newPassword });
    expect(await refused("verifyEmail", { token })).toEqual(badLink);
    expect((await userOf(person)).email).toBe(person.email);
  });
});

describe("Mutation.changePassword", () => {
  it("ends all other sessions, a change of address and a link for a lost password", async () => {
    const person = await createPerson();
    const other = await signIn(person.email);
    const email = newEmail();
    await done("changeEmail", { email, password }, { as: other.viewer });
    await done("requestPasswordReset", { email: person.email });
    const [change, reset] = [
      await mailedToken(email, "verify-email"),
      await mailedToken(person.email, "reset-password"),
    ];
    await done("changePassword", { currentPassword: password, newPassword }, { as: person.viewer });
    expect([await isSignedIn(other), await isSignedIn(person)]).toEqual([false, true]);
    expect([await works(person.email, password), await works(person.email, newPassword)]).toEqual([false, true]);
    expect(await refused("verifyEmail", { token: change })).toEqual(badLink);
    expect(await refused("resetPassword", { token: reset, newPassword: password })).toEqual(badLink);
    expect((await mailsTo(person.email)).at(-1)?.subject).toBe("Your password was changed");
  });

  it("needs the password so far, and a good new one", async () => {
    const person = await createPerson();
    const change = (currentPassword: string, given: string) =>
      refused("changePassword", { currentPassword, newPassword: given }, { as: person.viewer });
    expect(await change(newPassword, "analytical-Engine-9")).toEqual([
      ["INVALID_CREDENTIALS", "input.currentPassword"],
    ]);
    expect(await change(password, "sh0rt-Pw!")).toEqual([["INVALID", "input.newPassword"]]);
    expect(await change(password, person.email)).toEqual([["INVALID", "input.newPassword"]]);
    expect(await works(person.email, password)).toBe(true);
  });

  it("is refused when the password is replaced that very moment", async () => {
    const person = await createPerson();
    await done("requestPasswordReset", { email: person.email });
    const token = await mailedToken(person.email, "reset-password");
    meanwhile = () => done("resetPassword", { token, newPassword });
    const input = { currentPassword: password, newPassword: "the-Thief-of-6-tokens" };
    expect(await refused("changePassword", input, { as: person.viewer })).toEqual([
      ["INVALID_CREDENTIALS", "input.currentPassword"],
    ]);
    expect(await works(person.email, newPassword)).toBe(true);
  });
});

describe("Mutation.updateProfile", () => {
  const select = "user { displayName timeZone }";

  it("changes what is given and shows what is stored", async () => {
    const { viewer } = await createPerson();
    const update = (input: object) => done("updateProfile", { ...input }, { as: viewer, select });
    const first = await update({ displayName: "Ada", timeZone: null });
    expect(first).toMatchObject({ user: { displayName: "Ada", timeZone: "UTC" } });
    const second = await update({ timeZone: "America/Argentina/Buenos_Aires" });
    expect(second).toMatchObject({ user: { displayName: "Ada", timeZone: "America/Argentina/Buenos_Aires" } });
  });

  it("keeps what somebody prefers, one thing without the other, and shows defaults before", async () => {
    const { viewer } = await createPerson();
    const fields = "user { preferences { level colorScheme } }";
    const update = async (input: object) =>
      (await done<object>("updateProfile", { ...input }, { as: viewer, select: fields })) as { user: object };
    const kept = (level: string, colorScheme: string) => ({ user: { preferences: { level, colorScheme } } });
    expect(await update({})).toMatchObject(kept("BEGINNER", "SYSTEM"));
    expect(await update({ preferences: { level: "ADVANCED", colorScheme: null } })).toMatchObject(
      kept("ADVANCED", "SYSTEM"),
    );
    expect(await update({ preferences: { colorScheme: "DARK" } })).toMatchObject(kept("ADVANCED", "DARK"));
    expect(await update({ displayName: "Ada", preferences: null })).toMatchObject(kept("ADVANCED", "DARK"));
    const colours = await run("{ viewer { user { preferences { colorScheme } } } }", {}, { as: viewer });
    expect(colours.data).toEqual({ viewer: { user: { preferences: { colorScheme: "DARK" } } } });
    const admin = await createPerson({ role: "ADMIN" });
    await expectStatements(api, 1, async () => {
      const { data } = await run<{ users: { nodes: object[] } }>(
        "{ users(first: 100) { nodes { preferences { level colorScheme } } } }",
        {},
        { as: admin.viewer },
      );
      expect(data.users.nodes).toContainEqual({ preferences: { level: "ADVANCED", colorScheme: "DARK" } });
    });
    const { json } = await done<{ json: string }>("exportMyData", { password }, { as: viewer, select: "json" });
    expect(JSON.parse(json)).toMatchObject({ profile: { preferredLevel: "ADVANCED", colorScheme: "DARK" } });
  });

  it("refuses names and time zones that are none", async () => {
    const { viewer } = await createPerson();
    const update = (input: Record<string, unknown>) => refused("updateProfile", input, { as: viewer });
    expect(await update({ timeZone: "Europe/Atlantis" })).toContainEqual(["INVALID", "input.timeZone"]);
    expect(await update({ timeZone: "'; DROP TABLE app_user" })).toContainEqual(["INVALID", "input.timeZone"]);
    expect(await update({ displayName: "" })).toContainEqual(["INVALID", "input.displayName"]);
    expect(await update({ displayName: "one\r\ntwo" })).toEqual([["INVALID", "input.displayName"]]);
  });

  it("takes time zones that the database knows, and no abbreviations, which mean others there", async () => {
    const { viewer } = await createPerson();
    for (const timeZone of ["Asia/Kolkata", "europe/berlin", "Etc/GMT+12", "UTC"]) {
      await done("updateProfile", { timeZone }, { as: viewer });
      const { errors } = await run("{ viewer { learningStreak { currentDays } } }", {}, { as: viewer });
      expect({ timeZone, errors }).toEqual({ timeZone, errors: [] });
    }
    for (const timeZone of ["IST", "AET", "+05:30", "US/Pacific-New"]) {
      expect(await refused("updateProfile", { timeZone }, { as: viewer })).toContainEqual([
        "INVALID",
        "input.timeZone",
      ]);
    }
  });
});

describe("Mutation.exportMyData", () => {
  it("gives all that is kept about the viewer, of nobody else, and no secret", async () => {
    const [person, other] = [await createPerson(), await createPerson()];
    const lesson = await createLesson(api.database, { slug: "exported-lesson" });
    for (const { viewer } of [person, other]) {
      await done("completeLesson", { lessonId: encodeNodeId("Lesson", lesson.id) }, { as: viewer });
    }
    await done(
      "setBookmark",
      { targetId: encodeNodeId("Lesson", lesson.id), isBookmarked: true },
      { as: person.viewer },
    );
    const { json } = await done<{ json: string }>("exportMyData", { password }, { as: person.viewer, select: "json" });
    expect(JSON.parse(json)).toEqual({
      profile: expect.objectContaining({ id: person.viewer.userId, email: person.email, displayName: "Somebody" }),
      sessions: [expect.objectContaining({ id: person.viewer.sessionId, userAgent: "jest" })],
      progress: [expect.objectContaining({ lesson: "exported-lesson", state: "COMPLETED" })],
      bookmarks: [expect.objectContaining({ lesson: "exported-lesson" })],
    });
    const { passwordHash } = await userOf(person);
    for (const secret of [passwordHash!, "argon2", "passwordHash", ...Object.values(person.tokens), other.email]) {
      expect(json).not.toContain(secret);
    }
  });

  it("needs the password", async () => {
    const { viewer } = await createPerson();
    expect(await refused("exportMyData", { password: newPassword }, { as: viewer })).toEqual([
      ["INVALID_CREDENTIALS", "input.password"],
    ]);
  });
});

describe("Mutation.deleteMyAccount", () => {
  it("needs the password, and leaves nothing behind but the other accounts", async () => {
    const [person, other] = [await createPerson(), await createPerson()];
    const { userId } = person.viewer;
    const lesson = await createLesson(api.database);
    for (const { viewer } of [person, other]) {
      const id = encodeNodeId("Lesson", lesson.id);
      await done("startLesson", { lessonId: id }, { as: viewer });
      await done("setBookmark", { targetId: id, isBookmarked: true }, { as: viewer });
      await done("requestPasswordReset", { email: viewer === person.viewer ? person.email : other.email });
    }
    const reset = await mailedToken(person.email, "reset-password");
    const { models } = api.database;
    const left = async (id: string) =>
      Promise.all([
        models.user.count({ where: { id } }),
        models.learner.count({ where: { id } }),
        models.userSession.count({ where: { userId: id } }),
        models.oneTimeToken.count({ where: { userId: id, purpose: "RESET_PASSWORD" } }),
        models.lessonProgress.count({ where: { learnerId: id } }),
        models.bookmark.count({ where: { learnerId: id } }),
        models.refreshToken.count({ where: { session: { userId: id } } }),
      ]);
    expect(await refused("deleteMyAccount", { password: newPassword }, { as: person.viewer })).toEqual([
      ["INVALID_CREDENTIALS", "input.password"],
    ]);
    expect(await left(userId)).toEqual([1, 1, 1, 1, 1, 1, 1]);
    await done("deleteMyAccount", { password }, { as: person.viewer });
    expect(await left(userId)).toEqual([0, 0, 0, 0, 0, 0, 0]);
    expect(await left(other.viewer.userId)).toEqual([1, 1, 1, 1, 1, 1, 1]);
    expect([await isSignedIn(person), await works(person.email, password)]).toEqual([false, false]);
    expect(await refused("resetPassword", { token: reset, newPassword })).toEqual(badLink);
    expect((await mailsTo(person.email)).at(-1)?.subject).toBe("Your account is deleted");
  });

  it("leaves nobody signed in for the rest of the operation", async () => {
    const { viewer } = await createPerson();
    const query = `mutation ($password: String!) {
      deleteMyAccount(input: { password: $password }) { userErrors { code } }
      updateProfile(input: { displayName: "Ghost" }) { userErrors { code } }
    }`;
    const result = await run(query, { password }, { as: viewer });
    expectCode(result, "UNAUTHENTICATED");
  });

  it("can come twice at once: one does it, the other finds nobody", async () => {
    const person = await createPerson();
    meanwhile = () => done("deleteMyAccount", { password }, { as: person.viewer });
    const query =
      "mutation ($password: String!) { deleteMyAccount(input: { password: $password }) { userErrors { code } } }";
    expectCode(await run(query, { password }, { as: person.viewer }), "UNAUTHENTICATED");
    expect((await mailsTo(person.email)).filter(({ subject }) => subject === "Your account is deleted")).toHaveLength(
      1,
    );
  });
});

describe("An account that is deleted while somebody still uses it", () => {
  it.each([
    ["updateProfile", { displayName: "Ghost" }],
    ["changePassword", { currentPassword: password, newPassword }],
    ["changeEmail", { email: "ghost@example.org", password }],
    ["exportMyData", { password }],
  ])("is nobody's for %s", async (name, input) => {
    const person = await createPerson();
    const remove = () => api.database.models.user.delete({ where: { id: person.viewer.userId } });
    if (name === "updateProfile") await remove();
    else meanwhile = remove;
    const type = `${name.charAt(0).toUpperCase()}${name.slice(1)}Input!`;
    const query = `mutation ($input: ${type}) { payload: ${name}(input: $input) { userErrors { code } } }`;
    expectCode(await run(query, { input }, { as: person.viewer }), "UNAUTHENTICATED");
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

describe("Query.users", () => {
  const query = "query ($filter: UserFilter) { users(filter: $filter) { nodes { email } } }";

  it("is for admins alone", async () => {
    const [learner, editor, admin] = await Promise.all(
      (["LEARNER", "EDITOR", "ADMIN"] as const).map(role => createPerson({ role })),
    );
    const filter = { email: { eq: learner!.email } };
    expectCode(await run(query, { filter }), "UNAUTHENTICATED");
    for (const { viewer } of [learner!, editor!]) expectCode(await run(query, { filter }, { as: viewer }), "FORBIDDEN");
    const { data } = await run(query, { filter }, { as: admin!.viewer });
    expect(data).toEqual({ users: { nodes: [{ email: learner!.email }] } });
  });
});

describe("Mutation.setUserRole (B14)", () => {
  const userId = (person: Person) => encodeNodeId("User", person.viewer.userId);
  const soleAdmin = async () => {
    const admin = await createPerson({ role: "ADMIN" });
    const others = { role: "ADMIN", id: { not: admin.viewer.userId } } as const;
    await api.database.models.user.updateMany({ where: others, data: { role: "LEARNER" } });
    return admin;
  };

  it("sets a role, and never takes it from the last admin", async () => {
    const [admin, person] = [await soleAdmin(), await createPerson()];
    const set = { as: admin.viewer, select: "user { role }" };
    expect(await done("setUserRole", { userId: userId(person), role: "EDITOR" }, set)).toMatchObject({
      user: { role: "EDITOR" },
    });
    const resign = { userId: userId(admin), role: "EDITOR" };
    expect(await refused("setUserRole", resign, { as: admin.viewer })).toEqual([["LAST_ADMIN", null]]);
    expect(await refused("deleteMyAccount", { password }, { as: admin.viewer })).toEqual([["LAST_ADMIN", null]]);
    expect(await userOf(admin)).toMatchObject({ role: "ADMIN" });
    expect((await mailsTo(admin.email)).map(({ subject }) => subject)).not.toContain("Your account is deleted");
    await done("setUserRole", { userId: userId(person), role: "ADMIN" }, set);
    await done("setUserRole", resign, set);
  });

  it("leaves one when two admins dismiss each other at once", async () => {
    const first = await soleAdmin();
    const second = await createPerson({ role: "ADMIN" });
    const payloads = await Promise.all(
      [
        [first, second],
        [second, first],
      ].map(([by, of]) => mutate("setUserRole", { userId: userId(of!), role: "LEARNER" }, { as: by!.viewer })),
    );
    expect(payloads.flatMap(({ userErrors }) => userErrors.map(({ code }) => code))).toEqual(["LAST_ADMIN"]);
    expect(await api.database.models.user.count({ where: { role: "ADMIN" } })).toBe(1);
  });

  it.each([
    ["a user who is not there", encodeNodeId("User", "00000000-0000-4000-8000-000000000000")],
    ["something else", encodeNodeId("Lesson", 1)],
    ["a user's id that no user can have", encodeNodeId("User", "1")],
  ])("finds nobody by the id of %s", async (_name, id) => {
    const admin = await createPerson({ role: "ADMIN" });
    const problems = await refused("setUserRole", { userId: id, role: "EDITOR" }, { as: admin.viewer });
    expect(problems).toEqual([["NOT_FOUND", "input.userId"]]);
  });

  it("is for admins alone", async () => {
    const [editor, person] = [await createPerson({ role: "EDITOR" }), await createPerson()];
    const query = "mutation ($input: SetUserRoleInput!) { setUserRole(input: $input) { user { role } } }";
    const input = { userId: userId(person), role: "ADMIN" };
    expectCode(await run(query, { input }, { as: editor.viewer }), "FORBIDDEN");
    expectCode(await run(query, { input }), "UNAUTHENTICATED");
    expect((await userOf(person)).role).toBe("LEARNER");
  });
});

describe("A fault while a password is stored", () => {
  it("is logged without the row that broke a rule", async () => {
    const { database, log } = api;
    const rule = 'ALTER TABLE "app_user" ADD CONSTRAINT "nobody_new" CHECK ("display_name" <> \'Broken\') NOT VALID';
    await database.exclusive(connection => connection.script(rule));
    const input = { email: newEmail(), password, displayName: "Broken" };
    expectCode(
      await run("mutation ($input: SignUpInput!) { signUp(input: $input) { email } }", { input }),
      "INTERNAL_SERVER_ERROR",
    );
    await database.exclusive(connection => connection.script('ALTER TABLE "app_user" DROP CONSTRAINT "nobody_new"'));
    const said = log.filter(line => line.includes("a request met a fault")).join("");
    expect(said).toMatch(/nobody_new/);
    expect(said).not.toMatch(/argon2|Failing row/);
    expect(said).not.toContain(input.email);
  });
});

// Last: looks back at all that the tests above have done.
describe("Secrets", () => {
  it("are in no line of the log, and no hash is in an answer or the log", async () => {
    const users = await api.database.models.user.findMany({ select: { passwordHash: true } });
    const hashes = users.flatMap(({ passwordHash }) => passwordHash ?? []);
    expect(hashes.length).toBeGreaterThan(10);
    expect(secrets.size).toBeGreaterThan(100);
    const log = api.log.join("\n");
    expect([...secrets, ...hashes, "$argon2"].filter(secret => log.includes(secret))).toEqual([]);
    const answered = answers.join("\n");
    expect([...hashes, "$argon2", password, newPassword].filter(secret => answered.includes(secret))).toEqual([]);
  });
});
