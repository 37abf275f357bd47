// What the two databases have in common below Prisma: one connection source that Prisma's adapter and our own SQL share.
import type { SqlDriverAdapterFactory } from "@prisma/driver-adapter-utils";

export type DatabaseKind = "embedded" | "postgres";

/** One connection on which several statements may be sent as one script. Never shared while in use. */
export interface Connection {
  query<Row>(text: string, values?: readonly unknown[]): Promise<Row[]>;
  /** Statements separated by semicolons, without parameters. */
  script(text: string): Promise<void>;
}

/** Hears what is announced on a channel. None of it may throw. */
export interface ChannelListener {
  message(payload: string): void;
  /** From now on nothing is missed. Called again after each loss. */
  connected(): void;
  /** From now on messages may be missed. Trying again goes on by itself. */
  lost(cause: unknown): void;
}

/** How many connections there are, and how many callers wait for one. */
export interface PoolState {
  readonly total: number;
  readonly idle: number;
  readonly waiting: number;
}

export interface Driver {
  readonly kind: DatabaseKind;
  readonly adapter: SqlDriverAdapterFactory;
  query<Row>(text: string, values: readonly unknown[]): Promise<Row[]>;
  /** Runs `work` alone on one connection in one transaction: commits when it resolves, rolls back when it throws. No statement time-out. */
  exclusive<T>(work: (connection: Connection) => Promise<T>): Promise<T>;
  /**
   * Listens on `channel` (a plain identifier) until the result is called. Resolves when `listener` has heard how the first attempt went;
   * never throws.
   */
  listen(channel: string, listener: ChannelListener): Promise<() => Promise<void>>;
  poolState(): PoolState;
  /** How many connections there are at most. */
  readonly connections: number;
  close(): Promise<void>;
}
