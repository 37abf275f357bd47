// How much each asker may ask for: a budget of cost for each account, or for each address of those who are not signed in, that fills up again
// as time passes (a token bucket). Kept in memory; several servers tell each other through a shared store, some time after the answer, so
// that no answer waits for it.
import { LRUCache } from "lru-cache";
import { networkOf } from "../auth/attempts";
import { AppError } from "../errors/app-error";
import type { Charge, CostReport } from "../request/charge";
import type { Viewer } from "../request/context";

export interface BudgetSettings {
  /** The whole budget: what may be asked for at once. */
  limit: number;
  /** What comes back in a second. */
  restoreRate: number;
}

/** What several servers count together. */
export interface SharedBudgets {
  /**
   * Takes what was spent since the last call.
   * @param spent by asker; 0 only asks.
   * @returns what is left, in the same order. Rejects when the store is away.
   */
  spend(spent: ReadonlyMap<string, number>): Promise<readonly number[]>;
}

export interface CostBudgetOptions extends BudgetSettings {
  shared?: SharedBudgets | undefined;
  /** How often servers tell each other, in milliseconds; 100 when left out. */
  shareEveryMs?: number;
  /** In milliseconds, and never set back; the monotonic clock when left out. */
  now?: () => number;
}

/** So many askers are remembered; of those before, the budget is whole again. */
export const mostAskers = 100_000;
/** What everything costs that runs nothing, so that what is refused, and what is answered from a cache, is not free. */
const least = 1;

interface Bucket {
  left: number;
  /** When that was so. */
  at: number;
  /** Spent since the shared store was told. */
  untold: number;
}

/** What an asker's budget is kept under. */
export function askerOf(viewer: Viewer | null, address: string): string {
  return viewer ? `account:${viewer.userId}` : `address:${networkOf(address)}`;
}

export class CostBudget {
  readonly limit: number;
  readonly restoreRate: number;
  /** Told of each refusal, by whoever wants to know. */
  onRefusal: (asker: string) => void = () => undefined;
  readonly #now: () => number;
  readonly #buckets = new LRUCache<string, Bucket>({ max: mostAskers });
  readonly #shared: SharedBudgets | undefined;
  readonly #untold = new Set<string>();
  readonly #timer: NodeJS.Timeout | undefined;
  #telling: Promise<void> | undefined;

  constructor({ limit, restoreRate, shared, shareEveryMs = 100, now = () => performance.now() }: CostBudgetOptions) {
    this.limit = limit;
    this.restoreRate = restoreRate;
    this.#now = now;
    this.#shared = shared;
    if (shared) this.#timer = setInterval(() => void this.#tell(shared), shareEveryMs).unref();
  }

  open(asker: string): Charge {
    return new BudgetCharge(this, asker);
  }

  /** As `open`, `begin` and `take`; null when too little is left: nothing was taken then, and nobody refused. */
  tryOpen(asker: string, cost = least): Charge | null {
    return this.#tryTake(asker, this.#bucketOf(asker), cost) ? new BudgetCharge(this, asker, cost) : null;
  }

  /** @throws AppError RATE_LIMITED, and takes nothing. */
  take(asker: string, cost: number): void {
    const bucket = this.#bucketOf(asker);
    if (this.#tryTake(asker, bucket, cost)) return;
    this.onRefusal(asker);
    throw this.#refusal(cost, bucket.left);
  }

  #tryTake(asker: string, bucket: Bucket, cost: number): boolean {
    if (bucket.left < cost) return false;
    this.#spend(asker, bucket, cost);
    return true;
  }

  giveBack(asker: string, cost: number): void {
    this.#spend(asker, this.#bucketOf(asker), -cost);
  }

  /** What is left for the asker, in whole units. */
  remaining(asker: string): number {
    return Math.max(Math.floor(this.#bucketOf(asker).left), 0);
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#telling;
  }

  #bucketOf(asker: string): Bucket {
    const now = this.#now();
    const bucket = this.#buckets.get(asker);
    if (bucket) {
      bucket.left = Math.min(this.limit, bucket.left + ((now - bucket.at) / 1_000) * this.restoreRate);
      bucket.at = now;
      return bucket;
    }
    const made = { left: this.limit, at: now, untold: 0 };
    this.#buckets.set(asker, made);
    return made;
  }

  #spend(asker: string, bucket: Bucket, cost: number): void {
    bucket.left = Math.min(this.limit, bucket.left - cost);
    if (!this.#shared) return;
    bucket.untold += cost;
    this.#untold.add(asker);
  }

  #refusal(cost: number, left: number): AppError {
    const retryAfterSeconds = Math.max(Math.ceil((cost - left) / this.restoreRate), 1);
    return new AppError("RATE_LIMITED", "The budget for operations is used up. Wait, or ask for less.", {
      retryAfterSeconds,
    });
  }

  /** One exchange at a time. While the store is away, each server counts what it sees by itself. */
  #tell(shared: SharedBudgets): Promise<void> {
    this.#telling ??= this.#exchange(shared)
      .catch(() => undefined)
      .finally(() => (this.#telling = undefined));
    return this.#telling;
  }

  async #exchange(shared: SharedBudgets): Promise<void> {
    const spent = new Map<string, number>();
    for (const asker of this.#untold) {
      const bucket = this.#buckets.peek(asker);
      if (!bucket) continue;
      spent.set(asker, bucket.untold);
      bucket.untold = 0;
    }
    this.#untold.clear();
    if (spent.size === 0) return;
    const left = await shared.spend(spent);
    [...spent.keys()].forEach((asker, index) => {
      const told = left[index];
      if (told === undefined) return;
      const bucket = this.#bucketOf(asker);
      // Others know what was spent meanwhile as little as before.
      bucket.left = told - bucket.untold;
    });
  }
}

class BudgetCharge implements Charge {
  readonly #budget: CostBudget;
  readonly #asker: string;
  #requested: number;
  #actual: number;
  #isTaken: boolean;

  /** @param taken what was taken for it already; left out, nothing was. */
  constructor(budget: CostBudget, asker: string, taken?: number) {
    this.#budget = budget;
    this.#asker = asker;
    this.#requested = this.#actual = taken ?? least;
    this.#isTaken = taken !== undefined;
  }

  begin(): void {
    this.#budget.take(this.#asker, least);
  }

  take(requested: number): void {
    if (this.#isTaken) return;
    this.#requested = Math.max(requested, least);
    this.#budget.take(this.#asker, this.#requested - least);
    this.#isTaken = true;
    // Until it is known better.
    this.#actual = this.#requested;
  }

  settle(actual: number): void {
    const cost = Math.max(actual, least);
    if (!this.#isTaken) return;
    this.#budget.giveBack(this.#asker, this.#actual - cost);
    this.#actual = cost;
  }

  get report(): CostReport {
    const { limit, restoreRate } = this.#budget;
    const actual = this.#isTaken ? this.#actual : least;
    return { requested: this.#requested, actual, limit, remaining: this.#budget.remaining(this.#asker), restoreRate };
  }
}
