// Compares the rows that are stored with the rows that are wanted, so that only differences are written.
import { plainDecimal } from "./content.text";

export interface Difference<Stored, Wanted> {
  added: Wanted[];
  changed: { stored: Stored; wanted: Wanted; fields: Partial<Wanted> }[];
  removed: Stored[];
}

/**
 * @param keyOf what makes a stored and a wanted row the same one; unique within each of the two lists.
 * Only the fields of the wanted rows are compared: ids and timestamps are the database's own.
 */
export function difference<Key extends object, Stored extends Key, Wanted extends Key>(
  stored: readonly Stored[],
  wanted: readonly Wanted[],
  keyOf: (row: Key) => string,
): Difference<Stored, Wanted> {
  const left = new Map(stored.map(row => [keyOf(row), row]));
  const result: Difference<Stored, Wanted> = { added: [], changed: [], removed: [] };
  for (const row of wanted) {
    const key = keyOf(row);
    const before = left.get(key);
    left.delete(key);
    if (!before) {
      result.added.push(row);
      continue;
    }
    const fields = changedFields(before, row);
    if (Object.keys(fields).length > 0) result.changed.push({ stored: before, wanted: row, fields });
  }
  result.removed = [...left.values()];
  return result;
}

/** The rows of both sides that differ in any way: for tables whose rows have no identity of their own and are simply replaced. */
export function replacement<Stored, Wanted>(found: Difference<Stored, Wanted>): { remove: Stored[]; create: Wanted[] } {
  return {
    remove: [...found.removed, ...found.changed.map(({ stored }) => stored)],
    create: [...found.added, ...found.changed.map(({ wanted }) => wanted)],
  };
}

function changedFields<Wanted extends object>(stored: object, wanted: Wanted): Partial<Wanted> {
  const entries = Object.entries(wanted).filter(
    ([field, value]) => comparable(value) !== comparable((stored as Record<string, unknown>)[field]),
  );
  return Object.fromEntries(entries) as Partial<Wanted>;
}

/** Days, decimals and lists come from the database as objects. */
function comparable(value: unknown): unknown {
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return JSON.stringify(value);
  if (isDecimal(value)) return plainDecimal(value.toFixed());
  return value ?? null;
}

/** Prisma's decimals, without importing them. */
function isDecimal(value: unknown): value is { toFixed(): string } {
  return typeof value === "object" && value !== null && "toFixed" in value;
}
