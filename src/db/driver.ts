// What the two databases have in common below Prisma: one connection source that Prisma's adapter and our own SQL share.
import type { SqlDriverAdapterFactory } from "@prisma/driver-adapter-utils";

export type DatabaseKind = "embedded" | "postgres";

/** One connection on which several statements may be sent as one script. Never shared while in use. */
export interface Connection {
  query<Row>(text: string, values?: readonly unknown[]): Promise<Row[]>;
  /** Statements separated by semicolons, without parameters. */
  script(text: string): Promise<void>;
}

export interface Driver {
  readonly kind: DatabaseKind;
  readonly adapter: SqlDriverAdapterFactory;
  query<Row>(text: string, values: readonly unknown[]): Promise<Row[]>;
  /** Runs `work` alone on one connection in one transaction: commits when it resolves, rolls back when it throws. No statement time-out. */
  exclusive<T>(work: (connection: Connection) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}
