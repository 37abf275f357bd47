// Reads public content from a streaming standby while that has everything that was announced. Whatever it lacks, and whatever goes wrong with it,
// is read from the primary: no request fails because of it, and none waits for it longer than a moment.
import { within } from "../errors/deadline";
import type { ChangeFeed } from "./change-feed";
import type { Sql } from "./sql";

/** One connection to a standby. */
export interface ReplicaConnection {
  query<Row>(text: string, values: readonly unknown[]): Promise<Row[]>;
}

export interface ReplicaPool {
  /** Runs `work` alone on a connection, which is the same object each time. One on which `work` throws is not used again. */
  use<T>(work: (connection: ReplicaConnection) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

export interface ReplicaOptions {
  pool: ReplicaPool;
  /** Sends a statement to the primary. */
  askPrimary: <Row>(text: string, values: readonly unknown[]) => Promise<Row[]>;
  changes: Pick<ChangeFeed, "isProven" | "subscribe">;
  /** Told when the replica begins to be used, and, with the cause, when it is away: once each time. Not of its being behind for a moment. */
  onUse?: (isUsed: boolean, cause?: unknown) => void;
}

/** Where the primary was after a change had been heard: a standby that has come so far has the change. */
interface Position {
  /** How many changes had been heard when the primary was asked. */
  readonly heard: number;
  readonly lsn: string;
  /** The servers that have one history so far, and which of their databases it is. */
  readonly system: string;
  /** After a failover, positions on the old and the new one say nothing of each other. */
  readonly timeline: string;
}

/** Longest wait for anything of the replica, in milliseconds. */
export const replicaPatienceMs = 1_000;
/** How long a connection is believed when nothing changes: its server may have been promoted, or be another one behind a pooler. */
const proofMs = 10_000;
/** Pauses between attempts, in milliseconds, each twice the one before. */
const behindPauses = { first: 10, longest: 1_000 };
const awayPauses = { first: 500, longest: 10_000 };

export const systemAndDatabase = `(SELECT "system_identifier" || '/' || oid FROM pg_control_system(), pg_database WHERE datname = current_database())`;
export const primaryTimeline = `left(pg_walfile_name(pg_current_wal_insert_lsn()), 8)`;
/** The insert position, since a transaction that does not wait for the disk is announced before it is there. */
export const primaryPosition = `
  SELECT pg_current_wal_insert_lsn()::text AS "lsn", ${primaryTimeline} AS "timeline",
    ${systemAndDatabase} AS "system"`;
/** Of the position that is given ($1), its system ($2) and its timeline ($3). */
export const standbyPosition = `
  SELECT pg_is_in_recovery() AND ${systemAndDatabase} = $2
      AND (SELECT lpad(upper(to_hex("timeline_id")), 8, '0') FROM pg_control_checkpoint()) = $3 AS "isStandby",
    coalesce(pg_last_wal_replay_lsn() >= $1::pg_lsn, FALSE) AS "isThere"`;

export class Replica {
  readonly #options: ReplicaOptions;
  readonly #stopListening: () => void;
  #heard = 0;
  /** What has to be reached, of what was heard last when somebody wanted to know. */
  #wanted: Position | null = null;
  /** The same, reached: whatever was not heard before it. */
  #reached: Position | null = null;
  readonly #proofs = new WeakMap<ReplicaConnection, { heard: number; until: number }>();
  #state: "unknown" | "used" | "away" = "unknown";
  #isTrying = false;
  #failures = 0;
  #notBefore = 0;

  constructor(options: ReplicaOptions) {
    this.#options = options;
    // What may have been missed counts as heard as soon as the connection is lost, and again when it is back.
    this.#stopListening = options.changes.subscribe({ changed: () => this.#hear(), connected: () => this.#hear() });
  }

  /**
   * Rows of a statement over public content, from a state that has every change heard before the call; null when the primary has to be
   * asked. Never throws.
   */
  async query<Row>({ text, values }: Pick<Sql, "text" | "values">): Promise<Row[] | null> {
    const position = this.#reached;
    if (!this.#options.changes.isProven) return null;
    if (position?.heard !== this.#heard) {
      this.#catchUp();
      return null;
    }
    try {
      return await this.#use(async connection => {
        if (await this.#hasReached(connection, position)) return connection.query<Row>(text, values);
        // Another server than the one that had.
        if (position === this.#reached) this.#fallBehind();
        return null;
      });
    } catch (error) {
      // Of many that wait for it, one is enough to tell.
      if (position === this.#reached && !isOfStatement(error)) this.#lose(error);
      return null;
    }
  }

  async close(): Promise<void> {
    this.#stopListening();
    await this.#options.pool.close();
  }

  #hear(): void {
    this.#heard++;
    if (this.#state === "away") return;
    this.#failures = 0;
    this.#notBefore = 0;
  }

  /** Beside the request that wanted to know; when nobody does, nothing is asked. */
  #catchUp(): void {
    if (this.#isTrying || Date.now() < this.#notBefore) return;
    this.#isTrying = true;
    void this.#attempt().finally(() => (this.#isTrying = false));
  }

  async #attempt(): Promise<void> {
    const position = await this.#positionAfter(this.#heard);
    if (!position) return this.#rest(behindPauses);
    try {
      const isThere = await this.#use(connection => this.#hasReached(connection, position));
      if (!isThere) return this.#fallBehind();
      this.#reached = position;
      this.#failures = 0;
      this.#tell("used");
    } catch (error) {
      this.#lose(error);
    }
  }

  /** Null when the primary does not say. */
  async #positionAfter(heard: number): Promise<Position | null> {
    if (this.#wanted?.heard === heard) return this.#wanted;
    try {
      const [row] = await this.#options.askPrimary<Omit<Position, "heard">>(primaryPosition, []);
      return row ? (this.#wanted = { ...row, heard }) : null;
    } catch {
      return null;
    }
  }

  /** @throws Error when the server is no standby of the primary (any more). */
  async #hasReached(connection: ReplicaConnection, { heard, lsn, system, timeline }: Position): Promise<boolean> {
    const proof = this.#proofs.get(connection);
    if (proof && proof.heard >= heard && Date.now() < proof.until) return true;
    const values = [lsn, system, timeline];
    const [row] = await connection.query<{ isStandby: boolean; isThere: boolean }>(standbyPosition, values);
    if (!row?.isStandby) throw new Error("the server of DATABASE_REPLICA_URL is no standby of the primary");
    if (row.isThere) this.#proofs.set(connection, { heard, until: Date.now() + proofMs });
    return row.isThere;
  }

  /** What comes too late is thrown away. */
  #use<T>(work: (connection: ReplicaConnection) => Promise<T>): Promise<T> {
    const late = () => new Error("the replica does not answer in time");
    return within(replicaPatienceMs, this.#options.pool.use(work), late);
  }

  #fallBehind(): void {
    this.#reached = null;
    this.#rest(behindPauses);
  }

  #lose(cause: unknown): void {
    this.#reached = null;
    if (this.#state !== "away") this.#failures = 0;
    this.#rest(awayPauses);
    this.#tell("away", cause);
  }

  #rest({ first, longest }: { first: number; longest: number }): void {
    this.#notBefore = Date.now() + Math.min(first * 2 ** this.#failures++, longest);
  }

  #tell(state: "used" | "away", cause?: unknown): void {
    if (this.#state === state) return;
    this.#state = state;
    this.#options.onUse?.(state === "used", cause);
  }
}

/**
 * Whether one statement alone has failed: it is wrong, which the primary will tell, or it was in the way of what the standby had to replay
 * (PostgreSQL's error classes).
 */
function isOfStatement(error: unknown): boolean {
  const { code } = error as { code?: unknown };
  return typeof code === "string" && /^(0A|2[12]|40|42|54)/.test(code);
}
