// Keyset cursors: opaque to clients, made of the sort values of a row, bound to one list and order. Parsed strictly.
import { createHash } from "node:crypto";
import { isCalendarDay, isStorableText } from "../db/stored-values";
import { badInput } from "../errors/app-error";
import type { ColumnType } from "./column";

export type KeyValue = string | number;

const version = 1;
const maxLength = 2_000;

/** What a list and an order are called inside a cursor: short, and no secret. */
export function cursorScope(list: string, order: string): string {
  return createHash("sha256").update(`${list}\n${order}`).digest("base64url").slice(0, 8);
}

export function encodeCursor(scope: string, keys: readonly KeyValue[]): string {
  return Buffer.from(JSON.stringify([version, scope, ...keys])).toString("base64url");
}

/**
 * The sort values in `cursor`.
 * @throws AppError BAD_USER_INPUT that names `argument`, for anything that `encodeCursor` did not make for this list and order.
 */
export function decodeCursor(
  cursor: string,
  scope: string,
  types: readonly ColumnType[],
  argument: "after" | "before",
): KeyValue[] {
  const parts = cursor.length <= maxLength ? parse(cursor) : undefined;
  if (!parts || parts[0] !== version || typeof parts[1] !== "string")
    throw badInput(argument, "is not a valid cursor.");
  if (parts[1] !== scope) throw badInput(argument, "is a cursor of another list or order.");
  const keys = parts.slice(2);
  if (keys.length !== types.length || !keys.every((key, index) => fits(key, types[index]))) {
    throw badInput(argument, "is not a valid cursor.");
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

function fits(key: unknown, type: ColumnType | undefined): boolean {
  if (type === "integer") return Number.isInteger(key) && Math.abs(key as number) <= 2_147_483_647;
  if (typeof key !== "string" || !isStorableText(key)) return false;
  return type !== "date" || isCalendarDay(key);
}
