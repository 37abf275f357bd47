// Redis, where it is configured: there, new enough, its clock, and whether it may throw counts away.
import { Redis } from "ioredis";
import type { ProjectConfig } from "../../config/project-config";
import { failure, messageOf, ok, warning, type Check } from "./checkup";
import { compareClocks } from "./clock";
import { isLocal } from "./configuration.check";

const limitMs = 4_000;

export function redisCheck({ accounts: { redisUrl }, production }: ProjectConfig, now: () => number): Check {
  return {
    name: "redis",
    run: async () => {
      if (redisUrl === undefined) return [ok("not used: REDIS_URL is not set")];
      const redis = new Redis(redisUrl, {
        ...{ lazyConnect: true, retryStrategy: () => null, maxRetriesPerRequest: 0, enableReadyCheck: false },
        ...{ connectTimeout: limitMs, commandTimeout: limitMs },
      });
      // Why it could not connect; the promise of connect() knows only that it is closed.
      let cause: unknown;
      redis.on("error", error => (cause = error));
      try {
        await redis.connect();
        return await describe(redis, redisUrl, production, now);
      } catch (error) {
        const where = new URL(redisUrl).host;
        return [
          failure(
            `Redis at ${where} cannot be used (${messageOf(cause ?? error)}): start it, or correct REDIS_URL. Meanwhile each server counts attempts by itself`,
          ),
        ];
      } finally {
        redis.disconnect();
      }
    },
  };
}

async function describe(redis: Redis, url: string, production: boolean, now: () => number) {
  const info = await redis.info();
  const field = (name: string) => new RegExp(`^${name}:(.*?)\\r?$`, "m").exec(info)?.[1] ?? "";
  const askedAt = now();
  const [seconds, microseconds] = await redis.time();
  const answeredAt = now();
  const { protocol, hostname, host } = new URL(url);
  const version = field("redis_version");
  const policy = field("maxmemory_policy");
  const found = [
    Number.parseInt(version, 10) >= 6
      ? ok(`Redis ${version} on ${host}`)
      : warning(`Redis ${version} on ${host} is older than 6, which nobody mends any more: update it`),
    compareClocks("Redis's clock", { time: Number(seconds) * 1000 + Number(microseconds) / 1000, askedAt, answeredAt }),
  ];
  if (policy !== "" && policy !== "noeviction" && field("maxmemory") !== "0") {
    found.push(
      warning(`maxmemory-policy is ${policy}: a full Redis forgets attempts that are counted. Set noeviction`),
    );
  }
  if (production && protocol === "redis:" && !isLocal(hostname)) {
    found.push(warning("the way to Redis is not encrypted: use rediss:// where others share the network"));
  }
  return found;
}
