// What is refused because somebody asks for too much: why, and whom. It is counted for the metrics, and while there is any, one line in ten seconds
// goes to the log. That line names networks and accounts, as no other does: whoever runs the server has to find out who it is.
import { LRUCache } from "lru-cache";
import type { Logger } from "pino";
import { AppError, type ErrorCode } from "../errors/app-error";
import type { Services } from "../request/services";
import { askerOf } from "./cost-budget";

/**
 * Too much to do at once; passwords that would have to wait behind too many; the budget of cost; attempts to sign in and the like; connections
 * for subscriptions; subscriptions of one connection. The first two are 503 (SERVICE_UNAVAILABLE) to clients, the others 429 (RATE_LIMITED).
 */
export type RefusalReason = "load" | "passwords" | "budget" | "attempts" | "connections" | "subscriptions";

export type RefusalCounts = Record<RefusalReason, number>;

const none: Readonly<RefusalCounts> = {
  load: 0,
  passwords: 0,
  budget: 0,
  attempts: 0,
  connections: 0,
  subscriptions: 0,
};
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

type CountedServices = Pick<Services, "attempts" | "passwords">;

/** These services, with what they refuse counted. By the address: what they know an account by may be an email. */
export function countRefusals({ attempts, passwords }: CountedServices, refusals: Refusals): CountedServices {
  const counting = async <T>(work: Promise<T>, code: ErrorCode, reason: RefusalReason, address: string): Promise<T> => {
    try {
      return await work;
    } catch (error) {
      if (error instanceof AppError && error.code === code) refusals.add(reason, askerOf(null, address));
      throw error;
    }
  };
  return {
    attempts: {
      ...attempts,
      take: (rule, keys) => counting(attempts.take(rule, keys), "RATE_LIMITED", "attempts", keys.address),
    },
    passwords: {
      ...passwords,
      hash: (password, from) => counting(passwords.hash(password, from), "SERVICE_UNAVAILABLE", "passwords", from),
      verify: (hash, password, from) =>
        counting(passwords.verify(hash, password, from), "SERVICE_UNAVAILABLE", "passwords", from),
    },
  };
}
