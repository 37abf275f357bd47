// `doctor` of the two uses of Redis, for counts and for shared answers, with servers of the test's own in every state that matters.
import { answersCheck } from "../../../src/cli/doctor/answers.check";
import { askRedis } from "../../../src/cli/doctor/redis-inspection";
import { redisCheck } from "../../../src/cli/doctor/redis.check";
import { loadProjectConfig } from "../../../src/config/project-config";
import { examineWith, linesOf, of, startSilentServer } from "../../support/doctor";
import { freePort, redisProgram } from "../../support/own-servers";
import { startRedis, type RedisInstance } from "../../support/redis";
import { openTcpProxy } from "../../support/tcp-proxy";

const production = { NODE_ENV: "production" };

function checksWith(env: Record<string, string>) {
  const config = loadProjectConfig(env);
  const { redisUrl } = config.accounts;
  const counts = redisUrl === undefined ? undefined : askRedis(redisUrl, Date.now);
  return { counts: redisCheck(config, counts), answers: answersCheck(config, counts, Date.now) };
}

/** What is said of REDIS_URL. */
const ofCounts = (url: string, env: Record<string, string> = {}) =>
  linesOf(checksWith({ ...env, REDIS_URL: url }).counts);

/** What is said of RESPONSE_CACHE_REDIS_URL. */
const ofAnswers = (url: string, env: Record<string, string> = {}) =>
  linesOf(checksWith({ DATABASE_URL: "postgresql://db/x", ...env, RESPONSE_CACHE_REDIS_URL: url }).answers);

const there = expect.stringMatching(/^ok Redis \d+\.\d+\.\d+ on 127\.0\.0\.1:\d+$/) as string;
const clock = "ok this machine's clock and Redis's clock agree within 1 s";
const bounded = "ok it holds 64 MB, and then lets answers go (allkeys-lru)";

describe("Command doctor, of a Redis for answers that is no good", () => {
  it("says that it is not there, or says nothing, or that its URL is wrong, and repeats no password", async () => {
    const silent = await startSilentServer();
    const [absent, mute, wrong] = await Promise.all(
      [`redis://u:pass-w0rd@127.0.0.1:${await freePort()}`, `redis://u:pass-w0rd@127.0.0.1:${silent.port}`, "pass-w0rd"]
        .map(url => ({ DATABASE_URL: "postgresql://127.0.0.1:1/d", RESPONSE_CACHE_REDIS_URL: url }))
        .map(env => examineWith(env)),
    );
    silent.server.close();
    expect(of("answers", absent!)).toEqual([
      expect.stringMatching(
        /^error Redis at .* \(.*ECONNREFUSED.*\): start it, or correct RESPONSE_CACHE_REDIS_URL\. Meanwhile each server makes/,
      ),
    ]);
    expect(of("answers", mute!)).toEqual([expect.stringMatching(/^error Redis at .* cannot be used/)]);
    expect(of("answers", wrong!)).toEqual(["warning not checked: RESPONSE_CACHE_REDIS_URL is wrong"]);
    for (const { text, exitCode } of [absent!, mute!, wrong!]) {
      expect(text).not.toContain("pass-w0rd");
      expect(exitCode).toBe(1);
    }
  });

  it("leaves it alone where it has no effect, which the configuration says", async () => {
    const url = `redis://127.0.0.1:${await freePort()}`;
    const nothing = ["ok not used: RESPONSE_CACHE_REDIS_URL has no effect"];
    for (const [name, value] of [
      ["DATABASE_URL", ""],
      ["COMPILED_QUERIES", "false"],
      ["RESPONSE_CACHE_MB", "0"],
    ] as const) {
      expect(await ofAnswers(url, { [name]: value })).toEqual(nothing);
    }
    expect(await ofAnswers("")).toEqual(["ok not used: RESPONSE_CACHE_REDIS_URL is not set"]);
  });
});

if (redisProgram === undefined) process.stderr.write("doctor-redis.test.ts: skipped, there is no redis-server.\n");
(redisProgram === undefined ? describe.skip : describe)("Check of Redis (needs redis-server)", () => {
  let redis: RedisInstance;
  let other: RedisInstance;
  beforeAll(async () => {
    [redis, other] = await Promise.all([startRedis(), startRedis()]);
  });
  afterAll(() => Promise.all([redis.remove(), other.remove()]));
  beforeEach(() => redis.run("CONFIG SET maxmemory 64mb", "CONFIG SET maxmemory-policy allkeys-lru"));

  const urlOf = ({ port }: RedisInstance, { as = "", host = "127.0.0.1", rest = "" } = {}) =>
    `redis://${as === "" ? "" : `${as}@`}${host}:${port}${rest}`;

  describe("for counts", () => {
    it("says that it is there, what its clock says, and that it may not let counts go", async () => {
      expect(await ofCounts(urlOf(redis))).toEqual([
        ...[there, clock],
        "warning maxmemory-policy is allkeys-lru: a full Redis forgets attempts that are counted. Set noeviction",
      ]);
      await redis.run("CONFIG SET maxmemory 0");
      expect(await ofCounts(urlOf(redis), production)).toEqual([there, clock]);
      await redis.run("CONFIG SET maxmemory 64mb", "CONFIG SET maxmemory-policy noeviction");
      expect(await ofCounts(urlOf(redis))).toEqual([there, clock]);
    });

    it("can be used by one who may not ask for more than it needs, and says what was not seen", async () => {
      await redis.run("ACL SETUSER counting on >c0unts-s3cret ~* +@all -info -time");
      expect(await ofCounts(urlOf(redis, { as: "counting:c0unts-s3cret" }))).toEqual([
        expect.stringMatching(/^ok Redis on 127\.0\.0\.1:\d+ answers, and does not say its version \(INFO\)$/),
        expect.stringMatching(/^warning maxmemory and its policy cannot be read .* the policy is noeviction$/),
      ]);
    });
  });

  describe("for answers", () => {
    it("says that it is there and how much it holds", async () => {
      expect(await ofAnswers(urlOf(redis))).toEqual([there, bounded]);
      await redis.run("CONFIG SET maxmemory-policy allkeys-lfu");
      expect(await ofAnswers(urlOf(redis))).toEqual([there, expect.stringMatching(/^ok .*\(allkeys-lfu\)$/)]);
    });

    it("warns of one that nothing bounds, or that does not let answers go", async () => {
      await redis.run("CONFIG SET maxmemory 0");
      expect(await ofAnswers(urlOf(redis))).toEqual([
        there,
        "warning maxmemory is 0: nothing bounds the answers of an hour. Set it, with maxmemory-policy allkeys-lru",
      ]);
      await redis.run("CONFIG SET maxmemory 64mb", "CONFIG SET maxmemory-policy noeviction");
      expect(await ofAnswers(urlOf(redis))).toEqual([
        there,
        "warning maxmemory-policy is noeviction: a full Redis takes no new answers. Set allkeys-lru",
      ]);
      await redis.run("CONFIG SET maxmemory-policy volatile-lru");
      expect(await ofAnswers(urlOf(redis))).toEqual([
        there,
        "warning maxmemory-policy is volatile-lru: a full Redis keeps whatever does not expire. Set allkeys-lru",
      ]);
    });

    it("says what cannot be read, as where others run it", async () => {
      await redis.run("ACL SETUSER answers on >answ3rs-s3cret ~answer:* -@all +get +set");
      expect(await ofAnswers(urlOf(redis, { as: "answers:answ3rs-s3cret" }))).toEqual([
        expect.stringMatching(/^ok Redis on 127\.0\.0\.1:\d+ answers, and does not say its version \(INFO\)$/),
        expect.stringMatching(/^warning maxmemory and its policy cannot be read .* the policy is allkeys-lru$/),
      ]);
    });

    it("says that it refuses the password, and does not repeat it", async () => {
      const report = await examineWith({
        DATABASE_URL: "postgresql://127.0.0.1:1/d",
        RESPONSE_CACHE_REDIS_URL: urlOf(redis, { as: "nobody:wr0ng-s3cret" }),
      });
      expect(of("answers", report)).toEqual([expect.stringMatching(/^error Redis at .* \(.*WRONGPASS.*\): start it/)]);
      expect(report.text).not.toContain("wr0ng-s3cret");
    });

    it("warns of one that answers later than servers wait", async () => {
      const proxy = await openTcpProxy(new URL(urlOf(redis)));
      proxy.delay(60);
      const found = await ofAnswers(`redis://127.0.0.1:${proxy.port}`);
      await proxy.close();
      expect(found).toContainEqual(
        expect.stringMatching(/^warning it took \d{3,} ms to answer, and servers wait for 50 ms: have it near them/),
      );
    });

    it.each([
      ["of the same URL", {}],
      ["of another database", { rest: "/1" }],
      ["of another name", { host: "localhost" }],
    ])("warns that it is the Redis of REDIS_URL, %s", async (_, counts) => {
      expect(await ofAnswers(urlOf(redis), { REDIS_URL: urlOf(redis, counts) })).toEqual([
        there,
        expect.stringMatching(/^warning it is the Redis of REDIS_URL, .*\. Give answers one of their own$/),
      ]);
    });

    it("does not take another Redis for that of REDIS_URL, there or not", async () => {
      for (const REDIS_URL of [urlOf(other), `redis://127.0.0.1:${await freePort()}`]) {
        expect(await ofAnswers(urlOf(redis), { REDIS_URL })).toEqual([there, bounded]);
      }
      // Neither says which it is.
      for (const each of [redis, other]) await each.run("ACL SETUSER limited on >l1mited-s3cret ~* +@all -info");
      const [answers, counts] = [redis, other].map(each => urlOf(each, { as: "limited:l1mited-s3cret" }));
      expect((await ofAnswers(answers!, { REDIS_URL: counts! })).join()).not.toContain("REDIS_URL");
    });

    it("warns in production that whoever gets there may write, whatever password the URL has", async () => {
      const open = expect.stringMatching(
        /^warning it asks for no password and has no TLS, .*: set a password/,
      ) as string;
      expect(await ofAnswers(urlOf(redis), production)).toEqual([there, bounded, open]);
      await redis.run("ACL SETUSER closed on >cl0sed-s3cret ~* +@all");
      for (const url of [
        urlOf(redis, { as: "closed:cl0sed-s3cret" }),
        urlOf(redis, { rest: "?username=closed&password=cl0sed-s3cret" }),
      ]) {
        expect(await ofAnswers(url, production)).toEqual([there, bounded, open]);
        await redis.run("ACL SETUSER default off");
        expect(await ofAnswers(url, production)).toEqual([there, bounded]);
        await redis.run("ACL SETUSER default on");
      }
    });
  });
});
