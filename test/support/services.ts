// What operations need beside the database, for tests: cheap passwords, attempts counted in memory, no waiting.
import { createAttemptLimiter } from "../../src/auth/attempts";
import { createPasswordService } from "../../src/auth/passwords";
import { newSigningKey, parseSigningKeys } from "../../src/auth/signing-keys";
import { createTokenService } from "../../src/auth/tokens";
import type { Services } from "../../src/request/services";

export const publicUrl = "https://learn.example.org";

export async function createTestServices(given: Partial<Services> = {}): Promise<Services> {
  const keys = await parseSigningKeys(JSON.stringify({ keys: [await newSigningKey()] }));
  return {
    tokens: createTokenService({ keys, issuer: publicUrl, audience: "learngraph" }),
    passwords: createPasswordService({ memoryKiB: 1_024, passes: 1, parallelism: 1, concurrency: 4, queue: 500 }),
    attempts: createAttemptLimiter({ store: { kind: "memory" } }),
    quietMs: 0,
    publicUrl,
    fourEyes: false,
    revisionScheduled: () => undefined,
    mailQueued: () => undefined,
    ...given,
  };
}
