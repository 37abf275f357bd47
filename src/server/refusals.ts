// What is refused because somebody asks for too much: why, and whom. It is counted for the metrics, and while there is any, one line in ten seconds
// goes to the log. That line names networks and accounts, as no other does: whoever runs the server has to find out who it is.
import { LRUCache } from "lru-cache";
import type { Logger } from "pino";
import type { AttemptLimiter } from "../auth/attempts";
import { AppError } from "../errors/app-error";
import { askerOf } from "./cost-budget";

/** Too much to do at once; the budget of cost; attempts to sign in and the like; connections for subscriptions. */
export type RefusalReason = "load" | "budget" | "attempts" | "connections";

export type RefusalCounts = Record<RefusalReason, number>;

const none: Readonly<RefusalCounts> = { load: 0, budget: 0, attempts: 0, connections: 0 };
/** So many askers are told apart between two lines; who is refused again and again stays among them, whoever else comes. */
const mostAskers = 1_000;
const mostNamed = 5;
const logEveryMs = 10_000;

export class Refusals {
  /** Since the start. */
  readonly counts: RefusalCounts = { ...none };
  readonly #log: Logger;
  readonly #figures: () => object;
  readonly #askers = new LRUCache<string, number>({ max: mostAskers });
  #sinceLine: RefusalCounts = { ...none };
  #lastFigures: object = {};
  #timer: NodeJS.Timeout | undefined;

  /** @param figures how much there is to do; the line has them as they were at the last refusal. */
  constructor(log: Logger, figures: () => object) {
    this.#log = log;
    this.#figures = figures;
  }

  /** @param asker as `askerOf` names it. */
  add(reason: RefusalReason, asker: string): void {
    this.counts[reason]++;
    this.#sinceLine[reason]++;
    this.#askers.set(asker, (this.#askers.get(asker) ?? 0) + 1);
    this.#lastFigures = this.#figures();
    this.#timer ??= setTimeout(() => this.#tell(), logEveryMs).unref();
  }

  /** Counts `error` when it says that the asker has had too much. @returns it, to be thrown on. */
  of(error: unknown, reason: RefusalReason, asker: string): unknown {
    if (error instanceof AppError && error.code === "RATE_LIMITED") this.add(reason, asker);
    return error;
  }

  /** Tells what has not been told yet. */
  stop(): void {
    if (this.#timer) this.#tell();
  }

  #tell(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const most = [...this.#askers.entries()].sort(([, a], [, b]) => b - a).slice(0, mostNamed);
    this.#log.warn(
      { refused: this.#sinceLine, askers: Object.fromEntries(most), ...this.#lastFigures },
      "requests were refused",
    );
    this.#sinceLine = { ...none };
    this.#askers.clear();
  }
}

/** `attempts`, with what they refuse counted. By the address: what they know an account by may be an email. */
export function countRefusals(attempts: AttemptLimiter, refusals: Refusals): AttemptLimiter {
  return {
    ...attempts,
    take: (rule, keys) =>
      attempts.take(rule, keys).catch((error: unknown) => {
        throw refusals.of(error, "attempts", askerOf(null, keys.address));
      }),
  };
}
