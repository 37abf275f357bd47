// What users do with their own accounts, and admins with those of others: profile, export, deletion, roles.
import { encodeNodeId } from "../../../src/graphql/node-id";
import { expectCode, expectStatements } from "../../support/api";
import { createLesson } from "../../support/factories";
import {
  api,
  badLink,
  circumstances,
  createPerson,
  done,
  expectSecretsKept,
  isSignedIn,
  mailedToken,
  mailsTo,
  mutate,
  newPassword,
  password,
  refused,
  run,
  useAccounts,
  userOf,
  works,
  type Person,
} from "./people";

useAccounts();

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
    circumstances.meanwhile = () => done("deleteMyAccount", { password }, { as: person.viewer });
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
    else circumstances.meanwhile = remove;
    const type = `${name.charAt(0).toUpperCase()}${name.slice(1)}Input!`;
    const query = `mutation ($input: ${type}) { payload: ${name}(input: $input) { userErrors { code } } }`;
    expectCode(await run(query, { input }, { as: person.viewer }), "UNAUTHENTICATED");
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

// Last: looks back at all that the tests above have done.
describe("Secrets", () => {
  it("are in no line of the log, and no hash is in an answer or the log", () =>
    expectSecretsKept({ hashes: 10, secrets: 30 }));
});
