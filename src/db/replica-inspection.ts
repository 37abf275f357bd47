// What an operator has to know of a standby, for `doctor`. Finds out what replica.ts finds out of it while it serves.
import type { Client } from "pg";
import { withClient, type InspectionSettings } from "./postgres-inspection";
import { primaryPosition, standbyPosition } from "./replica";

/** What a server is to another: who was asked under two addresses. */
interface ServerIdentity {
  /** Of all copies of one primary the same. */
  system: string;
  startedAt: string;
  databaseId: number;
  isStandby: boolean;
}

/** Why a server is no standby of the primary for one and the same database. */
export type NoStandby = "the primary itself" | "promoted" | "another server" | "another database";

export interface ReplicaFacts {
  isStandby: true;
  /** Whether positions say anything: not on another timeline, as of a standby that has not followed a failover yet. */
  isOnTimeline: boolean;
  /** What was written at the primary was there after so many milliseconds; null when it was not in time. */
  followedMs: number | null;
  /** How long ago the primary wrote what was replayed last; null when nothing was. */
  behindMs: number | null;
  isReceiving: boolean;
  isPaused: boolean;
}

/**
 * Whether the server at `url` is a standby of the primary, and how far behind: something is written at the primary (an announcement that nobody
 * hears) and looked for as a server looks for changes.
 * @param waitMs how long to look for it
 */
export async function inspectReplica(
  primarySettings: InspectionSettings,
  url: string,
  waitMs: number,
): Promise<ReplicaFacts | { isStandby: false; why: NoStandby }> {
  return withClient(primarySettings, primary =>
    withClient({ ...primarySettings, url }, async standby => {
      const why = noStandby(await identityOf(primary), await identityOf(standby));
      if (why !== null) return { isStandby: false, why };
      await primary.query(`NOTIFY "learngraph_doctor_replica"`);
      const startedAt = performance.now();
      const { lsn, system, timeline } = await onlyRow<{ lsn: string; system: string; timeline: string }>(
        primary.query(primaryPosition),
      );
      const look = () =>
        onlyRow<{ isStandby: boolean; isThere: boolean }>(standby.query(standbyPosition, [lsn, system, timeline]));
      let seen = await look();
      while (seen.isStandby && !seen.isThere && performance.now() - startedAt < waitMs) {
        await new Promise(resolve => setTimeout(resolve, 50));
        seen = await look();
      }
      const followedMs = seen.isThere ? performance.now() - startedAt : null;
      const { replayed, ...state } = await onlyRow<{
        replayed: number | null;
        isReceiving: boolean;
        isPaused: boolean;
      }>(
        standby.query(
          `SELECT extract(epoch FROM pg_last_xact_replay_timestamp())::float8 * 1000 AS "replayed",
                  EXISTS (SELECT FROM pg_stat_wal_receiver) AS "isReceiving", pg_is_wal_replay_paused() AS "isPaused"`,
        ),
      );
      // Both times are of the primary's clock.
      const { now } = await onlyRow<{ now: number }>(
        primary.query(`SELECT extract(epoch FROM clock_timestamp())::float8 * 1000 AS "now"`),
      );
      const behindMs = replayed === null ? null : now - replayed;
      return { isStandby: true, isOnTimeline: seen.isStandby, followedMs, behindMs, ...state };
    }),
  );
}

function noStandby(primary: ServerIdentity, other: ServerIdentity): NoStandby | null {
  if (other.system !== primary.system) return "another server";
  if (other.startedAt === primary.startedAt) return "the primary itself";
  if (!other.isStandby) return "promoted";
  return other.databaseId === primary.databaseId ? null : "another database";
}

const identityOf = (client: Client): Promise<ServerIdentity> =>
  onlyRow(
    client.query(
      `SELECT (SELECT "system_identifier"::text FROM pg_control_system()) AS "system",
              extract(epoch FROM pg_postmaster_start_time())::text AS "startedAt",
              (SELECT oid::int FROM pg_database WHERE datname = current_database()) AS "databaseId",
              pg_is_in_recovery() AS "isStandby"`,
    ),
  );

async function onlyRow<Row>(asked: Promise<{ rows: unknown[] }>): Promise<Row> {
  const [row] = (await asked).rows;
  if (row === undefined) throw new Error("the database answered without a row");
  return row as Row;
}
