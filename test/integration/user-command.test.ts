// `user create` and `auth new-key` from outside: how the first admin and the first signing key come to be.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseSigningKeys } from "../../src/auth/signing-keys";
import type { Database } from "../../src/db/database";
import { openEmbedded } from "../../src/db/embedded-driver";
import { createDatabase } from "../../src/db/database";
import { runProgram } from "../support/command";

describe("Command user create", () => {
  const directory = mkdtempSync(join(tmpdir(), "learngraph-user-"));
  const env = { DATA_DIRECTORY: directory, PASSWORD_HASH_MEMORY_KIB: "8192" };
  afterAll(() => rmSync(directory, { recursive: true }));

  const create = (input: string, ...args: string[]) => runProgram("user", ["create", ...args], { env, input });
  const ada = ["--email", " Ada@Example.org", "--name", "Ada", "--role", "ADMIN"];

  async function users() {
    const database: Database = createDatabase(await openEmbedded({ directory }));
    try {
      return await database.models.user.findMany();
    } finally {
      await database.close();
    }
  }

  it("makes a verified account with the role, and prints no password", async () => {
    expect(await create("analytical-engine\n", ...ada)).toEqual({
      exitCode: 0,
      stdout: "created Ada@Example.org as ADMIN\n",
      stderr: "",
    });
    const [user, ...others] = await users();
    expect(others).toEqual([]);
    expect(user).toMatchObject({ email: "Ada@Example.org", emailKey: "ada@example.org", role: "ADMIN" });
    expect(user?.emailVerifiedAt).not.toBeNull();
    expect(user?.passwordHash).toMatch(/^\$argon2id\$/);
  });

  it("refuses an address that has an account, whatever its case", async () => {
    const again = await create("analytical-engine\n", "--email", "ADA@example.org", "--name", "Other");
    expect(again).toMatchObject({ exitCode: 1, stderr: "There is an account with this address already.\n" });
    expect(await users()).toHaveLength(1);
  });

  it.each([
    ["an address that is none", "analytical-engine", ["--email", "ada", "--name", "A"], "--email must be"],
    ["no name", "analytical-engine", ["--email", "a@example.org"], "--name must have"],
    [
      "a role that is none",
      "analytical-engine",
      ["--email", "a@example.org", "--name", "A", "--role", "OWNER"],
      "--role",
    ],
    ["a weak password", "password", ["--email", "a@example.org", "--name", "A"], "10"],
    ["no password", "", ["--email", "a@example.org", "--name", "A"], "10"],
  ])("explains what is wrong: %s", async (_name, input, args, problem) => {
    const { exitCode, stderr } = await create(input, ...args);
    expect(exitCode).toBe(2);
    expect(stderr).toContain(problem);
    expect(stderr).toContain("Usage:");
  });
});

describe("Command auth new-key", () => {
  it("prints a key set that signs, another each time", async () => {
    const [first, second] = await Promise.all([runProgram("auth", ["new-key"]), runProgram("auth", ["new-key"])]);
    expect([first.exitCode, first.stderr, second.exitCode]).toEqual([0, "", 0]);
    expect(first.stdout).not.toBe(second.stdout);
    const keys = await parseSigningKeys(first.stdout);
    expect(keys.publicKeys).toHaveLength(1);
    expect(JSON.stringify(keys.publicKeys)).not.toContain('"d"');
  });
});
