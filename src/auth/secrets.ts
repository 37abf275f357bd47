// Secrets that are handed out once and kept as hashes only: refresh tokens, and what the links in mails hold.
import { createHash, randomBytes } from "node:crypto";

/** @returns 32 random bytes as base64url (43 characters), and the SHA-256 of that text to keep in its place. */
export function newSecret(): { secret: string; hash: Uint8Array } {
  const secret = randomBytes(32).toString("base64url");
  return { secret, hash: sha256(secret) };
}

/** What newSecret gave for this secret; null for text that cannot be one, so that nobody looks for it. */
export function hashSecret(secret: string): Uint8Array | null {
  return /^[\w-]{43}$/.test(secret) ? sha256(secret) : null;
}

/** Fast on purpose: nobody guesses 256 random bits, and the hash is what rows are found by. */
function sha256(text: string): Uint8Array {
  return createHash("sha256").update(text).digest();
}
