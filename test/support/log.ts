// The server's own log, kept line by line, and what no line of it may hold, whichever test made it.
import type { Logger } from "pino";
import { createLog } from "../../src/server/log";

/**
 * What our secrets look like: password hashes, signed tokens, private keys, refresh tokens and those of links in mails (43 characters of
 * base64url), the passwords of the tests, and anything under the name of one of them.
 */
const secrets = [
  /\$argon2/,
  /eyJ[\w-]{8,}\.[\w-]{8,}\./,
  /"d\\?":\\?"[\w-]{43}/,
  /(?<![\w-])[\w-]{43}(?![\w-])/,
  /notes-on-the-engine|correct-Horse-7-battery|another-Staple-8-horses/,
  /"(password|currentPassword|newPassword|passwordHash|token|accessToken|refreshToken|guestToken)\\?":(?!\\?"\[removed\])/,
  /#token=/,
];

/** All that servers of this test file have said and nobody has looked at yet. */
const unread: string[] = [];

export interface TestLog {
  readonly log: Logger;
  readonly lines: string[];
}

/** The one log of tests: every line in it is looked at. */
export function createTestLog(): TestLog {
  const lines: string[] = [];
  const write = (line: string) => {
    lines.push(line);
    overhear(line);
  };
  return { log: createLog({ level: "debug", format: "json" }, { write }), lines };
}

/** For what a server says elsewhere than in a test log: errors that clients get, and the output of processes. */
export function overhear(text: string): void {
  unread.push(text);
}

/** Called after each test and when a server of a test has stopped. @throws Error that shows what was said with a secret in it. */
export function assertNoSecretsSaid(): void {
  const found = unread.splice(0).filter(holdsSecret);
  if (found.length > 0) throw new Error(`a log or an error holds a secret:\n${found.join("\n")}`);
}

export function holdsSecret(text: string): boolean {
  return secrets.some(secret => secret.test(text));
}
