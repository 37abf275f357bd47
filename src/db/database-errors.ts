// What the drivers and Prisma throw, turned into the errors that clients may see. Their own texts never leave this file except as `cause`.
import { types } from "node:util";
import { AppError, unavailable } from "../errors/app-error";

/** A database that is away, full, or too slow to answer: worth trying again (PostgreSQL's error classes 08, 53, 57; 25006; Node's socket errors). */
const unavailableSqlState = /^(08|53|57)|^25006$/;
const unavailableCodes = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "ENOTFOUND",
  "EPIPE",
  "ETIMEDOUT",
  "P1001",
  "P1002",
  "P1008",
  "P1017",
  "P2024",
  "P2028",
  // What Prisma's adapter calls them where a statement is our own: the error itself then has no more than P2010.
  "ConnectionClosed",
  "DatabaseNotReachable",
  "SocketTimeout",
  "TooManyConnections",
]);
/** node-postgres gives its time-outs no code. */
const unavailableMessage =
  /timeout exceeded when trying to connect|Query read timeout|Connection terminated|not queryable/i;
const writeConflictCodes = new Set(["40001", "40P01", "P2034"]);

/** Runs `work`; @throws AppError for faults of the database that have a meaning for a client, everything else as it is. */
export async function translateDatabaseErrors<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw translateDatabaseError(error);
  }
}

export function translateDatabaseError(error: unknown): unknown {
  if (!isError(error) || error instanceof AppError) return error;
  const codes = errorCodesOf(error);
  if (
    codes.some(code => unavailableCodes.has(code) || unavailableSqlState.test(code)) ||
    unavailableMessage.test(error.message)
  ) {
    return unavailable(error);
  }
  if (codes.some(code => writeConflictCodes.has(code))) {
    return new AppError(
      "CONFLICT",
      "Somebody else changed the same thing at the same time. Try again.",
      {},
      { cause: error },
    );
  }
  return error;
}

/**
 * The columns or the index of a broken unique key, or undefined when `error` is something else. With driver adapters `meta.target`
 * is empty; the adapter's own cause has them.
 */
export function brokenUniqueKey(error: unknown): readonly string[] | undefined {
  if (!isError(error) || !errorCodesOf(error).some(code => code === "P2002" || code === "23505")) return undefined;
  const constraint = causesOf(error)
    .map(cause => (cause as { constraint?: { fields?: string[]; index?: string } }).constraint)
    .find(found => typeof found === "object");
  return constraint?.fields ?? (constraint?.index === undefined ? [] : [constraint.index]);
}

/**
 * Whether `error` says that the unique key over `columns` of `table` (names of the database, in the key's order) was broken. The one
 * question that both databases can answer: PGlite's adapter tells the columns, PostgreSQL's the name of the index, which is Prisma's.
 */
export function breaksUniqueKey(error: unknown, table: string, columns: readonly string[]): boolean {
  const key = brokenUniqueKey(error)?.join();
  return key === columns.join() || key === [table, ...columns, "key"].join("_");
}

/** Whether the database raised `sqlState`; for the rules of our own triggers, whose states begin with LG. */
export function raises(error: unknown, sqlState: string): boolean {
  return isError(error) && errorCodesOf(error).includes(sqlState);
}

/** Whether the database refused because the role that is signed in may not do it. */
export function lacksPrivilege(error: unknown): boolean {
  return raises(error, "42501");
}

/** Also one that Node's own modules made for another realm, as under jest, where `instanceof` does not know it. */
function isError(value: unknown): value is Error {
  return value instanceof Error || types.isNativeError(value);
}

function errorCodesOf(error: Error): string[] {
  return causesOf(error).flatMap(cause => {
    const { code, originalCode, kind } = cause as { code?: unknown; originalCode?: unknown; kind?: unknown };
    return [code, originalCode, kind].filter((value): value is string => typeof value === "string");
  });
}

/** The error and everything it wraps, in Prisma's places (`meta.driverAdapterError.cause`) and the standard one. */
function causesOf(error: object, depth = 0): object[] {
  if (depth > 5) return [];
  const { cause, meta } = error as { cause?: unknown; meta?: { driverAdapterError?: unknown } };
  const inner = [cause, meta?.driverAdapterError].filter(
    (value): value is object => typeof value === "object" && value !== null,
  );
  return [error, ...inner.flatMap(value => causesOf(value, depth + 1))];
}
