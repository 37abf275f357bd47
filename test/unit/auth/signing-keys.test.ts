// Signing keys: what is refused and with which words, rotation, and the file that development keeps its key in.
import { createPrivateKey } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { exportJWK, generateKeyPair, type JWK } from "jose";
import {
  loadOrMakeSigningKeys,
  newSigningKey,
  parseSigningKeys,
  SigningKeyError,
} from "../../../src/auth/signing-keys";

let key: JWK;
let other: JWK;
beforeAll(async () => {
  [key, other] = await Promise.all([newSigningKey(), newSigningKey()]);
});

const setOf = (...keys: unknown[]) => JSON.stringify({ keys });
const publicPart = ({ kty, crv, x, kid, alg, use }: JWK): JWK => ({ kty, crv, x, kid, alg, use });

/** The message of the refusal. */
async function refusal(json: string): Promise<string> {
  const error: unknown = await parseSigningKeys(json).catch((reason: unknown) => reason);
  if (error instanceof SigningKeyError) return error.message;
  throw new Error(`not refused as it has to be: ${String(error)}`);
}

describe("Signing keys (R18, R19)", () => {
  it("are read from a JWK Set: the first signs, all are believed and published without private parts", async () => {
    const keys = await parseSigningKeys(setOf(key, other));
    expect(keys.current.kid).toBe(key.kid);
    expect([...keys.trusted.keys()]).toEqual([key.kid, other.kid]);
    expect(keys.publicKeys).toEqual([publicPart(key), publicPart(other)]);
  });

  it("may only verify, when they have no private part, but then not come first", async () => {
    const keys = await parseSigningKeys(setOf(key, publicPart(other)));
    expect(keys.trusted.size).toBe(2);
    expect(await refusal(setOf(publicPart(other), key))).toMatch(/key 1 has no private part/);
  });

  it("are named by their thumbprint when they are made, each another", () => {
    expect(key).toEqual({
      ...{ kty: "OKP", crv: "Ed25519", alg: "EdDSA", use: "sig" },
      ...{ x: expect.any(String), d: expect.any(String), kid: expect.stringMatching(/^[\w-]{43}$/) },
    });
    expect(new Set([key.kid, key.x, key.d, other.kid, other.x, other.d]).size).toBe(6);
  });

  it.each(["", "no json", "null", "[]", "{}", '{"keys":[]}', '{"keys":{}}', '"keys"'])(
    "are refused when they are no JWK Set: %s",
    async json => {
      expect(await refusal(json)).toMatch(/JSON Web Key Set/);
    },
  );

  it.each<[string, (key: JWK) => unknown, RegExp]>([
    ["null", () => null, /not an Ed25519 key/],
    ["a secret", () => ({ kty: "oct", k: "c2VjcmV0", kid: "1" }), /not an Ed25519 key/],
    ["another curve", jwk => ({ ...jwk, crv: "X25519" }), /not an Ed25519 key/],
    ["another algorithm", jwk => ({ ...jwk, alg: "ES256" }), /not for EdDSA/],
    ["another use", jwk => ({ ...jwk, use: "enc" }), /not for EdDSA/],
    ["no kid", jwk => ({ ...jwk, kid: undefined }), /kid/],
    ["an empty kid", jwk => ({ ...jwk, kid: "" }), /kid/],
    ["a kid that is no text", jwk => ({ ...jwk, kid: 1 }), /kid/],
    ["no public part", jwk => ({ ...jwk, x: undefined }), /public part/],
    ["a short public part", jwk => ({ ...jwk, x: "AAAA" }), /public part/],
    ["a short private part", jwk => ({ ...jwk, d: jwk.d?.slice(1) }), /private part/],
    ["a private part of null", jwk => ({ ...jwk, d: null }), /private part/],
    ["zeros", jwk => ({ ...jwk, d: "A".repeat(43) }), /others can know/],
    [
      "words",
      jwk => ({ ...jwk, d: Buffer.from("a secret that is a secret or not").toString("base64url") }),
      /others can know/,
    ],
    ["the public part of another key", jwk => ({ ...jwk, x: other.x }), /do not belong together/],
  ])("are refused for %s", async (_, change, message) => {
    expect(await refusal(setOf(change(key)))).toMatch(message);
    expect(await refusal(setOf(other, change(key)))).toMatch(/Signing key 2/);
  });

  it("are refused when they are of another kind", async () => {
    const { privateKey } = await generateKeyPair("ES256", { extractable: true });
    expect(await refusal(setOf({ ...(await exportJWK(privateKey)), kid: "1" }))).toMatch(/not an Ed25519 key/);
  });

  it("are refused when two have the same kid", async () => {
    expect(await refusal(setOf(key, { ...other, kid: key.kid }))).toMatch(/same kid/);
  });

  it.each([
    ["RFC 8037, appendix A", "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"],
    ["RFC 8032, test 2", "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb"],
    ["RFC 8032, test 3", "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7"],
    ["RFC 8032, test 1024", "f5e5767cf153319517630f226876b86c8160cc583bc013744c6bf255f5cc0ee5"],
    ["RFC 8032, test SHA(abc)", "833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42"],
    ["nothing but zeros", "00".repeat(32)],
  ])("are refused when everybody has them: %s", async (_, seed) => {
    const pkcs8 = Buffer.from(`302e020100300506032b657004220420${seed}`, "hex");
    const example = createPrivateKey({ key: pkcs8, format: "der", type: "pkcs8" }).export({ format: "jwk" });
    expect(await refusal(setOf({ ...example, kid: "1" }))).toMatch(/key 1 is an example that everybody has/);
  });

  it("are never a part of the message", async () => {
    const broken = [
      JSON.stringify({ keys: [key] }).slice(0, -2),
      setOf({ ...key, d: `${key.d}=` }),
      setOf({ ...key, x: other.x }),
      setOf({ ...key, kid: key.d, alg: key.d }),
      key.d ?? "",
    ];
    for (const json of broken) expect(await refusal(json)).not.toContain(key.d?.slice(0, 8));
  });
});

describe("The file of the signing keys", () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "learngraph-keys-"));
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  it("is made once, for its owner only, however many ask for it at the same time", async () => {
    const file = join(directory, "data", "signing-keys.json");
    const all = await Promise.all(Array.from({ length: 20 }, () => loadOrMakeSigningKeys(file)));
    expect(new Set(all.map(({ current }) => current.kid)).size).toBe(1);
    expect(readdirSync(join(directory, "data"))).toEqual(["signing-keys.json"]);
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it("is read when it is there, and left as it is", async () => {
    const file = join(directory, "keys.json");
    writeFileSync(file, setOf(key, other));
    expect((await loadOrMakeSigningKeys(file)).current.kid).toBe(key.kid);
    expect(readFileSync(file, "utf8")).toBe(setOf(key, other));
  });

  it("is named when something else is in it, and is not overwritten", async () => {
    const file = join(directory, "keys.json");
    writeFileSync(file, "{}");
    await expect(loadOrMakeSigningKeys(file)).rejects.toThrow(SigningKeyError);
    await expect(loadOrMakeSigningKeys(file)).rejects.toThrow(file);
    expect(readFileSync(file, "utf8")).toBe("{}");
  });
});
