// The server's own log, kept line by line; whichever test made it, no line may hold a secret.
import type { Logger } from "pino";
import { createLog } from "../../src/server/log";

/** A password hash, a signed token, and one of ours by its name. */
const secrets = [
  /\$argon2/,
  /eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]{8,}/,
  /"(password|currentPassword|newPassword|passwordHash|token|accessToken|refreshToken|guestToken)":"(?!\[removed\])/,
  /#token=/,
];

export interface TestLog {
  readonly log: Logger;
  readonly lines: readonly string[];
  /** Fails the test file whose server wrote a secret. */
  assertNoSecrets(): void;
}

export function createTestLog(): TestLog {
  const lines: string[] = [];
  return {
    log: createLog({ level: "debug", format: "json" }, { write: line => void lines.push(line) }),
    lines,
    assertNoSecrets: () => {
      const found = lines.filter(line => secrets.some(secret => secret.test(line)));
      if (found.length > 0) throw new Error(`the log holds a secret:\n${found.join("")}`);
    },
  };
}
