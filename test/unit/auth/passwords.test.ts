// Passwords: hashed and compared for real, in bounded numbers; and which ones are refused.
import fc from "fast-check";
import { createPasswordService, passwordProblem, type PasswordSettings } from "../../../src/auth/passwords";
import { AppError } from "../../../src/errors/app-error";

/** As little work as Argon2 allows. */
const cheap: PasswordSettings = { memoryKiB: 8, passes: 1, parallelism: 1, concurrency: 4, queue: 100 };
const password = "correct horse battery";
const from = "192.0.2.1";

const argon2 = require("@node-rs/argon2") as typeof import("@node-rs/argon2");
afterEach(() => jest.restoreAllMocks());

describe("A password (R20)", () => {
  it("is hashed with Argon2id and the parameters given, another each time, and found again", async () => {
    const service = createPasswordService({ ...cheap, memoryKiB: 64, passes: 3, parallelism: 2 });
    const [hash, another] = await Promise.all([service.hash(password, from), service.hash(password, from)]);
    expect(hash).toMatch(/^\$argon2id\$v=19\$m=64,t=3,p=2\$/);
    expect(hash).not.toBe(another);
    expect(await service.verify(hash, password, from)).toBe(true);
    expect(await service.verify(hash, `${password} `, from)).toBe(false);
  });

  it("is the same, however its characters are written", async () => {
    const service = createPasswordService(cheap);
    const hash = await service.hash("Ａcad\u00e9mie ﬁne 10", from);
    expect(await service.verify(hash, "Acade\u0301mie fine 10", from)).toBe(true);
    expect(await service.verify(hash, "Academie fine 10", from)).toBe(false);
  });

  it("of nobody is compared like any other, and never right", async () => {
    const service = createPasswordService({ ...cheap, memoryKiB: 64, passes: 3 });
    const compare = jest.spyOn(argon2, "verify");
    expect(await service.verify(null, password, from)).toBe(false);
    const [compared] = compare.mock.calls[0]!;
    // The same parameters and lengths as of a real hash: so it takes as long.
    expect(argon2.parseOptions(compared)).toEqual(argon2.parseOptions(await service.hash(password, from)));
    compare.mockResolvedValue(true);
    expect(await service.verify(null, password, from)).toBe(false);
  });

  it("has to be hashed again when the parameters have changed, or are not to be read", async () => {
    const hash = await createPasswordService(cheap).hash(password, from);
    expect(createPasswordService(cheap).needsRehash(hash)).toBe(false);
    for (const change of [{ memoryKiB: 16 }, { passes: 2 }, { parallelism: 2, memoryKiB: 16 }]) {
      expect(createPasswordService({ ...cheap, ...change }).needsRehash(hash)).toBe(true);
    }
    expect(createPasswordService(cheap).needsRehash("")).toBe(true);
  });

  it("is not in the error when the stored hash is damaged", async () => {
    const service = createPasswordService(cheap);
    const message = await service.verify("$argon2id$damaged", password, from).then(() => "", String);
    expect(message).toBe("Error: Decoding failed");
    expect(await service.verify(await service.hash(password, from), password, from)).toBe(true);
  });
});

describe("Hashing (R20)", () => {
  /** Counts works that run, through the real functions. */
  function watchRunning(): { most: number } {
    const watched = { most: 0 };
    let running = 0;
    const { hash, verify } = argon2;
    const count = async <T>(work: Promise<T>): Promise<T> => {
      watched.most = Math.max(watched.most, ++running);
      return work.finally(() => running--);
    };
    jest.spyOn(argon2, "hash").mockImplementation((...given) => count(hash(...given)));
    jest.spyOn(argon2, "verify").mockImplementation((...given) => count(verify(...given)));
    return watched;
  }

  it("runs as many at once as allowed, and never more", async () => {
    const service = createPasswordService({ ...cheap, concurrency: 3 });
    const hash = await service.hash(password, from);
    const watched = watchRunning();
    const either = (index: number) => (index % 2 ? service.verify(hash, password, from) : service.hash(password, from));
    const first = Array.from({ length: 40 }, (_, index) => either(index));
    // Some come while others end.
    await first[0];
    const second = Array.from({ length: 20 }, (_, index) => either(index));
    await Promise.all([...first, ...second]);
    expect(watched.most).toBe(3);
  });

  it("lets as many wait as allowed, tells the others to come again, and serves everybody later", async () => {
    const service = createPasswordService({ ...cheap, concurrency: 1, queue: 2 });
    const outcomes = await Promise.allSettled(Array.from({ length: 5 }, () => service.hash(password, from)));
    expect(outcomes.map(({ status }) => status)).toEqual([
      "fulfilled",
      "fulfilled",
      "fulfilled",
      "rejected",
      "rejected",
    ]);
    const [refused] = outcomes.filter(outcome => outcome.status === "rejected");
    expect(refused?.reason).toBeInstanceOf(AppError);
    expect(refused?.reason).toMatchObject({ code: "SERVICE_UNAVAILABLE" });
    expect(await service.verify(await service.hash(password, from), password, from)).toBe(true);
  });

  it("is done for one network after the other, however much one of them wants", async () => {
    const service = createPasswordService({ ...cheap, concurrency: 1 });
    const done: string[] = [];
    const hash = (address: string) => service.hash(password, address).then(() => done.push(address));
    const greedy = ["2001:db8::1", "2001:db8::2", "2001:db8::3", "2001:db8::4"];
    await Promise.all([...greedy, "192.0.2.2"].map(hash));
    expect(done.indexOf("192.0.2.2")).toBe(2);
  });

  it("goes on after a failure", async () => {
    const service = createPasswordService({ ...cheap, concurrency: 1, queue: 1 });
    const first = await Promise.allSettled([service.verify("damaged", password, from), service.hash(password, from)]);
    expect(first.map(({ status }) => status)).toEqual(["rejected", "fulfilled"]);
    expect(await service.hash(password, from)).toMatch(/^\$argon2id/);
  });
});

describe("A new password (R20)", () => {
  const about = ["Jane.Doe@example.org", "Jane van Dyke 2"];

  it.each([
    "correct horse battery",
    "tr0ub4dor&3x",
    "ひみつのあいことばです",
    "👩‍🚀🚀🌍🌕⭐🛰️🪐🌌",
    "9081726354",
    "jane likes cats",
    "a".repeat(127) + "b",
    "🔑".repeat(127) + "🚪",
  ])("may be %s", text => {
    expect(passwordProblem(text, about)).toBeNull();
  });

  it.each<[string, string, RegExp]>([
    ["short", "tr0ub4d&3", /at least 10/],
    ["empty", "", /at least 10/],
    ["short but for accents that are counted apart", "e\u0301a\u0300o\u0302u\u0308c\u0327", /at least 10/],
    ["short but for a ligature that stands for many", "\ufdfa", /at least 10/],
    ["long", "ab".repeat(64) + "c", /at most 128/],
    ["common", "basketball", /Many people/],
    ["common, in capitals", "BasketBall", /Many people/],
    ["common, in full-width letters", "ｂａｓｋｅｔｂａｌｌ", /Many people/],
    ["common with a year", "password2026", /Many people/],
    ["common with punctuation", "Sunshine!?!", /Many people/],
    ["common, ending in digits, with more", "trustno1-99", /Many people/],
    ["one character", "zzzzzzzzzzzz", /repeated/],
    ["one character outside the basic plane", "🔑".repeat(12), /repeated/],
    ["the alphabet", "abcdefghijklm", /regular/],
    ["the alphabet backward", "zyxwvutsrqp", /regular/],
    ["digits over the end", "567890123456", /regular/],
    ["digits backward", "9876543210987", /regular/],
    ["a keyboard", "QWERTYUIOPasdf", /regular/],
    ["the email", "jane.doe@example.org", /name or email/],
    ["the part before the @ with digits", "JaneDoe1234!", /name or email/],
    ["the name", "jane-van-dyke", /name or email/],
  ])("is refused when it is %s", (_, text, message) => {
    expect(passwordProblem(text, about)).toMatch(message);
  });

  it("is not compared with names that have no letters", () => {
    expect(passwordProblem("9081726354", ["", "42", "@", "7@example.org", "!?"])).toBeNull();
  });

  it("is never repeated in the answer, and anything gets one", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", minLength: 4, maxLength: 300 }), fc.array(fc.string()), (text, names) => {
        const problem = passwordProblem(text, names);
        if (problem !== null) expect(problem).not.toContain(text);
      }),
    );
  });
});
