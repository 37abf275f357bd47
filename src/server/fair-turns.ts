// Work that holds up everything else while it runs, such as checking a document: one piece in a turn of the event loop, first for those who took
// the least time lately. Whoever took much waits, too, until the rest of the server has had its share, or has nothing to do.
import { performance } from "node:perf_hooks";
import { Waiting } from "../auth/waiting";

/** A client that took less than this lately, in milliseconds, does not wait for the rest of the server. */
const little = 50;
/** For each millisecond of such work, so many of anything else; of one piece, at most so many milliseconds. */
const share = 3;
const longestPauseMs = 200;
/** How often it is looked whether the rest has anything to do, in milliseconds. */
const lookMs = 2;
/** After so long, in milliseconds, what was taken counts half. */
const halfLifeMs = 1_000;

export class FairTurns {
  /** Who waits, with what each is waiting for. */
  readonly #waiting = new Waiting<() => void>();
  /** Milliseconds that clients took lately. */
  readonly #taken = new Map<string, number>();
  #agedAt = performance.now();
  #pausedUntil = 0;
  /** How long the event loop will have had nothing to do, in all, when the pause is over before its time. */
  #pausedUntilIdle = 0;
  #pause: NodeJS.Timeout | undefined;
  #isScheduled = false;

  /** Resolves when the work may run. It has to run at once, and needs not say when it is done. */
  take(client: string): Promise<void> {
    return new Promise(resolve => {
      this.#waiting.add(client, resolve);
      this.#schedule();
    });
  }

  #schedule(): void {
    if (this.#isScheduled || this.#waiting.size === 0) return;
    clearTimeout(this.#pause);
    const client = this.#lightest();
    if (this.#takenBy(client) >= little && this.#isPaused()) {
      this.#pause = setTimeout(() => this.#schedule(), lookMs);
      return;
    }
    this.#isScheduled = true;
    let startedAt = 0;
    setImmediate(() => {
      startedAt = performance.now();
      this.#waiting.take(client)?.();
    });
    // In the same phase of the event loop: what the first one set going has run, and nothing else.
    setImmediate(() => {
      this.#count(client, performance.now() - startedAt);
      this.#isScheduled = false;
      this.#schedule();
    });
  }

  #lightest(): string {
    this.#age();
    let [lightest = ""] = this.#waiting.keys();
    for (const client of this.#waiting.keys()) {
      if (this.#takenBy(client) < this.#takenBy(lightest)) lightest = client;
    }
    return lightest;
  }

  #count(client: string, milliseconds: number): void {
    this.#taken.set(client, this.#takenBy(client) + milliseconds);
    this.#pausedUntil = performance.now() + Math.min(milliseconds * share, longestPauseMs);
    this.#pausedUntilIdle = performance.eventLoopUtilization().idle + milliseconds / 2;
  }

  #isPaused(): boolean {
    return performance.now() < this.#pausedUntil && performance.eventLoopUtilization().idle < this.#pausedUntilIdle;
  }

  #takenBy(client: string): number {
    return this.#taken.get(client) ?? 0;
  }

  #age(): void {
    const elapsed = performance.now() - this.#agedAt;
    if (elapsed < halfLifeMs / 4) return;
    this.#agedAt += elapsed;
    for (const [client, milliseconds] of this.#taken) {
      const left = milliseconds * 0.5 ** (elapsed / halfLifeMs);
      if (left < 1) this.#taken.delete(client);
      else this.#taken.set(client, left);
    }
  }
}
