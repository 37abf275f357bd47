// The standby, where one is configured: whether it is one of this primary, and whether servers will find what they have heard of there.
import type { ProjectConfig } from "../../config/project-config";
import {
  inspectPostgres,
  inspectRole,
  type InspectionSettings,
  type PostgresFacts,
} from "../../db/postgres-inspection";
import { inspectReplica, type NoStandby, type ReplicaFacts } from "../../db/replica-inspection";
import { failure, ok, warning, type Check } from "./checkup";
import { describeConnections, describeEncryption, limitMs, unreachable } from "./postgres.check";

const meanwhile = "Meanwhile everything is read from the primary";

/**
 * @param asked of the primary, which can be reached
 * @param followMs how long what was written may take to be there
 */
export function replicaCheck(
  config: ProjectConfig,
  primaryUrl: string,
  asked: Promise<PostgresFacts>,
  followMs = 2_000,
): Check {
  const { replicaUrl, poolSize } = config.database;
  return {
    name: "replica",
    run: async () => {
      if (replicaUrl === undefined) return [ok("not used: DATABASE_REPLICA_URL is not set")];
      const primary = await asked;
      if (primary.readOnly === "standby") return [warning("not checked: DATABASE_URL is a standby itself")];
      let facts: PostgresFacts;
      try {
        facts = await inspectPostgres({ url: replicaUrl, limitMs }, Date.now);
      } catch (error) {
        return [failure(`${unreachable("DATABASE_REPLICA_URL", replicaUrl, error)}. ${meanwhile}`)];
      }
      const [there, here] = [majorOf(facts), majorOf(primary)];
      if (there !== here) {
        return [
          failure(
            `DATABASE_REPLICA_URL is PostgreSQL ${there} and the primary ${here}, which it cannot follow: name a standby of the primary. ${meanwhile}`,
          ),
        ];
      }
      const found = await follow({ url: primaryUrl, limitMs }, replicaUrl, followMs);
      if (found.some(({ level }) => level === "error")) return found;
      const { missing } = await inspectRole({ url: replicaUrl, limitMs });
      const unreadable = missing.filter(right => right.startsWith("SELECT"));
      return [
        ...found,
        ...(unreadable.length === 0
          ? []
          : [failure(`${facts.role} may not read everything there: use the role of DATABASE_URL. ${meanwhile}`)]),
        ...(config.production ? describeEncryption("DATABASE_REPLICA_URL", replicaUrl, facts) : []),
        describeConnections(facts, { needed: poolSize, whatFor: "DATABASE_POOL_SIZE" }),
      ];
    },
  };
}

const majorOf = ({ versionNumber }: PostgresFacts): number => Math.floor(versionNumber / 10_000);

async function follow(primary: InspectionSettings, replicaUrl: string, followMs: number) {
  const { host } = new URL(replicaUrl);
  try {
    const facts = await inspectReplica(primary, replicaUrl, followMs);
    if (!facts.isStandby) return [failure(`DATABASE_REPLICA_URL, ${host}, ${reasons[facts.why]}. ${meanwhile}`)];
    return [describeFollowing(facts, host)];
  } catch (error) {
    if ((error as { code?: unknown }).code !== "42501") throw error;
    return [
      failure(
        `the role may not ask where the servers are: GRANT EXECUTE ON FUNCTION pg_control_system, pg_control_checkpoint to it. ${meanwhile}`,
      ),
    ];
  }
}

const reasons: Readonly<Record<NoStandby, string>> = {
  "the primary itself":
    "leads to the primary itself, and takes nothing off it: name the standby, or leave DATABASE_REPLICA_URL out",
  promoted: "was a standby and takes writes by itself now: make it a standby anew (pg_rewind or pg_basebackup)",
  "another server": "is no copy of the server of DATABASE_URL: name a standby of it, made by pg_basebackup",
  "another database": "names another database than DATABASE_URL: name the same one",
};

function describeFollowing({ isOnTimeline, isPaused, isReceiving, followedMs, behindMs }: ReplicaFacts, host: string) {
  if (!isOnTimeline) {
    return warning(
      `${host} is a standby on another timeline, as after a failover: it is used from its next restart point on (CHECKPOINT at the primary). ${meanwhile}`,
    );
  }
  if (followedMs !== null) {
    return ok(
      `${host} is a standby of DATABASE_URL and follows it: what is written is there within ${inWords(followedMs)}`,
    );
  }
  const lag = behindMs === null ? "has replayed nothing yet" : `is ${inWords(behindMs)} behind`;
  const remedy = isPaused
    ? "its replay is paused: SELECT pg_wal_replay_resume()"
    : isReceiving
      ? "it gets what is written and replays it late: see its disk, and queries that its replay waits for (max_standby_streaming_delay)"
      : "it gets nothing from the primary: see primary_conninfo, and its log";
  return warning(`the standby ${host} ${lag}: ${remedy}. ${meanwhile}`);
}

/** Such as "0.1 s" or "3 h". */
function inWords(milliseconds: number): string {
  const seconds = milliseconds / 1_000;
  if (seconds < 120) return `${seconds < 10 ? Math.max(0.1, seconds).toFixed(1) : seconds.toFixed(0)} s`;
  const minutes = seconds / 60;
  if (minutes < 120) return `${minutes.toFixed(0)} min`;
  const hours = minutes / 60;
  return hours < 48 ? `${hours.toFixed(0)} h` : `${(hours / 24).toFixed(0)} days`;
}
