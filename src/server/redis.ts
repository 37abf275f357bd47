// Connections to Redis, which may be away: whatever waits for it fails at once or soon.
import type { Redis } from "ioredis";
import type { Logger } from "pino";

export async function connectRedis(url: string, log: Logger): Promise<Redis> {
  const { Redis } = await import("ioredis");
  // Without a queue, what waits for Redis fails at once, and the limiter counts in memory until it is back.
  const redis = new Redis(url, {
    ...{ enableOfflineQueue: false, maxRetriesPerRequest: 1, commandTimeout: 500 },
    // A connection whose other end is gone says nothing by itself: a new one is made.
    socketTimeout: 2_000,
  });
  redis.on("error", (error: Error) => log.warn({ code: (error as NodeJS.ErrnoException).code }, "Redis is away"));
  return redis;
}
