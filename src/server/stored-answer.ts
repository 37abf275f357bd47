// How an answer is written down for other servers: a line of JSON that says what has to be known of it, and then its bytes as they are sent.
import { z } from "zod";
import { changedTypes, type ChangedType } from "../db/change-set";
import { dayMs, Reads } from "../request/reads";
import type { CachedAnswer } from "./response-cache";

const schema = z.object({
  /** Under which it was written: an answer to another question is none. */
  key: z.string(),
  /** Its position (db/change-positions.ts). */
  ended: z.int().nonnegative(),
  tags: z.array(z.string().regex(new RegExp(`^(${changedTypes.join("|")})(:\\d+)?$`))),
  isForAnonymous: z.boolean(),
  day: z.int().nullable(),
  /** Its name; null for one without. */
  operation: z.string().nullable(),
  cost: z.number(),
  maxAge: z.number(),
  /** Of the bytes, and what stands behind them. */
  etag: z.string(),
});

export interface StoredAnswer extends Pick<
  z.output<typeof schema>,
  "key" | "ended" | "operation" | "cost" | "maxAge" | "etag"
> {
  readonly head: Buffer;
  readonly reads: Reads;
}

export function writeAnswer(
  answer: CachedAnswer,
  reads: Reads,
  { key, ended }: Pick<StoredAnswer, "key" | "ended">,
): Buffer {
  const { head, tags, facts, cost, maxAge, etag } = answer;
  const known: z.input<typeof schema> = {
    key,
    ended,
    tags: [...tags],
    isForAnonymous: reads.isViewerAsked,
    day: reads.askedDay,
    operation: facts.name,
    cost,
    maxAge: maxAge ?? 0,
    etag,
  };
  return Buffer.concat([Buffer.from(`${JSON.stringify(known)}\n`), head]);
}

/** Null for what is no such thing. Whether the bytes are all there, their etag says. */
export function parseAnswer(value: Buffer): StoredAnswer | null {
  const end = value.indexOf("\n");
  const { data } = schema.safeParse(parsedJson(value.toString("utf8", 0, Math.max(end, 0))));
  if (!data) return null;
  const reads = new Reads();
  for (const tag of data.tags) {
    const [type, id] = tag.split(":") as [ChangedType, string | undefined];
    if (id === undefined) reads.all(type);
    else reads.entity(type, Number(id));
  }
  if (data.isForAnonymous) reads.viewer();
  if (data.day !== null) reads.day(new Date(data.day * dayMs));
  return { ...data, head: value.subarray(end + 1), reads };
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
