// Batched reads as values: a loader is defined once, beside what it reads, and each request context makes its own instance of it.
import DataLoader from "dataloader";
import type { ChangedType } from "../db/change-set";
import type { Sql } from "../db/sql";
import { assertAwaited, loaderSource, type RequestContext } from "./context";
import type { ContentReads } from "./reads";
import type { SharedBatchDefinition } from "./shared-batches";

export interface Loader<Key, Value> {
  /** Keys asked for in the same turn of the event loop share one call of the batch function; the same key is read once per context. */
  load(ctx: RequestContext, key: Key): Promise<Value>;
}

interface Keyed<Key> {
  /** What is read, for those who watch the server. One of a few. */
  name: string;
  /** What makes two keys the same; the key itself unless told. */
  cacheKey?: (key: Key) => string | number;
}

/** Reads for the one who asks: never shared, and what is made of it is not cached. */
export interface LoaderDefinition<Key, Value> extends Keyed<Key> {
  /** Values in the order of `keys`. Keys are distinct. */
  batch: (ctx: RequestContext, keys: readonly Key[]) => Promise<readonly (Value | Error)[]>;
}

/** Reads public content, the same for everybody: the batch function has no way to know who asks. */
export interface ContentLoaderDefinition<Key, Value> extends SharedBatchDefinition<Key, Value> {
  /** What a value was made of: any change of a type in the list, or what the function notes. */
  madeOf: readonly ChangedType[] | ((reads: ContentReads, key: Key, value: Value) => void);
}

export function defineLoader<Key, Value>(definition: LoaderDefinition<Key, Value>): Loader<Key, Value> {
  return loaderOf(definition, ctx => keys => definition.batch(ctx, keys));
}

/** Batches of concurrent requests are joined, and what is read is noted. */
export function defineContentLoader<Key, Value>(definition: ContentLoaderDefinition<Key, Value>): Loader<Key, Value> {
  return loaderOf(definition, ctx => async keys => {
    const { session, sharing, reads } = loaderSource(ctx);
    const values = await (sharing?.load(session, definition, keys) ?? definition.batch(session, keys));
    if (reads) noteReads(reads, definition, keys, values);
    return values;
  });
}

/** The rows of one statement over public content, which any change of an entity of `types` may change. */
export function readContent<Row>(
  ctx: RequestContext,
  types: readonly ChangedType[],
  statement: Sql,
): Promise<readonly Row[]> {
  assertAwaited(ctx);
  const { session, reads } = loaderSource(ctx);
  for (const type of types) reads?.all(type);
  return session.query<Row>(statement);
}

function noteReads<Key, Value>(
  reads: ContentReads,
  { madeOf }: ContentLoaderDefinition<Key, Value>,
  keys: readonly Key[],
  values: readonly (Value | Error)[],
): void {
  if (typeof madeOf !== "function") return madeOf.forEach(type => reads.all(type));
  keys.forEach((key, index) => {
    const value = values[index];
    if (!(value instanceof Error)) madeOf(reads, key, value as Value);
  });
}

type Batch<Key, Value> = (keys: readonly Key[]) => Promise<readonly (Value | Error)[]>;

function loaderOf<Key, Value>(
  definition: Keyed<Key>,
  batchOf: (ctx: RequestContext) => Batch<Key, Value>,
): Loader<Key, Value> {
  const instanceOf = (ctx: RequestContext): DataLoader<Key, Value, unknown> => {
    const existing = ctx.memo.get(definition) as DataLoader<Key, Value, unknown> | undefined;
    if (existing) return existing;
    const read = observed(ctx, definition, batchOf(ctx));
    const batch: Batch<Key, Value> = async keys => {
      assertAwaited(ctx);
      return read(keys);
    };
    const created = new DataLoader<Key, Value, unknown>(
      batch,
      definition.cacheKey ? { cacheKeyFn: definition.cacheKey } : {},
    );
    ctx.memo.set(definition, created);
    return created;
  };
  return {
    load: (ctx, key) => {
      ctx.explanation?.asks(definition);
      return instanceOf(ctx).load(key);
    },
  };
}

function observed<Key, Value>(
  { explanation, record }: RequestContext,
  definition: Keyed<Key>,
  batch: Batch<Key, Value>,
): Batch<Key, Value> {
  if (explanation) return keys => explanation.inBatch(definition, () => batch(keys));
  if (record) return keys => record.batch(definition.name, keys.length, () => batch(keys));
  return batch;
}

/** Groups in one pass: the values for each key, in the order in which they came. */
export function groupBy<Key, Value>(values: readonly Value[], keyOf: (value: Value) => Key): Map<Key, Value[]> {
  const groups = new Map<Key, Value[]>();
  for (const value of values) {
    const key = keyOf(value);
    const group = groups.get(key);
    if (group) group.push(value);
    else groups.set(key, [value]);
  }
  return groups;
}
