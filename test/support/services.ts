// What operations need beside the database, for tests: cheap passwords, attempts counted in memory, no waiting.
import { createAttemptLimiter } from "../../src/auth/attempts";
import { createPasswordService } from "../../src/auth/passwords";
import { newSigningKey, parseSigningKeys } from "../../src/auth/signing-keys";
import { createTokenService, type TokenService } from "../../src/auth/tokens";
import type { Services } from "../../src/request/services";

export const publicUrl = "https://learn.example.org";

/** Those of a program that is started with these keys and `publicUrl`. @param signingKeys as AUTH_SIGNING_KEYS has them */
export async function createTestTokens(signingKeys: string): Promise<TokenService> {
  return createTokenService({ keys: await parseSigningKeys(signingKeys), issuer: publicUrl, audience: "learngraph" });
}

export async function createTestServices(given: Partial<Services> = {}): Promise<Services> {
  return {
    tokens: await createTestTokens(JSON.stringify({ keys: [await newSigningKey()] })),
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
