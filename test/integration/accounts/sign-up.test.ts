// Who gets an account, what each gets to hear and nobody else, and what is refused.
import { expectCode } from "../../support/api";
import {
  api,
  circumstances,
  createPerson,
  done,
  expectSecretsKept,
  mailsTo,
  newEmail,
  newPassword,
  password,
  refused,
  run,
  useAccounts,
  userOf,
  works,
} from "./people";

useAccounts();

describe("Mutation.signUp", () => {
  it("makes one account and answers everybody the same, when 200 want one address at once in all cases", async () => {
    circumstances.areAttemptsCounted = false;
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
    const email = `jörg-${newEmail()}`;
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
  it("are in no line of the log, and no hash is in an answer or the log", () =>
    expectSecretsKept({ hashes: 3, secrets: 7 }));
});
