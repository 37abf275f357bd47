// Global ids: opaque to clients, the type and the key inside. An id of one type is never an id of another.
import { badInput } from "../errors/app-error";

export interface NodeId {
  type: string;
  key: string;
}

export function encodeNodeId(type: string, key: string | number): string {
  const ids = known.get(type) ?? new Map<string | number, string>();
  known.set(type, ids);
  const found = ids.get(key);
  if (found !== undefined) return found;
  const id = Buffer.from(`${type}:${key}`).toString("base64url");
  if (ids.size >= mostKnown) ids.clear();
  ids.set(key, id);
  return id;
}

/** Pages are full of the same ids. */
const known = new Map<string, Map<string | number, string>>();
/** Of each type. */
const mostKnown = 20_000;

/**
 * What `id` refers to; whether it exists is another question.
 * @throws AppError BAD_USER_INPUT that names `argument`, for text that no id can be.
 */
export function decodeNodeId(id: string, argument = "id"): NodeId {
  const text = id.length <= 200 ? Buffer.from(id, "base64url").toString("utf8") : "";
  const match = /^([A-Z][A-Za-z]{1,39}):([\w-]{1,64})$/.exec(text);
  if (!match?.[1] || !match[2] || encodeNodeId(match[1], match[2]) !== id)
    throw badInput(argument, "is not a valid id.");
  return { type: match[1], key: match[2] };
}

/** The key of an id of `type` whose keys are whole numbers, or null when `id` is of another type or cannot exist. */
export function integerKey({ type, key }: NodeId, expected: string): number | null {
  if (type !== expected || !/^[1-9]\d{0,9}$/.test(key)) return null;
  const number = Number(key);
  return number <= 2_147_483_647 ? number : null;
}
