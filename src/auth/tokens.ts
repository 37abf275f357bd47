// Access tokens and guest tokens: signed, short of words, believed without a look into the database. They name who asks and say
// nothing else of them: no email, no role.
import { errors, jwtVerify, SignJWT, type CryptoKey, type JWK, type JWTHeaderParameters, type JWTPayload } from "jose";
import { signingAlgorithm, type SigningKeys } from "./signing-keys";

export interface AccessClaims {
  userId: string;
  sessionId: string;
}

export interface VerifiedAccess extends AccessClaims {
  expiresAt: Date;
}

export interface TokenService {
  /** Good for 15 minutes. Both ids are UUIDs. */
  signAccess(claims: AccessClaims): Promise<{ token: string; expiresAt: Date }>;
  /** Null for everything that is not a valid access token of ours; never throws, whatever the text. */
  verifyAccess(token: string): Promise<VerifiedAccess | null>;
  /** Good for 400 days. The id is a UUID. */
  signGuest(learnerId: string): Promise<{ token: string; expiresAt: Date }>;
  /** The learner's id; null for everything that is not a valid guest token of ours; never throws, whatever the text. */
  verifyGuest(token: string): Promise<string | null>;
  /** A JWK Set that others can verify our tokens with. */
  publicKeys(): { keys: JWK[] };
}

export interface TokenSettings {
  keys: SigningKeys;
  issuer: string;
  /** Of access tokens; guest tokens have one that is made from it. */
  audience: string;
  /** The clock, for tests. */
  now?: () => Date;
}

/** What keeps the two apart: either of type and audience would be enough. */
interface TokenKind {
  typ: string;
  audience: string;
  lifetimeSeconds: number;
}

const accessSeconds = 15 * 60;
const guestSeconds = 400 * 24 * 60 * 60;
/** Ours have about 400; nothing longer is worth a look. */
const maxLength = 2_000;
/** How far the clocks of two servers may be apart. */
const toleranceSeconds = 5;

export function createTokenService({ keys, issuer, audience, now = () => new Date() }: TokenSettings): TokenService {
  const access: TokenKind = { typ: "at+jwt", audience, lifetimeSeconds: accessSeconds };
  const guest: TokenKind = { typ: "guest+jwt", audience: `${audience}:guest`, lifetimeSeconds: guestSeconds };

  const sign = async (kind: TokenKind, claims: JWTPayload) => {
    const issuedAt = Math.floor(now().getTime() / 1_000);
    const expiry = issuedAt + kind.lifetimeSeconds;
    const token = await new SignJWT(claims)
      .setProtectedHeader({ alg: signingAlgorithm, kid: keys.current.kid, typ: kind.typ })
      .setIssuer(issuer)
      .setAudience(kind.audience)
      .setIssuedAt(issuedAt)
      .setExpirationTime(expiry)
      .sign(keys.current.key);
    return { token, expiresAt: new Date(expiry * 1_000) };
  };

  const verify = async (kind: TokenKind, token: string): Promise<JWTPayload | null> => {
    if (token.length > maxLength) return null;
    try {
      const { payload } = await jwtVerify(token, header => trustedKey(keys, header), {
        algorithms: [signingAlgorithm],
        ...{ issuer, audience: kind.audience, typ: kind.typ },
        requiredClaims: ["sub", "iat", "exp"],
        clockTolerance: toleranceSeconds,
        currentDate: now(),
      });
      return payload;
    } catch {
      // Whatever went wrong with it, it is not a token to believe.
      return null;
    }
  };

  return {
    signAccess: ({ userId, sessionId }) => sign(access, { sub: userId, sid: sessionId }),
    verifyAccess: async token => {
      const payload = await verify(access, token);
      const [userId, sessionId] = [payload?.sub, payload?.["sid"]];
      if (!payload?.exp || !isUuid(userId) || !isUuid(sessionId)) return null;
      return { userId, sessionId, expiresAt: new Date(payload.exp * 1_000) };
    },
    signGuest: learnerId => sign(guest, { sub: learnerId }),
    verifyGuest: async token => {
      const id = (await verify(guest, token))?.sub;
      return isUuid(id) ? id : null;
    },
    publicKeys: () => ({ keys: keys.publicKeys.map(key => ({ ...key })) }),
  };
}

/** Only by its `kid`, among ours: a key that a token brings along (`jwk`, `jku`, `x5c`) is never looked at. */
function trustedKey(keys: SigningKeys, { kid }: JWTHeaderParameters): CryptoKey {
  const key = kid === undefined ? undefined : keys.trusted.get(kid);
  if (!key) throw new errors.JWKSNoMatchingKey();
  return key;
}

function isUuid(value: unknown): value is string {
  return typeof value === "string" && /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(value);
}
