// That the watch over the logs of the whole suite would find what it is there for.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createPasswordService } from "../../src/auth/passwords";
import { newSecret } from "../../src/auth/secrets";
import { newSigningKey } from "../../src/auth/signing-keys";
import { assertNoSecretsSaid, createTestLog, holdsSecret, overhear } from "../support/log";
import { createTestServices } from "../support/services";

const id = "00000000-0000-4000-8000-000000000000";

describe("The watch over logs", () => {
  it("knows each kind of secret, wherever in a line it stands", async () => {
    const { tokens } = await createTestServices();
    const passwords = createPasswordService({ memoryKiB: 1_024, passes: 1, parallelism: 1, concurrency: 1, queue: 1 });
    const secrets = [
      newSecret().secret,
      (await tokens.signAccess({ userId: id, sessionId: id })).token,
      (await tokens.signGuest(id)).token,
      await passwords.hash("a password", "::1"),
      JSON.stringify(await newSigningKey()),
      "notes-on-the-engine",
      'variables: {"input":{"newPassword":"anything"}}',
      "https://learn.example.org/verify-email#token=x",
    ];
    for (const secret of secrets) {
      for (const line of [
        secret,
        JSON.stringify({ msg: secret }),
        JSON.stringify({ err: { message: `(${secret})` } }),
      ]) {
        expect([line, holdsSecret(line)]).toEqual([line, true]);
      }
    }
  });

  it("has nothing against ordinary lines", () => {
    const { log, lines } = createTestLog();
    log.info({ requestId: id, method: "POST", path: "/graphql", status: 200, ms: 3 }, "request");
    log.info({ headers: { authorization: "Bearer x", cookie: "a=b" }, password: "gone" }, "removed");
    log.warn({ mail: "12", attempts: 1, code: "EENVELOPE 550" }, "mail not sent yet");
    expect(lines.map(holdsSecret)).toEqual([false, false, false]);
  });

  it.each<[string, (secret: string) => void]>([
    ["a log", secret => createTestLog().log.warn({ note: secret }, "said")],
    [
      "the cause of an error",
      secret => createTestLog().log.error({ err: new Error("x", { cause: new Error(secret) }) }),
    ],
    ["what is overheard", overhear],
  ])("fails for a secret in %s, once", (_name, say) => {
    const { secret } = newSecret();
    say(secret);
    expect(assertNoSecretsSaid).toThrow(secret);
    expect(assertNoSecretsSaid).not.toThrow();
  });

  it("hears every log of the tests: nothing else makes one", () => {
    const makers = readdirSync("test", { recursive: true, withFileTypes: true })
      .filter(entry => entry.isFile() && entry.name.endsWith(".ts"))
      .map(entry => join(entry.parentPath, entry.name))
      .filter(path => /\b(?:pino|createLog)\(/.test(readFileSync(path, "utf8")));
    // The redaction itself is tested with a log of its own.
    expect(makers.sort()).toEqual([join("test", "support", "log.ts"), join("test", "unit", "log.test.ts")]);
  });
});
