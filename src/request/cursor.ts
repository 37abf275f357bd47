// Keyset cursors: opaque to clients, made of the sort values of a row, bound to one list, filter and order. Parsed strictly.
import { createHash } from "node:crypto";
import { isCalendarDay, isStorableText, isStoredInstant } from "../db/stored-values";
import { badInput } from "../errors/app-error";
import type { ColumnType } from "./column";

export type KeyValue = string | number;

/** The type of one sort value, as a cursor has to hold it. */
export interface KeyType {
  type: ColumnType;
  /** Of an enum: the values there are. */
  values?: readonly string[];
}

const version = 1;
const maxLength = 2_000;

/** What a list with its order and filter is called inside a cursor: short, and no secret. */
export function cursorScope(...parts: readonly string[]): string {
  return createHash("sha256").update(parts.join("\n")).digest("base64url").slice(0, 8);
}

export function encodeCursor(scope: string, keys: readonly KeyValue[]): string {
  return Buffer.from(JSON.stringify([version, scope, ...keys])).toString("base64url");
}

/**
 * The sort values in `cursor`.
 * @throws AppError BAD_USER_INPUT that names `argument`, for anything that `encodeCursor` did not make in this scope.
 */
export function decodeCursor(
  cursor: string,
  scope: string,
  types: readonly KeyType[],
  argument: "after" | "before",
): KeyValue[] {
  const parts = cursor.length <= maxLength ? parse(cursor) : undefined;
  if (!parts || parts[0] !== version || typeof parts[1] !== "string") throw badInput(argument, "is an invalid cursor.");
  if (parts[1] !== scope)
    throw badInput(argument, "is an invalid cursor: it belongs to another list, filter or order.");
  const keys = parts.slice(2);
  if (keys.length !== types.length || !keys.every((key, index) => fits(key, types[index]))) {
    throw badInput(argument, "is an invalid cursor.");
  }
  return keys as KeyValue[];
}

function parse(cursor: string): unknown[] | undefined {
  try {
    const bytes = Buffer.from(cursor, "base64url");
    // Node ignores what is not base64url; a cursor that does not survive the round trip was not made here.
    if (bytes.toString("base64url") !== cursor) return undefined;
    const value: unknown = JSON.parse(bytes.toString("utf8"));
    return Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function fits(key: unknown, expected: KeyType | undefined): boolean {
  if (expected?.type === "integer") return Number.isInteger(key) && Math.abs(key as number) <= 2_147_483_647;
  if (typeof key !== "string" || !isStorableText(key)) return false;
  if (expected?.values) return expected.values.includes(key);
  if (expected?.type === "date") return isCalendarDay(key);
  if (expected?.type === "bigint") return /^\d{1,18}$/.test(key);
  return expected?.type !== "instant" || isStoredInstant(key);
}
