// What one operation carries: who asks, the database session it reads from, its loaders. A transaction is a new context.
import type { Database, DatabaseSession, TransactionOptions } from "../db/database";
import type { Role } from "../generated/prisma/enums";
import type { LoaderInstances } from "./loader";

/** Somebody who is signed in; a guest is null. */
export interface Viewer {
  readonly userId: string;
  readonly role: Role;
}

export interface RequestContext {
  readonly database: Database;
  /** The session to read and write with: outside any transaction, or the transaction of this context. */
  readonly session: DatabaseSession;
  readonly viewer: Viewer | null;
  readonly requestId: string;
  readonly loaders: LoaderInstances;
  /** The time at which the request began, the same for all of its fields. */
  readonly startedAt: Date;
}

export interface RequestFacts {
  database: Database;
  viewer: Viewer | null;
  requestId: string;
  startedAt?: Date;
}

export function createContext({ database, viewer, requestId, startedAt = new Date() }: RequestFacts): RequestContext {
  return { database, session: database, viewer, requestId, startedAt, loaders: new Map() };
}

/**
 * Runs `work` with a context of its own, whose session is one transaction and whose loaders are fresh: committed when it resolves,
 * rolled back when it throws. Reads through the outer context from inside `work` are refused at once.
 */
export function inTransaction<T>(
  ctx: RequestContext,
  work: (inner: RequestContext) => Promise<T>,
  options?: TransactionOptions,
): Promise<T> {
  return ctx.database.transaction(session => work({ ...ctx, session, loaders: new Map() }), options);
}

/** The day on which the request began, in UTC, as YYYY-MM-DD. */
export function today(ctx: RequestContext): string {
  return ctx.startedAt.toISOString().slice(0, 10);
}
