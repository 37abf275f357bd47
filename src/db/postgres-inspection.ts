// What an operator has to know of a PostgreSQL server and of the role that signs in, for `doctor`. Reads only; the announcement that it
// makes and hears itself is on a channel that nobody else listens to.
import { randomUUID } from "node:crypto";
import { Client } from "pg";
import { appendOnlyTables, readOnlyTables } from "./application-role";
import { listenerName } from "./postgres-listener";

const doctorName = "learngraph doctor";

export interface InspectionSettings {
  url: string;
  /** Longest wait for a connection and for each answer, in milliseconds. */
  limitMs: number;
}

export interface PostgresFacts {
  version: string;
  /** Such as 150019. */
  versionNumber: number;
  database: string;
  role: string;
  encoding: string;
  /** What a connection has when it asks for nothing. */
  timeZone: string;
  /** Whether the system's rules of sorting have changed since indexes were made by them. */
  hasCollationDrift: boolean;
  /** Why nothing can be written here; null where it can. */
  readOnly: "standby" | "setting" | null;
  isEncrypted: boolean;
  /** What bounds the connections that this role may have, and how many of them there are now. */
  connections: ConnectionBound[];
  /** Servers of ours on this database, by the connections on which they listen. */
  servers: number;
  /** The database's clock, in milliseconds of the epoch, when this machine's clock said `askedAt` or up to `answeredAt`. */
  clock: { time: number; askedAt: number; answeredAt: number };
}

export interface ConnectionBound {
  of: "server" | "database" | "role";
  limit: number;
  used: number;
}

export interface RoleFacts {
  isSuperuser: boolean;
  /** Owns tables, or may act for who does: it can migrate, and can change what the audit says. */
  isOwner: boolean;
  /** Such as "UPDATE on lesson": what a server needs and the role has not. */
  missing: string[];
}

/** @throws what node-postgres throws, when there is no connection or an answer takes too long. */
export async function inspectPostgres(settings: InspectionSettings, now: () => number): Promise<PostgresFacts> {
  return withClient(settings, async client => {
    // Once before it is timed: whatever is done the first time is done.
    await client.query("SELECT 1");
    const askedAt = now();
    const { rows: times } = await client.query<{ time: number }>(
      "SELECT extract(epoch FROM clock_timestamp())::float8 * 1000 AS time",
    );
    const answeredAt = now();
    const { rows } = await client.query<Omit<PostgresFacts, "clock" | "connections">>(
      `SELECT current_setting('server_version') AS "version",
              current_setting('server_version_num')::int AS "versionNumber",
              current_database()::text AS "database",
              current_user::text AS "role",
              current_setting('server_encoding') AS "encoding",
              current_setting('TimeZone') AS "timeZone",
              CASE WHEN pg_is_in_recovery() THEN 'standby' WHEN current_setting('transaction_read_only') = 'on' THEN 'setting' END AS "readOnly",
              coalesce((SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()), false) AS "isEncrypted",
              (SELECT count(*)::int FROM pg_stat_activity
               WHERE datname = current_database() AND application_name = '${listenerName}') AS "servers"`,
    );
    // Of sessions of other roles it is not told to everybody what they are; those of `doctor` are none of a server's.
    const { rows: connections } = await client.query<ConnectionBound>(
      `WITH session AS (
         SELECT datid, usesysid FROM pg_stat_activity
         WHERE datid IS NOT NULL AND usesysid IS NOT NULL AND coalesce(backend_type, 'client backend') = 'client backend' AND application_name <> '${doctorName}'
       )
       SELECT 'server' AS "of",
              current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int
                - coalesce(current_setting('reserved_connections', true), '0')::int AS "limit",
              (SELECT count(*) FROM session)::int AS "used"
       UNION ALL
       SELECT 'database', datconnlimit, (SELECT count(*) FROM session WHERE datid = oid)::int
       FROM pg_database WHERE datname = current_database() AND datconnlimit >= 0
       UNION ALL
       SELECT 'role', rolconnlimit, (SELECT count(*) FROM session WHERE usesysid = oid)::int
       FROM pg_roles WHERE rolname = current_user AND rolconnlimit >= 0`,
    );
    const [row] = rows;
    const [time] = times;
    if (!row || !time) throw new Error("the database answered without a row");
    return {
      ...row,
      hasCollationDrift: await hasCollationDrift(client, row.versionNumber),
      connections,
      clock: { time: time.time, askedAt, answeredAt },
    };
  });
}

/** What the role may do with the tables of a migrated database. */
export async function inspectRole(settings: InspectionSettings): Promise<RoleFacts> {
  return withClient(settings, async client => {
    const { rows: roles } = await client.query<{ isSuperuser: boolean; isOwner: boolean }>(
      `SELECT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) AS "isSuperuser",
              EXISTS (
                SELECT FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND pg_has_role(current_user, relowner, 'MEMBER')
              ) OR NOT EXISTS (
                SELECT FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')
              ) AND has_schema_privilege('public', 'CREATE') AS "isOwner"`,
    );
    const { rows: missing } = await client.query<{ right: string }>(
      `SELECT right_ || ' on ' || relname AS "right"
       FROM pg_class CROSS JOIN unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE']) AS right_
       WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT has_table_privilege(pg_class.oid, right_)
         AND NOT (relname = ANY($1) AND right_ <> 'SELECT') AND NOT (relname = ANY($2) AND right_ IN ('UPDATE', 'DELETE'))
       UNION ALL
       SELECT 'USAGE on ' || relname FROM pg_class
       WHERE relnamespace = 'public'::regnamespace AND CASE WHEN relkind = 'S' THEN NOT has_sequence_privilege(pg_class.oid, 'USAGE') END
       ORDER BY 1`,
      [readOnlyTables, appendOnlyTables],
    );
    const [role] = roles;
    if (!role) throw new Error("the database answered without a row");
    return { ...role, missing: missing.map(({ right }) => right) };
  });
}

/**
 * Whether what is announced through `settings` is heard at `listenUrl`: not through a pooler that hands out a connection for each
 * transaction, and not when the two are different databases.
 */
export async function isHeard(settings: InspectionSettings, listenUrl: string, waitMs: number): Promise<boolean> {
  const channel = `learngraph_doctor_${randomUUID().replaceAll("-", "")}`;
  return withClient({ ...settings, url: listenUrl }, async listener => {
    const heard = new Promise<boolean>(resolve => {
      listener.once("notification", () => resolve(true));
      setTimeout(() => resolve(false), waitMs).unref();
    });
    await listener.query(`LISTEN "${channel}"`);
    await withClient(settings, speaker => speaker.query(`NOTIFY "${channel}"`));
    return heard;
  });
}

/** PostgreSQL 15 and newer note by which version of the system's rules a database was made. */
async function hasCollationDrift(client: Client, versionNumber: number): Promise<boolean> {
  if (versionNumber < 150_000) return false;
  const { rows } = await client.query<{ drifted: boolean }>(
    `SELECT coalesce(datcollversion <> pg_database_collation_actual_version(oid), false) AS "drifted"
     FROM pg_database WHERE datname = current_database()`,
  );
  return rows[0]?.drifted ?? false;
}

export async function withClient<T>(
  { url, limitMs }: InspectionSettings,
  work: (client: Client) => Promise<T>,
): Promise<T> {
  const client = new Client({
    connectionString: url,
    connectionTimeoutMillis: limitMs,
    query_timeout: limitMs,
    application_name: doctorName,
  });
  // A connection that breaks while it is idle has nobody else to tell.
  client.on("error", () => undefined);
  try {
    await client.connect();
    return await work(client);
  } finally {
    void client.end().catch(() => undefined);
    // The other end may be gone, and not say so.
    setTimeout(() => client.connection.stream.destroy(), 500);
  }
}
