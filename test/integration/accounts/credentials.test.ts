// Addresses and passwords: what each mail is good for, what proves or changes them, and what ends with a change.
import { expectCode } from "../../support/api";
import {
  api,
  badLink,
  circumstances,
  createPerson,
  days,
  done,
  expectSecretsKept,
  isSignedIn,
  later,
  mailedToken,
  mailsTo,
  minutes,
  mutate,
  newEmail,
  newPassword,
  password,
  refused,
  run,
  signIn,
  useAccounts,
  userOf,
  works,
  type Person,
} from "./people";

useAccounts();

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
    circumstances.meanwhile = () => done("resetPassword", { token, newPassword });
    const input = { currentPassword: password, newPassword: "the-Thief-of-6-tokens" };
    expect(await refused("changePassword", input, { as: person.viewer })).toEqual([
      ["INVALID_CREDENTIALS", "input.currentPassword"],
    ]);
    expect(await works(person.email, newPassword)).toBe(true);
  });
});

// Last: looks back at all that the tests above have done.
describe("Secrets", () => {
  it("are in no line of the log, and no hash is in an answer or the log", () =>
    expectSecretsKept({ hashes: 10, secrets: 45 }));
});
