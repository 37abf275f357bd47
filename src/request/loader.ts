// Batched reads as values: a loader is defined once, beside what it reads, and each request context makes its own instance of it.
import DataLoader from "dataloader";
import type { RequestContext } from "./context";

export interface Loader<Key, Value> {
  /** Keys asked for in the same turn of the event loop share one call of the batch function; the same key is read once per context. */
  load(ctx: RequestContext, key: Key): Promise<Value>;
}

export interface LoaderDefinition<Key, Value> {
  /** Values in the order of `keys`. Keys are distinct. */
  batch: (ctx: RequestContext, keys: readonly Key[]) => Promise<readonly (Value | Error)[]>;
  /** What makes two keys the same; the key itself unless told. */
  cacheKey?: (key: Key) => string | number;
}

/** The instances of one context, made on first use. Nothing of it outlives the request. */
export type LoaderInstances = Map<object, unknown>;

export function defineLoader<Key, Value>(definition: LoaderDefinition<Key, Value>): Loader<Key, Value> {
  const instanceOf = (ctx: RequestContext): DataLoader<Key, Value, unknown> => {
    const existing = ctx.loaders.get(definition) as DataLoader<Key, Value, unknown> | undefined;
    if (existing) return existing;
    const created = new DataLoader<Key, Value, unknown>(
      keys =>
        ctx.explanation
          ? ctx.explanation.inBatch(definition, () => definition.batch(ctx, keys))
          : definition.batch(ctx, keys),
      definition.cacheKey ? { cacheKeyFn: definition.cacheKey } : {},
    );
    ctx.loaders.set(definition, created);
    return created;
  };
  return {
    load: (ctx, key) => {
      ctx.explanation?.asks(definition);
      return instanceOf(ctx).load(key);
    },
  };
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
