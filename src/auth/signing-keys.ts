// The keys that sign tokens: Ed25519, as a JSON Web Key Set (RFC 7517, RFC 8037). Reads, checks and makes them; no message here
// ever holds a part of a key.
import { randomUUID } from "node:crypto";
import { link, mkdir, open, readFile, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { calculateJwkThumbprint, exportJWK, generateKeyPair, importJWK, type CryptoKey, type JWK } from "jose";

export const signingAlgorithm = "EdDSA";

/** What is wrong with the keys, for the people who configure them. */
export class SigningKeyError extends Error {
  override readonly name = "SigningKeyError";
}

export interface SigningKeys {
  /** The key that signs. */
  readonly current: { readonly kid: string; readonly key: CryptoKey };
  /** All keys that are believed, by `kid`. */
  readonly trusted: ReadonlyMap<string, CryptoKey>;
  /** The same keys for others to verify with, without private parts, in the order of the set. */
  readonly publicKeys: readonly JWK[];
}

/** Public parts of keys whose private parts stand in RFC 8032 and RFC 8037, or are all zeros: anybody can sign with them. */
const publishedKeys: ReadonlySet<unknown> = new Set([
  "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
  "PUAXw-hDiVqStwqnTRt-vJyYLM8uxJaMwM1V8Sr0Zgw",
  "_FHNjmIYoaONpH7QAjDwWAgW7RO6MwOsXeuRFUiQgCU",
  "J4EX_BRMcjQPZ9DyMW6Dhs7_vyskKMnFH-98WX8dQm4",
  "7Bcrk61eVjv0kyxw4SRQNMNUZ-8u_U1k6_gZaDRn4r8",
  "O2onvM62pC1io6jQKm8Nc2UyFXcd4kOmOsBIoYtZ2ik",
]);

interface Key {
  kid: string;
  publicKey: CryptoKey;
  /** Null for a key that only verifies. */
  privateKey: CryptoKey | null;
  publicJwk: JWK;
}

/**
 * Reads a JWK Set of private keys with a `kid` each. The first signs, all are believed; one without `d` only verifies. To rotate, put the
 * new key first and keep the old one for as long as tokens live that it signed.
 * @throws SigningKeyError for anything else, and for every key that is not Ed25519.
 */
export async function parseSigningKeys(json: string): Promise<SigningKeys> {
  const keys = await Promise.all(readSet(json).map((jwk, index) => readKey(jwk, `Signing key ${index + 1}`)));
  const trusted = new Map(keys.map(({ kid, publicKey }) => [kid, publicKey]));
  if (trusted.size < keys.length) throw new SigningKeyError("Two signing keys have the same kid.");
  const [first] = keys;
  if (!first?.privateKey)
    throw new SigningKeyError("Signing key 1 has no private part (d): the first key has to sign.");
  return {
    current: { kid: first.kid, key: first.privateKey },
    trusted,
    publicKeys: keys.map(({ publicJwk }) => publicJwk),
  };
}

/** A new private key. Its `kid` is its thumbprint (RFC 7638). */
export async function newSigningKey(): Promise<JWK> {
  const { privateKey } = await generateKeyPair(signingAlgorithm, { crv: "Ed25519", extractable: true });
  const { kty, crv, x, d } = await exportJWK(privateKey);
  const jwk: JWK = { kty, crv, x, d };
  return { ...jwk, kid: await calculateJwkThumbprint(jwk), alg: signingAlgorithm, use: "sig" };
}

/** Where a server that is not in production keeps its key. */
export const signingKeyFile = (dataDirectory: string): string => join(dataDirectory, "signing-keys.json");

/**
 * The keys in `file`; a file that is not there is made with one new key, readable by its owner only. All callers, of several processes
 * too, get the keys of the one who was first. For development: in production, keys are configured.
 * @throws SigningKeyError for a file with anything else in it.
 */
export async function loadOrMakeSigningKeys(file: string): Promise<SigningKeys> {
  const json = (await readIfThere(file)) ?? (await makeKeyFile(file));
  try {
    return await parseSigningKeys(json);
  } catch (error) {
    if (!(error instanceof SigningKeyError)) throw error;
    throw new SigningKeyError(`${file}: ${error.message} Without this file, a new key is made.`);
  }
}

function readSet(json: string): unknown[] {
  const keys = fieldsOf(parseJson(json))["keys"];
  if (Array.isArray(keys) && keys.length > 0) return keys as unknown[];
  throw new SigningKeyError('The signing keys must be a JSON Web Key Set with at least one key: {"keys": [...]}.');
}

/** Undefined for what is no JSON: the message of the parser would quote it. */
function parseJson(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}

async function readKey(value: unknown, name: string): Promise<Key> {
  const fields = fieldsOf(value);
  const problem = keyProblem(fields);
  if (problem !== null) throw new SigningKeyError(`${name} ${problem}`);
  const { x, d, kid } = fields as { x: string; d?: string; kid: string };
  const jwk: JWK = { kty: "OKP", crv: "Ed25519", x };
  return {
    kid,
    publicKey: await importKey(jwk, name),
    privateKey: d === undefined ? null : await importKey({ ...jwk, d }, name),
    publicJwk: { ...jwk, kid, alg: signingAlgorithm, use: "sig" },
  };
}

/** Among 32 random bytes, fewer than 16 different ones are never met; among repeated ones and words of small letters they are. */
function isRandom(d: unknown): boolean {
  return typeof d === "string" && new Set(Buffer.from(d, "base64url")).size >= 16;
}

function keyProblem(fields: Readonly<Record<string, unknown>>): string | null {
  const { kty, crv, x, d, kid, alg = signingAlgorithm, use = "sig" } = fields;
  if (kty !== "OKP" || crv !== "Ed25519") return "is not an Ed25519 key (kty OKP, crv Ed25519).";
  if (alg !== signingAlgorithm || use !== "sig") return "is not for EdDSA signatures (alg, use).";
  if (!isKid(kid)) return "needs a kid of 1 to 200 visible ASCII characters.";
  if (!isKeyText(x)) return "needs its public part (x): 32 bytes as base64url.";
  if (publishedKeys.has(x)) return "is an example that everybody has: make one with auth new-key.";
  if (d !== undefined && !isKeyText(d)) return "has a private part (d) that is not 32 bytes as base64url.";
  if (d !== undefined && !isRandom(d)) return "has a private part (d) that others can know: make a new key.";
  return null;
}

function isKid(value: unknown): boolean {
  return typeof value === "string" && /^[\x21-\x7e]{1,200}$/.test(value);
}

function isKeyText(value: unknown): boolean {
  return typeof value === "string" && /^[\w-]{43}$/.test(value);
}

/** Refuses an `x` that does not belong to `d`: every token that is signed would be refused. */
async function importKey(jwk: JWK, name: string): Promise<CryptoKey> {
  try {
    return (await importJWK(jwk, signingAlgorithm)) as CryptoKey;
  } catch {
    throw new SigningKeyError(`${name} cannot be read: its parts (x, d) do not belong together.`);
  }
}

async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

/** The file appears with its whole content or not at all (a hard link), and never in place of another's. */
async function makeKeyFile(file: string): Promise<string> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const draft = `${file}.${randomUUID()}`;
  try {
    await writeDurably(draft, `${JSON.stringify({ keys: [await newSigningKey()] }, null, 2)}\n`);
    await link(draft, file).catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    });
  } finally {
    await rm(draft, { force: true });
  }
  return readFile(file, "utf8");
}

async function writeDurably(path: string, text: string): Promise<void> {
  const file = await open(path, "wx", 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}
