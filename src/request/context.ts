// What one operation carries: who asks, the database session it reads from, its loaders. A transaction is a new context.
import type { Database, DatabaseSession, TransactionOptions } from "../db/database";
import type { Role } from "../generated/prisma/enums";
import { Explanation } from "./explain";
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
  /** Null unless the operation is to be explained. */
  readonly explanation: Explanation | null;
}

export interface RequestFacts {
  database: Database;
  viewer: Viewer | null;
  requestId: string;
  startedAt?: Date;
  /** Notes every statement; false when left out. */
  explain?: boolean;
}

export function createContext({ explain = false, startedAt = new Date(), ...facts }: RequestFacts): RequestContext {
  const explanation = explain ? new Explanation() : null;
  const session = explanation?.observe(facts.database) ?? facts.database;
  return { ...facts, session, startedAt, explanation, loaders: new Map() };
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
  return ctx.database.transaction(
    session => work({ ...ctx, session: ctx.explanation?.observe(session) ?? session, loaders: new Map() }),
    options,
  );
}

/** The day on which the request began, in UTC, as YYYY-MM-DD. */
export function today(ctx: RequestContext): string {
  return ctx.startedAt.toISOString().slice(0, 10);
}
