// Secrets: found again by their hash, and by nothing else.
import { createHash } from "node:crypto";
import { hashSecret, newSecret } from "../../../src/auth/secrets";

describe("A secret", () => {
  it("is 32 random bytes, and its hash is found from it alone", () => {
    const { secret, hash } = newSecret();
    expect(Buffer.from(secret, "base64url")).toHaveLength(32);
    expect(hashSecret(secret)).toEqual(hash);
    expect(Buffer.from(hash)).toEqual(createHash("sha256").update(secret).digest());
  });

  it("is another each time", () => {
    expect(new Set(Array.from({ length: 100 }, () => newSecret().secret)).size).toBe(100);
  });

  it.each([
    "",
    "x",
    "A".repeat(42),
    "A".repeat(44),
    `${"A".repeat(42)}=`,
    `${"A".repeat(42)}+`,
    `${"A".repeat(42)}\n`,
    `${"A".repeat(43)}\n`,
    "é".repeat(43),
  ])("cannot be %j", text => {
    expect(hashSecret(text)).toBeNull();
  });
});
