// Sends what waits in the outbox, one mail after the other, outside of any transaction, at least once each
// (docs/mail.md).
import type { Logger } from "pino";
import type { Database } from "../db/database";
import { createBell } from "../db/bell";
import { MailFailure, type MailTransport } from "./mail.message";
import { claimMail, deleteOldMail, markMailSent, postponeMail, type ClaimedMail } from "./outbox";

export interface MailSenderOptions {
  database: Database;
  /** Stays its owner's to close. */
  transport: MailTransport;
  log: Logger;
  /** How often it looks for mail that is due without being woken, in milliseconds; 5,000 when left out. */
  intervalMs?: number;
}

export interface MailSender {
  /** Looks at once; for mail whose transaction has committed. */
  wake(): void;
  /** Lets the mail that is being sent finish, at most 45 seconds, and begins no other. */
  stop(): Promise<void>;
}

const maxAttempts = 12;
const keptDays = 30;
const hourMs = 3_600_000;

/**
 * Sends until it is stopped. Any number of senders may work on one database. Never throws: what goes wrong is logged,
 * by the mail's id and a code alone, and tried again.
 */
export function startMailSender({ database, transport, log, intervalMs = 5_000 }: MailSenderOptions): MailSender {
  const bell = createBell();
  let stopped = false;
  let reachable = true;
  let tidiedAt = -Infinity;

  async function work(): Promise<void> {
    while (!stopped) {
      try {
        await sendAll();
        await tidy();
        reachable = true;
      } catch (error) {
        // Once, however long the database is away.
        if (reachable) log.warn({ code: codeOf(error) }, "the outbox cannot be read or written, mail waits");
        reachable = false;
      }
      await bell.wait(intervalMs);
    }
  }

  async function sendAll(): Promise<void> {
    for (let sent = true; sent && !stopped;) sent = await sendNext();
  }

  async function sendNext(): Promise<boolean> {
    const mail = await claimMail(database);
    if (!mail) return false;
    const failure = await attempt(mail);
    if (failure) await postpone(mail, failure);
    else await markMailSent(database, mail);
    if (!failure) log.info({ mail: mail.id, attempts: mail.attempts }, "mail sent");
    return true;
  }

  async function attempt(mail: ClaimedMail): Promise<Failure | null> {
    // Claimed twelve times and never heard of again: who knows how often it has arrived.
    if (mail.attempts > maxAttempts) return { code: "EINTERRUPTED", permanent: true };
    try {
      await transport.send(mail);
      return null;
    } catch (error) {
      return { code: codeOf(error), permanent: error instanceof MailFailure && error.permanent };
    }
  }

  async function postpone(mail: ClaimedMail, { code, permanent }: Failure): Promise<void> {
    const { attempts } = mail;
    const retryInSeconds = permanent || attempts >= maxAttempts ? null : backOffSeconds(attempts);
    await postponeMail(database, mail, { code, retryInSeconds });
    if (retryInSeconds === null) log.error({ mail: mail.id, attempts, code }, "mail given up");
    else log.warn({ mail: mail.id, attempts, code, retryInSeconds }, "mail not sent yet");
  }

  async function tidy(): Promise<void> {
    if (Date.now() - tidiedAt < hourMs) return;
    tidiedAt = Date.now();
    const deleted = await deleteOldMail(database, keptDays);
    if (deleted > 0) log.info({ deleted }, "old mail deleted");
  }

  const working = work();
  return {
    wake: bell.ring,
    stop: async () => {
      stopped = true;
      bell.ring();
      await working;
    },
  };
}

interface Failure {
  code: string;
  permanent: boolean;
}

/** A minute after the first attempt, then twice as long each time, at most six hours: twelve attempts take 20 hours. */
function backOffSeconds(attempts: number): number {
  return Math.min(60 * 2 ** (attempts - 1), 6 * 3_600);
}

/** Nothing but a code is taken from an error: messages repeat addresses, and PostgreSQL's details whole rows. */
function codeOf(error: unknown): string {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === "string" && /^\w+( \d{3})?$/.test(code) ? code : "UNKNOWN";
}
