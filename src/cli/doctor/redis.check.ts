// The Redis that counts for all servers, where it is configured: there, new enough, its clock, and whether it may throw counts away.
import type { ProjectConfig } from "../../config/project-config";
import { failure, messageOf, ok, warning, type Check } from "./checkup";
import { compareClocks } from "./clock";
import { isLocal } from "./configuration.check";
import type { AskedRedis, RedisFacts } from "./redis-inspection";

export function redisCheck({ production }: ProjectConfig, asked: AskedRedis | undefined): Check {
  return {
    name: "redis",
    run: async () => {
      if (asked === undefined) return [ok("not used: REDIS_URL is not set")];
      const { url } = asked;
      try {
        const facts = await asked.facts;
        return [
          describeVersion(url, facts),
          ...(facts.clock ? [compareClocks("Redis's clock", facts.clock)] : []),
          ...describeMemory(facts),
          ...(production ? describeWay(url) : []),
        ];
      } catch (error) {
        return [failure(`${unusable("REDIS_URL", url, error)}. Meanwhile each server counts attempts by itself`)];
      }
    },
  };
}

export function unusable(variable: string, url: string, error: unknown): string {
  return `Redis at ${new URL(url).host} cannot be used (${messageOf(error)}): start it, or correct ${variable}`;
}

export function describeVersion(url: string, { info }: RedisFacts) {
  const { host } = new URL(url);
  const version = info("redis_version");
  if (version === "") return ok(`Redis on ${host} answers, and does not say its version (INFO)`);
  return Number.parseInt(version, 10) >= 6
    ? ok(`Redis ${version} on ${host}`)
    : warning(`Redis ${version} on ${host} is older than 6, which nobody mends any more: update it`);
}

function describeMemory({ info }: RedisFacts) {
  const policy = info("maxmemory_policy");
  if (policy === "") return [warning(unreadable("noeviction"))];
  return policy === "noeviction" || info("maxmemory") === "0"
    ? []
    : [warning(`maxmemory-policy is ${policy}: a full Redis forgets attempts that are counted. Set noeviction`)];
}

/** @param right the policy that suits */
export function unreadable(right: string): string {
  return `maxmemory and its policy cannot be read (INFO), as with managed servers: see there that the policy is ${right}`;
}

export function describeWay(url: string) {
  const { protocol, hostname } = new URL(url);
  return protocol === "redis:" && !isLocal(hostname)
    ? [warning("the way to Redis is not encrypted: use rediss:// where others share the network")]
    : [];
}
