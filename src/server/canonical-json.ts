// JSON that is the same for values that are the same, in whatever order the keys of objects were given.

/** Deeper than any input of the schema. */
const deepest = 50;

/** Null for a value that is nested deeper than any that could be meant. */
export function canonicalJson(value: unknown): string | null {
  return isTooDeep(value, deepest) ? null : JSON.stringify(sorted(value));
}

function isTooDeep(value: unknown, left: number): boolean {
  if (typeof value !== "object" || value === null) return false;
  return left === 0 || Object.values(value).some(inner => isTooDeep(inner, left - 1));
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, inner]) => [key, sorted(inner)]));
}
