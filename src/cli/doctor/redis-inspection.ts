// Asks a Redis what there is to know of it, once for all checks, and changes nothing there.
import { Redis } from "ioredis";
import type { ClockReading } from "./clock";

/** Of a connection, and of each answer, in milliseconds. */
const limitMs = 4_000;

export interface RedisFacts {
  /** A field of INFO; empty where it does not say, or its user may not ask. */
  info(name: string): string;
  /** Undefined where its user may not ask. */
  clock: ClockReading | undefined;
  /** How long the fastest of a few answers took. */
  answerMs: number;
}

export interface AskedRedis {
  url: string;
  /** Rejects when it cannot be used. */
  facts: Promise<RedisFacts>;
}

export function askRedis(url: string, now: () => number): AskedRedis {
  const facts = withRedis(url, redis => inspect(redis, now));
  // Whoever awaits it hears of a failure; nobody has to.
  facts.catch(() => undefined);
  return { url, facts };
}

/** Whether it gives answers to somebody who has no password. */
export async function isOpenToAll(url: string): Promise<boolean> {
  const bare = new URL(url);
  bare.username = bare.password = "";
  for (const name of ["username", "password"]) bare.searchParams.delete(name);
  try {
    return await withRedis(bare.href, async redis => (await unlessForbidden(redis.exists("answer:"))) !== undefined);
  } catch {
    return false;
  }
}

async function withRedis<T>(url: string, use: (redis: Redis) => Promise<T>): Promise<T> {
  const redis = new Redis(url, {
    ...{ lazyConnect: true, retryStrategy: () => null, maxRetriesPerRequest: 0, enableReadyCheck: false },
    ...{ connectTimeout: limitMs, commandTimeout: limitMs, disconnectTimeout: 500 },
  });
  // Why it could not connect; the promise of connect() knows only that it is closed.
  let cause: unknown;
  redis.on("error", error => (cause = error));
  try {
    await redis.connect();
    return await use(redis);
  } catch (error) {
    throw cause ?? error;
  } finally {
    redis.disconnect();
  }
}

async function inspect(redis: Redis, now: () => number): Promise<RedisFacts> {
  const info = (await unlessForbidden(redis.info())) ?? "";
  const answers = [];
  for (let count = 0; count < 3; count++) {
    const askedAt = now();
    const time = await unlessForbidden(redis.time());
    const answeredAt = now();
    answers.push({ time, askedAt, answeredAt, tookMs: answeredAt - askedAt });
  }
  const { time, askedAt, answeredAt, tookMs } = answers.reduce((one, other) =>
    other.tookMs < one.tookMs ? other : one,
  );
  const [seconds, microseconds] = time ?? [];
  return {
    info: name => new RegExp(`^${name}:(.*?)\\r?$`, "m").exec(info)?.[1] ?? "",
    clock: time && { time: Number(seconds) * 1000 + Number(microseconds) / 1000, askedAt, answeredAt },
    answerMs: tookMs,
  };
}

/** Undefined where the user may not ask that, or nobody may: managed servers forbid what tells of the server. */
async function unlessForbidden<T>(answer: Promise<T>): Promise<T | undefined> {
  return answer.catch((error: unknown) => {
    if (error instanceof Error && /^(NOPERM|ERR unknown command)/.test(error.message)) return undefined;
    throw error;
  });
}
