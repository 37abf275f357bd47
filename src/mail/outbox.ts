// The table mail_message: mail waits in it from the transaction that is the reason for it until it was sent or given
// up. The only place with its SQL. Times are the database's, the one clock that all instances share.
import type { Database, DatabaseSession } from "../db/database";
import { emptySql, sql } from "../db/sql";
import { assertSingleLines, type OutgoingMail } from "./mail.message";

/** A mail that nobody else sends for the next minute. */
export interface ClaimedMail extends OutgoingMail {
  /** How many there were, this one included. */
  readonly attempts: number;
}

export interface OutboxEntry extends OutgoingMail {
  readonly attempts: number;
  readonly state: "waiting" | "sent" | "given up";
  /** The code of the last failure. */
  readonly lastError: string | null;
}

/**
 * Queues a mail of plain text in the session of what caused it: sent once that has committed, never when it is rolled
 * back.
 * @throws MailFailure for a recipient or subject with a line break or another control character.
 */
export async function queueMail(
  session: DatabaseSession,
  mail: { recipient: string; subject: string; body: string },
): Promise<void> {
  assertSingleLines(mail);
  // Not by Prisma, which would write the time of this machine.
  await session.query(sql`
    INSERT INTO "mail_message" ("recipient", "subject", "body")
    VALUES (${mail.recipient}, ${mail.subject}, ${mail.body})`);
}

const mailColumns = sql`
  "id"::text, "attempts", "recipient", "subject", "body",
  to_char("created_at" AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS "createdAt"`;

/**
 * Takes the mail that has been due the longest, of several the one that was queued first, and counts the attempt. For
 * 60 seconds it is nobody else's; if it is neither marked nor postponed until then, as after a crash, it is due again.
 */
export async function claimMail(database: Database): Promise<ClaimedMail | null> {
  const [mail] = await database.query<ClaimedMail>(sql`
    UPDATE "mail_message"
    SET "attempts" = "attempts" + 1, "next_attempt_at" = CURRENT_TIMESTAMP + interval '60 seconds'
    WHERE "id" = (
      SELECT "id" FROM "mail_message"
      -- Rounded as the column is: what was queued in this millisecond is due in it.
      WHERE "next_attempt_at" <= CURRENT_TIMESTAMP(3)
      ORDER BY "next_attempt_at", "id"
      LIMIT 1
      FOR UPDATE SKIP LOCKED
    )
    RETURNING ${mailColumns}`);
  return mail ?? null;
}

/** Also when somebody else has claimed it since: it was sent. Its text is emptied, since its links are secrets. */
export async function markMailSent(database: Database, { id }: ClaimedMail): Promise<void> {
  await database.query(sql`
    UPDATE "mail_message" SET "sent_at" = CURRENT_TIMESTAMP, "next_attempt_at" = NULL, "body" = '', "last_error" = NULL
    WHERE "id" = ${id}::bigint`);
}

/**
 * Makes it due again in `retryInSeconds`, or never when that is null. Does nothing when somebody else has claimed or
 * sent it since.
 * @param code of the failure.
 */
export async function postponeMail(
  database: Database,
  { id, attempts }: ClaimedMail,
  { code, retryInSeconds }: { code: string; retryInSeconds: number | null },
): Promise<void> {
  await database.query(sql`
    UPDATE "mail_message"
    SET "next_attempt_at" = CURRENT_TIMESTAMP + make_interval(secs => ${retryInSeconds}), "last_error" = ${code}
    WHERE "id" = ${id}::bigint AND "attempts" = ${attempts} AND "sent_at" IS NULL`);
}

/**
 * Deletes mail that was sent, or queued and given up, more than `olderThanDays` days ago. Mail that waits stays,
 * however old.
 * @returns how many.
 */
export async function deleteOldMail(database: Database, olderThanDays: number): Promise<number> {
  const [row] = await database.query<{ deleted: number }>(sql`
    WITH "old" AS (
      DELETE FROM "mail_message"
      WHERE "next_attempt_at" IS NULL
        AND COALESCE("sent_at", "created_at") < CURRENT_TIMESTAMP - make_interval(days => ${olderThanDays})
      RETURNING 1
    )
    SELECT count(*)::integer AS "deleted" FROM "old"`);
  return row?.deleted ?? 0;
}

/** The newest first, at most `limit`; without those that were sent unless `all`. For people, not for sending. */
export async function listMail(
  database: Database,
  { all, limit }: { all: boolean; limit: number },
): Promise<OutboxEntry[]> {
  return database.query<OutboxEntry>(sql`
    SELECT ${mailColumns}, "last_error" AS "lastError",
      CASE
        WHEN "sent_at" IS NOT NULL THEN 'sent'
        WHEN "next_attempt_at" IS NULL THEN 'given up'
        ELSE 'waiting'
      END AS "state"
    FROM "mail_message"
    ${all ? emptySql : sql`WHERE "sent_at" IS NULL`}
    ORDER BY "id" DESC
    LIMIT ${limit}`);
}
