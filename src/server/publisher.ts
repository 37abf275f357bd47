// Publishes scheduled revisions beside the requests. Any number of servers may do so on one database.
// What it publishes is described for clients by decorators, which need it.
import "reflect-metadata";
import type { Logger } from "pino";
import { createBell } from "../db/bell";
import type { Database } from "../db/database";
import { publishDue, timeUntilDue } from "../modules/editorial/schedule.service";

export interface PublisherOptions {
  database: Database;
  log: Logger;
  fourEyes: boolean;
  /** How often it looks for what was scheduled elsewhere, in milliseconds; 15,000 when left out. */
  intervalMs?: number;
}

export interface Publisher {
  /** Looks at once; for a revision whose transaction has committed. */
  wake(): void;
  /** Lets the publication that runs finish, and begins no other. */
  stop(): Promise<void>;
}

/** Publishes until it is stopped, what was due before it started included. Never throws: what goes wrong is logged and tried again. */
export function startPublisher({ database, log, fourEyes, intervalMs = 15_000 }: PublisherOptions): Publisher {
  const bell = createBell();
  const state = { stopped: false, reachable: true };

  async function work(): Promise<void> {
    for (let waitMs = await publishAll(); !state.stopped; waitMs = await publishAll()) await bell.wait(waitMs);
  }

  /** @returns when to look again, in milliseconds. */
  async function publishAll(): Promise<number> {
    try {
      for (let done = true; done && !state.stopped;) done = await publishNext();
      state.reachable = true;
      const dueMs = (await timeUntilDue(database)) ?? intervalMs;
      return Math.min(intervalMs, dueMs + 5);
    } catch (error) {
      // Once, however long the database is away.
      if (state.reachable) log.warn({ err: error }, "a scheduled revision could not be published yet");
      state.reachable = false;
      return intervalMs;
    }
  }

  async function publishNext(): Promise<boolean> {
    const outcome = await publishDue(database, fourEyes);
    if (!outcome) return false;
    const { revision, slug, failure } = outcome;
    if (failure === null) log.info({ revision, slug }, "scheduled revision published");
    else log.warn({ revision, slug, failure }, "scheduled revision not published");
    return true;
  }

  const working = work();
  return {
    wake: () => bell.ring(),
    stop: async () => {
      state.stopped = true;
      bell.ring();
      await working;
    },
  };
}
