// How often something may be tried, by account and by address: what slows the guessing of passwords, mail to strangers and floods of
// accounts. Counts are kept in memory, PostgreSQL or Redis, under hashes: no address and no email is stored.
import { createHash } from "node:crypto";
import { isIPv6 } from "node:net";
import type { Redis } from "ioredis";
import {
  RateLimiterMemory,
  RateLimiterPostgres,
  RateLimiterRedis,
  RateLimiterRes,
  type RateLimiterAbstract,
} from "rate-limiter-flexible";
import { AppError } from "../errors/app-error";

interface Limit {
  attempts: number;
  /** From the first attempt on; then the count starts anew. */
  seconds: number;
}

interface Limits {
  account?: Limit;
  address?: Limit;
}

const minute = 60;
const hour = 60 * minute;

export const attemptLimits = Object.freeze({
  signIn: {
    account: { attempts: 10, seconds: 10 * minute },
    address: { attempts: 10, seconds: minute },
  },
  // By account, since each sends a mail: nobody's mailbox is to be filled from many addresses.
  signUp: {
    account: { attempts: 5, seconds: hour },
    address: { attempts: 10, seconds: hour },
  },
  changeEmail: { account: { attempts: 5, seconds: hour } },
  requestPasswordReset: {
    account: { attempts: 5, seconds: hour },
    address: { attempts: 20, seconds: hour },
  },
  verifyEmail: { address: { attempts: 30, seconds: hour } },
  refreshSession: { address: { attempts: 60, seconds: minute } },
  createGuest: { address: { attempts: 30, seconds: hour } },
  changePassword: { account: { attempts: 10, seconds: hour } },
} satisfies Record<string, Limits>);

export type AttemptRule = keyof typeof attemptLimits;

export interface AttemptKeys {
  /** What the account is known by, in the one form in which its owner's attempts are to be counted together. */
  account?: string;
  /** The client's IP address. Of IPv6, the network (/64) counts: everybody has one whole. */
  address: string;
}

export interface AttemptLimiter {
  /**
   * Counts one attempt. One that its address may not make is not counted against the account.
   * @throws AppError RATE_LIMITED with `retryAfterSeconds`; Error when the rule counts by account and none is given.
   */
  take(rule: AttemptRule, keys: AttemptKeys): Promise<void>;
  /** Forgets the account's attempts, after a success; those of the address stay. */
  reset(rule: AttemptRule, keys: AttemptKeys): Promise<void>;
}

/** Where counts are. While a store is away, each process counts in its own memory: less exact, but every caller gets an answer. */
export type AttemptStore =
  | { kind: "memory" }
  | {
      kind: "postgres";
      /** Sends one statement with parameters ($1, …) to the database with the table `attempt_count`; gives its rows. */
      query(text: string, values: readonly unknown[]): Promise<readonly unknown[]>;
    }
  | {
      kind: "redis";
      /** Its commands must end: without an offline queue, with a `commandTimeout`. */
      client: Redis;
    };

export function createAttemptLimiter({ store }: { store: AttemptStore }): AttemptLimiter {
  const counters = new Map<string, RateLimiterAbstract>();
  for (const [rule, { account, address }] of Object.entries<Limits>(attemptLimits)) {
    if (account) counters.set(`${rule}:account`, createCounter(store, `${rule}:account`, account));
    if (address) counters.set(`${rule}:address`, createCounter(store, `${rule}:address`, address));
  }
  const count = async (rule: AttemptRule, by: keyof Limits, key: string | undefined) => {
    const counter = counters.get(`${rule}:${by}`);
    if (!counter) return;
    if (key === undefined) throw new Error(`${rule} counts attempts by ${by}`);
    await counter.consume(hashed(key)).catch(refuse);
  };
  return {
    take: async (rule, { account, address }) => {
      await count(rule, "address", networkOf(address));
      await count(rule, "account", account);
    },
    reset: async (rule, { account }) => {
      if (account !== undefined) await counters.get(`${rule}:account`)?.delete(hashed(account));
    },
  };
}

function createCounter(store: AttemptStore, keyPrefix: string, { attempts, seconds }: Limit): RateLimiterAbstract {
  const limit = { keyPrefix, points: attempts, duration: seconds };
  const memory = new RateLimiterMemory(limit);
  switch (store.kind) {
    case "memory":
      return memory;
    case "postgres":
      return new RateLimiterPostgres({
        ...limit,
        insuranceLimiter: memory,
        storeClient: { query: ({ text, values }: Statement) => store.query(text, values).then(rows => ({ rows })) },
        storeType: "client",
        tableName: "attempt_count",
        tableCreated: true,
      });
    case "redis":
      return new RateLimiterRedis({
        ...limit,
        keyPrefix: `attempts:${keyPrefix}`,
        insuranceLimiter: memory,
        storeClient: store.client,
        rejectIfRedisNotReady: true,
      });
  }
}

interface Statement {
  text: string;
  values: readonly unknown[];
}

function refuse(reason: unknown): never {
  if (!(reason instanceof RateLimiterRes)) throw reason;
  const retryAfterSeconds = Math.max(Math.ceil(reason.msBeforeNext / 1_000), 1);
  throw new AppError("RATE_LIMITED", "Too many attempts. Wait before you try again.", { retryAfterSeconds });
}

/** Half of a SHA-256: no two keys meet by chance. */
export function hashed(key: string): string {
  return createHash("sha256").update(key).digest("base64url").slice(0, 22);
}

/** What an address counts as: an IPv4 address itself, also when it is mapped into IPv6; of any other IPv6 address the first 64 bits. */
export function networkOf(address: string): string {
  if (!address.includes(":")) return address;
  const [plain = ""] = address.split("%");
  if (!isIPv6(plain)) return address;
  const groups = groupsOf(plain);
  const mapped = groups.slice(0, 6).join(":") === "0:0:0:0:0:ffff";
  return mapped ? groups.slice(6).flatMap(bytesOf).join(".") : groups.slice(0, 4).join(":");
}

/** The eight groups. A URL writes them in one form: small letters, no leading zeros, IPv4 as two groups. */
function groupsOf(address: string): string[] {
  const [head = "", tail = ""] = new URL(`http://[${address}]`).hostname.slice(1, -1).split("::");
  const [before, after] = [head, tail].map(part => part.split(":").filter(group => group !== ""));
  const zeros = Array<string>(8 - (before?.length ?? 0) - (after?.length ?? 0)).fill("0");
  return [...(before ?? []), ...zeros, ...(after ?? [])];
}

function bytesOf(group: string): number[] {
  const value = parseInt(group, 16);
  return [value >> 8, value & 0xff];
}
