// Tokens: only what this server signed for this purpose and this time is believed; whatever else is sent is nobody.
import { createHmac, createPublicKey, randomUUID, type JsonWebKey } from "node:crypto";
import fc from "fast-check";
import { decodeJwt, decodeProtectedHeader, importJWK, SignJWT, type JWK } from "jose";
import { newSigningKey, parseSigningKeys } from "../../../src/auth/signing-keys";
import { createTokenService, type TokenService, type TokenSettings } from "../../../src/auth/tokens";

const issuer = "https://learn.example.org";
const audience = "learngraph";
const start = new Date("2026-06-24T10:00:00.700Z");
const startSeconds = Math.floor(start.getTime() / 1_000);
const minutes = (count: number) => count * 60_000;
const days = (count: number) => count * 24 * minutes(60);
const claims = { userId: randomUUID(), sessionId: randomUUID() };

let key: JWK;
let otherKey: JWK;
let tokens: TokenService;
let token: string;
let guestToken: string;

async function serviceWith(keys: JWK[], settings: Partial<TokenSettings> = {}): Promise<TokenService> {
  const parsed = await parseSigningKeys(JSON.stringify({ keys }));
  return createTokenService({ keys: parsed, issuer, audience, now: () => start, ...settings });
}

const at = (millisecondsLater: number) =>
  serviceWith([key], { now: () => new Date(start.getTime() + millisecondsLater) });

beforeAll(async () => {
  [key, otherKey] = await Promise.all([newSigningKey(), newSigningKey()]);
  tokens = await serviceWith([key]);
  token = (await tokens.signAccess(claims)).token;
  ({ token: guestToken } = await tokens.signGuest(claims.userId));
});

const encoded = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");

interface Forgery {
  header?: Record<string, unknown>;
  payload?: Record<string, unknown>;
  /** The real key when left out. */
  by?: JWK;
}

/** A token like a real access token but for what is given. */
async function forge({ header = {}, payload = {}, by = key }: Forgery): Promise<string> {
  const all = { alg: "EdDSA", kid: key.kid, typ: "at+jwt", ...header };
  return new SignJWT({ ...decodeJwt(token), ...payload })
    .setProtectedHeader(all)
    .sign(await importJWK({ ...by, alg: all.alg }, all.alg));
}

describe("An access token (R18)", () => {
  it("gives back who it was signed for, and until when", async () => {
    expect(await tokens.verifyAccess(token)).toEqual({ ...claims, expiresAt: new Date("2026-06-24T10:15:00Z") });
  });

  it("says who and until when, and nothing else", async () => {
    expect(decodeProtectedHeader(token)).toEqual({ alg: "EdDSA", kid: key.kid, typ: "at+jwt" });
    expect(decodeJwt(token)).toEqual({
      ...{ iss: issuer, aud: audience, sub: claims.userId, sid: claims.sessionId },
      ...{ iat: startSeconds, exp: startSeconds + 15 * 60 },
    });
    expect((await tokens.signAccess(claims)).expiresAt).toEqual(new Date("2026-06-24T10:15:00Z"));
  });

  it("is valid for 15 minutes and the 5 seconds that clocks may differ", async () => {
    expect(await (await at(minutes(15) + 3_000)).verifyAccess(token)).toMatchObject(claims);
    expect(await (await at(minutes(15) + 5_000)).verifyAccess(token)).toBeNull();
  });

  it("can be verified by others, with the published keys", async () => {
    const [jwk] = tokens.publicKeys().keys;
    const [head, body, signature] = token.split(".");
    const publicKey = await crypto.subtle.importKey("jwk", jwk!, "Ed25519", false, ["verify"]);
    const signed = new TextEncoder().encode(`${head}.${body}`);
    expect(await crypto.subtle.verify("Ed25519", publicKey, Buffer.from(signature!, "base64url"), signed)).toBe(true);
    expect(jwk).not.toHaveProperty("d");
  });

  it("that is forged just like a real one would be believed, so that the forgeries below are refused for one reason each", async () => {
    expect(await tokens.verifyAccess(await forge({}))).toMatchObject(claims);
  });

  it.each<[string, () => Forgery]>([
    ["signed by another key under a known kid", () => ({ by: otherKey })],
    ["that names a key of nobody", () => ({ header: { kid: "unknown" } })],
    ["that names no key", () => ({ header: { kid: undefined } })],
    [
      "that brings its key along",
      () => ({ header: { kid: otherKey.kid, jwk: { ...otherKey, d: undefined } }, by: otherKey }),
    ],
    ["with the algorithm under its other name", () => ({ header: { alg: "Ed25519" } })],
    ["of another type", () => ({ header: { typ: "JWT" } })],
    ["of the type of guest tokens", () => ({ header: { typ: "guest+jwt" } })],
    ["of no type", () => ({ header: { typ: undefined } })],
    ["of another issuer", () => ({ payload: { iss: "https://evil.example.org" } })],
    ["of no issuer", () => ({ payload: { iss: undefined } })],
    ["for another audience", () => ({ payload: { aud: "other" } })],
    ["for the audience of guest tokens", () => ({ payload: { aud: `${audience}:guest` } })],
    ["for no audience", () => ({ payload: { aud: undefined } })],
    ["that has expired", () => ({ payload: { exp: startSeconds - 6 } })],
    ["that never expires", () => ({ payload: { exp: undefined } })],
    ["that expires at a text", () => ({ payload: { exp: "9999999999" } })],
    ["that holds from later on", () => ({ payload: { nbf: startSeconds + 60 } })],
    ["that was never issued", () => ({ payload: { iat: undefined } })],
    ["of nobody", () => ({ payload: { sub: undefined } })],
    ["of somebody who is no UUID", () => ({ payload: { sub: "1 OR 1=1" } })],
    ["of two", () => ({ payload: { sub: [claims.userId, claims.userId] } })],
    ["of no session", () => ({ payload: { sid: undefined } })],
    ["of a session that is no UUID", () => ({ payload: { sid: `${claims.sessionId}\n` } })],
    ["that is too long", () => ({ payload: { more: "x".repeat(1_500) } })],
  ])("%s is nobody's", async (_, forgery) => {
    expect(await tokens.verifyAccess(await forge(forgery()))).toBeNull();
  });

  it("without a signature, by the algorithm none, is nobody's", async () => {
    const [, body] = token.split(".");
    for (const alg of ["none", "None", "", undefined]) {
      const head = encoded({ alg, kid: key.kid, typ: "at+jwt" });
      expect(await tokens.verifyAccess(`${head}.${body}.`)).toBeNull();
      expect(await tokens.verifyAccess(`${head}.${body}`)).toBeNull();
    }
  });

  it("signed with a published key as the secret of HS256 is nobody's", async () => {
    const [, body] = token.split(".");
    const head = encoded({ alg: "HS256", kid: key.kid, typ: "at+jwt" });
    const publicJwk = tokens.publicKeys().keys[0]!;
    const publicKey = createPublicKey({ key: publicJwk as JsonWebKey, format: "jwk" });
    const secrets = [
      Buffer.from(publicJwk.x!, "base64url"),
      publicJwk.x!,
      JSON.stringify(publicJwk),
      publicKey.export({ format: "der", type: "spki" }),
      publicKey.export({ format: "pem", type: "spki" }),
    ];
    for (const secret of secrets) {
      const signature = createHmac("sha256", secret).update(`${head}.${body}`).digest("base64url");
      expect(await tokens.verifyAccess(`${head}.${body}.${signature}`)).toBeNull();
    }
  });

  it("under the name of another known key is nobody's", async () => {
    const both = await serviceWith([key, otherKey]);
    expect(await both.verifyAccess(token)).toMatchObject(claims);
    expect(await both.verifyAccess(await forge({ header: { kid: otherKey.kid } }))).toBeNull();
  });

  it("with other claims under the same signature is nobody's", async () => {
    const [head, , signature] = token.split(".");
    const body = encoded({ ...decodeJwt(token), sub: randomUUID() });
    expect(await tokens.verifyAccess(`${head}.${body}.${signature}`)).toBeNull();
  });

  it("with any one character changed is nobody's, or says what it said", async () => {
    const character = fc.constantFrom("A", "B", "g", "w", "z", "0", "9", "-", "_", ".", "=", "+", "/", " ", "\0", "é");
    await fc.assert(
      fc.asyncProperty(fc.nat(token.length - 1), character, async (index, to) => {
        const found = await tokens.verifyAccess(token.slice(0, index) + to + token.slice(index + 1));
        // The last character of a signature holds bits that count for nothing.
        if (found !== null) expect(found).toMatchObject(claims);
      }),
    );
  });

  it("is not what junk of any kind can be, and junk never throws", async () => {
    const part = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.base64String(),
      fc.json().map(text => Buffer.from(text).toString("base64url")),
    );
    const header = fc
      .record(
        {
          alg: fc.constantFrom("EdDSA", "none", "HS256", 1),
          kid: fc.constantFrom(key.kid, "x", 1),
          typ: fc.constant("at+jwt"),
          crit: fc.json(),
          b64: fc.boolean(),
        },
        { requiredKeys: [] },
      )
      .map(encoded);
    const junk = fc.oneof(
      fc.string({ unit: "binary", maxLength: 3_000 }),
      fc.array(part, { minLength: 1, maxLength: 6 }).map(parts => parts.join(".")),
      fc.tuple(header, part, part).map(parts => parts.join(".")),
    );
    await fc.assert(
      fc.asyncProperty(junk, async text => {
        expect(await tokens.verifyAccess(text)).toBeNull();
        expect(await tokens.verifyGuest(text)).toBeNull();
      }),
      { numRuns: 500 },
    );
  });
});

describe("A guest token", () => {
  it("gives back its learner for 400 days", async () => {
    expect(await tokens.verifyGuest(guestToken)).toBe(claims.userId);
    expect(await (await at(days(400))).verifyGuest(guestToken)).toBe(claims.userId);
    expect(await (await at(days(400) + 5_000)).verifyGuest(guestToken)).toBeNull();
  });

  it("is no access token, and an access token no guest token", async () => {
    expect(await tokens.verifyAccess(guestToken)).toBeNull();
    expect(await tokens.verifyGuest(token)).toBeNull();
  });

  it("is kept apart by its type and by its audience, each alone", async () => {
    const guest = { typ: "guest+jwt", aud: `${audience}:guest` };
    expect(await tokens.verifyGuest(await forge({ header: { typ: guest.typ }, payload: { aud: guest.aud } }))).toBe(
      claims.userId,
    );
    expect(await tokens.verifyGuest(await forge({ header: { typ: guest.typ } }))).toBeNull();
    expect(await tokens.verifyGuest(await forge({ payload: { aud: guest.aud } }))).toBeNull();
  });

  it("of somebody who is no UUID is nobody's", async () => {
    expect(await tokens.verifyGuest((await tokens.signGuest("1")).token)).toBeNull();
  });
});

describe("After a rotation", () => {
  it("the new key signs, and the old one is believed until it is removed", async () => {
    const rotated = await serviceWith([otherKey, key]);
    const { token: newer } = await rotated.signAccess(claims);
    expect(decodeProtectedHeader(newer).kid).toBe(otherKey.kid);
    expect(await rotated.verifyAccess(token)).toMatchObject(claims);
    const removed = await serviceWith([otherKey]);
    expect(await removed.verifyAccess(newer)).toMatchObject(claims);
    expect(await removed.verifyAccess(token)).toBeNull();
  });

  it("an old key is believed without its private part too", async () => {
    expect(await (await serviceWith([otherKey, { ...key, d: undefined }])).verifyAccess(token)).toMatchObject(claims);
  });
});
