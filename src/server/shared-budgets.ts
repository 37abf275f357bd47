// The budgets of askers in Redis, for several servers, under hashes: no address is stored.
import type { Redis } from "ioredis";
import { hashed } from "../auth/attempts";
import type { BudgetSettings, SharedBudgets } from "./cost-budget";

/** In Redis's own time, so that the clocks of the servers do not matter. A budget that is whole again needs no entry. */
const script = `
local time = redis.call('TIME')
local now = time[1] + time[2] / 1000000
local limit, rate, spent = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local known = redis.call('HMGET', KEYS[1], 'left', 'at')
local left, at = tonumber(known[1]) or limit, tonumber(known[2]) or now
left = math.min(limit, math.min(limit, left + math.max(now - at, 0) * rate) - spent)
left = math.max(left, -limit)
redis.call('HSET', KEYS[1], 'left', string.format('%.3f', left), 'at', string.format('%.6f', now))
redis.call('PEXPIRE', KEYS[1], math.ceil((limit - left) / rate * 1000) + 1000)
return string.format('%.3f', left)`;

interface WithBudgets extends Redis {
  spendBudget(key: string, limit: number, restoreRate: number, spent: number): Promise<string>;
}

/** @param client whose commands end: without an offline queue, with a `commandTimeout`. */
export function createSharedBudgets(client: Redis, { limit, restoreRate }: BudgetSettings): SharedBudgets {
  client.defineCommand("spendBudget", { numberOfKeys: 1, lua: script });
  const redis = client as WithBudgets;
  return {
    // Commands of one turn of the event loop travel together.
    spend: async spent =>
      (
        await Promise.all(
          [...spent].map(([asker, cost]) => redis.spendBudget(`budget:${hashed(asker)}`, limit, restoreRate, cost)),
        )
      ).map(Number),
  };
}
