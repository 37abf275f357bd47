// The Redis over which servers share answers, where it is configured: there, fast enough, bounded, of its own, and not for everybody to write to.
import type { ProjectConfig } from "../../config/project-config";
import { patienceMs } from "../../server/shared-answers";
import { failure, ok, warning, type Check } from "./checkup";
import { askRedis, isOpenToAll, type AskedRedis, type RedisFacts } from "./redis-inspection";
import { describeVersion, describeWay, unreadable, unusable } from "./redis.check";

/** @param counts the Redis that counts, if there is one */
export function answersCheck(
  { database, speed, production }: ProjectConfig,
  counts: AskedRedis | undefined,
  now: () => number,
): Check {
  return {
    name: "answers",
    run: async () => {
      const { responseCacheRedisUrl: url, compiledQueries, responseCacheBytes } = speed;
      if (url === undefined) return [ok("not used: RESPONSE_CACHE_REDIS_URL is not set")];
      // Of these the check of the configuration warns.
      if (database.url === undefined || !compiledQueries || responseCacheBytes === 0) {
        return [ok("not used: RESPONSE_CACHE_REDIS_URL has no effect")];
      }
      const asked = askRedis(url, now);
      try {
        const facts = await asked.facts;
        return [
          describeVersion(url, facts),
          ...describeTime(facts),
          (await isSame(asked, counts))
            ? warning(
                "it is the Redis of REDIS_URL, and memory and policy are one for all databases of a Redis: a full one forgets counts, or takes no answers. Give answers one of their own",
              )
            : describeMemory(facts),
          ...(production ? await describeAccess(url) : []),
        ];
      } catch (error) {
        const meanwhile = "Meanwhile each server makes its answers itself";
        return [failure(`${unusable("RESPONSE_CACHE_REDIS_URL", url, error)}. ${meanwhile}`)];
      }
    },
  };
}

function describeTime({ answerMs }: RedisFacts) {
  return answerMs <= patienceMs
    ? []
    : [
        warning(
          `it took ${answerMs} ms to answer, and servers wait for ${patienceMs} ms: have it near them, or leave RESPONSE_CACHE_REDIS_URL out`,
        ),
      ];
}

function describeMemory({ info }: RedisFacts) {
  const [bytes, policy] = [info("maxmemory"), info("maxmemory_policy")];
  if (bytes === "" || policy === "") return warning(unreadable("allkeys-lru"));
  if (bytes === "0") {
    return warning("maxmemory is 0: nothing bounds the answers of an hour. Set it, with maxmemory-policy allkeys-lru");
  }
  if (policy.startsWith("allkeys-")) {
    return ok(`it holds ${(Number(bytes) / 1_048_576).toFixed(0)} MB, and then lets answers go (${policy})`);
  }
  const full = policy === "noeviction" ? "takes no new answers" : "keeps whatever does not expire";
  return warning(`maxmemory-policy is ${policy}: a full Redis ${full}. Set allkeys-lru`);
}

/** Under whatever names, and in whatever databases. */
async function isSame(answers: AskedRedis, counts: AskedRedis | undefined): Promise<boolean> {
  if (counts === undefined) return false;
  if (placeOf(answers) === placeOf(counts)) return true;
  const idOf = ({ facts }: AskedRedis) => facts.then(({ info }) => info("run_id"));
  // That one cannot be reached is said by its check.
  const [one, other] = [await idOf(answers), await idOf(counts).catch(() => "")];
  return one !== "" && one === other;
}

function placeOf({ url }: AskedRedis): string {
  const { hostname, port } = new URL(url);
  return `${hostname}:${port || 6379}`;
}

async function describeAccess(url: string) {
  return new URL(url).protocol === "redis:" && (await isOpenToAll(url))
    ? [
        warning(
          "it asks for no password and has no TLS, and whoever writes to it decides what everybody is answered: set a password, for its user default too",
        ),
      ]
    : describeWay(url);
}
