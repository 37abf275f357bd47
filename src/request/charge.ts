// What one request takes of its asker's budget. Made by server/cost-budget.ts.

export interface Charge {
  /** Takes what every request costs. To be called first. @throws AppError RATE_LIMITED with `retryAfterSeconds` when nothing is left. */
  begin(): void;
  /**
   * Takes what the operation may cost, before it runs; once, however often it is called.
   * @throws AppError RATE_LIMITED with `retryAfterSeconds` when less is left.
   */
  take(requested: number): void;
  /** Gives back what was taken beyond what the operation did cost. */
  settle(actual: number): void;
  /** For `extensions.cost`. */
  readonly report: CostReport;
}

/** In weighted objects (docs/api.md). */
export interface CostReport {
  /** What the operation might have cost, by its page sizes. */
  readonly requested: number;
  readonly actual: number;
  /** The whole budget. */
  readonly limit: number;
  /** What is left of it. */
  readonly remaining: number;
  /** How much of it comes back in a second. */
  readonly restoreRate: number;
}
