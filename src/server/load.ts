// How much the server takes on at once, and from whom: what it could not answer soon is refused at once, and the many requests of one client
// leave room for the few of another. Requests that repeat an earlier one to the letter and the health checks are not counted.
import { networkOf } from "../auth/attempts";
import type { Database } from "../db/database";
import { AppError } from "../errors/app-error";
import { FairTurns } from "./fair-turns";

export interface LoadLimits {
  /** Operations under way at most, of all clients together. */
  maxOperations: number;
  /** How late the event loop may be, in milliseconds, before each address has one operation at a time. */
  maxEventLoopDelayMs: number;
  /** How many statements may wait for a database connection before each address has one operation at a time. */
  maxWaitingStatements: number;
}

export const defaultLoadLimits: LoadLimits = {
  maxOperations: 500,
  maxEventLoopDelayMs: 500,
  maxWaitingStatements: 500,
};

/** How often the event loop is looked at. */
const checkMs = 100;

export class Load {
  readonly #limits: LoadLimits;
  readonly #database: Pick<Database, "poolState">;
  readonly #onRefusal: (address: string) => void;
  readonly #underWay = new Map<string, number>();
  readonly #turns = new FairTurns();
  readonly #timer: NodeJS.Timeout;
  #total = 0;
  #delayMs = 0;
  #checkedAt = performance.now();

  /** @param onRefusal told of each operation that should not begin, by the address that it comes from. */
  constructor(
    limits: LoadLimits,
    database: Pick<Database, "poolState">,
    onRefusal: (address: string) => void = () => undefined,
  ) {
    this.#limits = limits;
    this.#database = database;
    this.#onRefusal = onRefusal;
    this.#timer = setInterval(() => this.#check(), checkMs).unref();
  }

  /** How things are, for those who watch the server. */
  get state(): { operations: number; eventLoopDelayMs: number; waitingStatements: number } {
    const waitingStatements = this.#database.poolState().waiting;
    return { operations: this.#total, eventLoopDelayMs: this.#delayMs, waitingStatements };
  }

  /**
   * An address may have as many operations under way as there are free places left: the more the others have, the fewer, and there always
   * is room for one more address (dynamic thresholds, as in switches: Choudhury and Hahne, 1998).
   * @returns what ends the operation.
   * @throws AppError SERVICE_UNAVAILABLE when it should not begin.
   */
  enter(address: string): () => void {
    const client = networkOf(address);
    const ofClient = this.#underWay.get(client) ?? 0;
    const free = this.#limits.maxOperations - this.#total;
    if (ofClient >= (this.#isBehind() ? Math.min(free, 1) : free)) {
      this.#onRefusal(address);
      throw new AppError("SERVICE_UNAVAILABLE", "The server has too much to do. Try again in a moment.");
    }
    this.#total++;
    this.#underWay.set(client, ofClient + 1);
    return () => {
      this.#total--;
      const left = (this.#underWay.get(client) ?? 1) - 1;
      if (left > 0) this.#underWay.set(client, left);
      else this.#underWay.delete(client);
    };
  }

  /** Resolves when it is the client's turn to have something parsed or checked that nothing else can go on beside for a while. */
  turn(address: string): Promise<void> {
    return this.#turns.take(networkOf(address));
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #isBehind(): boolean {
    const { maxEventLoopDelayMs, maxWaitingStatements } = this.#limits;
    return this.#delayMs > maxEventLoopDelayMs || this.#database.poolState().waiting > maxWaitingStatements;
  }

  #check(): void {
    const now = performance.now();
    // One long pause, as for collecting garbage, does not count as much as being late again and again.
    this.#delayMs = (2 * this.#delayMs + Math.max(now - this.#checkedAt - checkMs, 0)) / 3;
    this.#checkedAt = now;
  }
}
