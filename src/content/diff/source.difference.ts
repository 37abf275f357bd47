// What differs between two contents of one kind, by field, item and section. Pure; says nothing in words (change.sentences.ts).
import type { ContentKind } from "../content.files";
import type { SourceOf } from "../source.model";
import { sourceShapes, type AnyGroup, type AnyList, type AnyPart, type AnyShape } from "./source.shapes";
import { compareTexts, fullEffort, type Effort, type WordChange } from "./text.difference";

export type FieldChangeKind = "ADDED" | "REMOVED" | "CHANGED" | "MOVED";

export interface FieldChange {
  /** Fields and keys of items from the outside in: `["plans", "Plus MONTH", "price"]`. */
  path: readonly string[];
  /** What people call the item that the change is in, such as the heading of a section; null outside, and where the key is its name. */
  label: string | null;
  kind: FieldChangeKind;
  /** Null when it is added; of an item, its fields on lines; of a list that is moved, its keys on lines. */
  before: string | null;
  /** Null when it is removed. */
  after: string | null;
  /** Of a text that is changed: SAME and REMOVED joined are `before`, SAME and ADDED are `after`. Empty for all else. */
  words: readonly WordChange[];
}

/**
 * @param before in its normal form, as `after`; undefined when there is none: everything is added.
 * @returns empty if and only if both are the same.
 */
export function compareSources<Kind extends ContentKind>(
  kind: Kind,
  before: SourceOf[Kind] | undefined,
  after: SourceOf[Kind] | undefined,
): FieldChange[] {
  const effort = fullEffort();
  const shape: AnyShape = sourceShapes[kind];
  return Object.entries(shape).flatMap(([field, part]) => {
    const place = { path: [field], label: null };
    const [left, right] = [valueOf(before, field), valueOf(after, field)];
    return part.form === "list"
      ? compareLists(part, place, asList(left), asList(right), effort)
      : compareParts(part, place, left, right, effort);
  });
}

type Place = Pick<FieldChange, "path" | "label">;

function compareParts(part: AnyPart, place: Place, before: unknown, after: unknown, effort: Effort): FieldChange[] {
  if (part.form === "group" && before !== undefined && after !== undefined) {
    return Object.entries(part.fields).flatMap(([field, inner]) =>
      compareParts(
        inner,
        { ...place, path: [...place.path, field] },
        valueOf(before, field),
        valueOf(after, field),
        effort,
      ),
    );
  }
  return compareTextsAt(place, printed(part, before), printed(part, after), part.form !== "value", effort);
}

function compareTextsAt(
  place: Place,
  before: string | null,
  after: string | null,
  isText: boolean,
  effort: Effort,
): FieldChange[] {
  if (before === after) return [];
  if (before === null || after === null) {
    return [{ ...place, kind: before === null ? "ADDED" : "REMOVED", before, after, words: [] }];
  }
  const words = isText ? compareTexts(before, after, effort) : [];
  return [{ ...place, kind: "CHANGED", before, after, words }];
}

/** What happened to each item, those of `after` first; then whether those that stayed stand in another order. */
function compareLists(
  list: AnyList,
  { path }: Place,
  before: readonly unknown[],
  after: readonly unknown[],
  effort: Effort,
): FieldChange[] {
  const [left, right] = [byKey(list, before), byKey(list, after)];
  const keys = [...right.keys(), ...[...left.keys()].filter(key => !right.has(key))];
  const changes = keys.flatMap(key => {
    const place = { path: [...path, key], label: list.labelOf(right.get(key) ?? left.get(key)) };
    return compareParts(list.item, place, left.get(key), right.get(key), effort);
  });
  const stayed = [...right.keys()].filter(key => left.has(key));
  const order = [...left.keys()].filter(key => right.has(key));
  if (order.every((key, index) => key === stayed[index])) return changes;
  const lines = (items: ReadonlyMap<string, unknown>) => [...items.keys()].join("\n");
  return [...changes, { path, label: null, kind: "MOVED", before: lines(left), after: lines(right), words: [] }];
}

/** The rules keep keys apart; a draft may break them, and then the second of a kind is `key (2)`. */
function byKey({ keyOf }: AnyList, items: readonly unknown[]): Map<string, unknown> {
  const result = new Map<string, unknown>();
  const repetitions = new Map<string, number>();
  for (const item of items) {
    const base = keyOf(item);
    let key = base;
    while (result.has(key)) {
      const count = (repetitions.get(base) ?? 1) + 1;
      repetitions.set(base, count);
      key = `${base} (${count})`;
    }
    result.set(key, item);
  }
  return result;
}

function printed(part: AnyPart, value: unknown): string | null {
  if (value === undefined) return null;
  return part.form === "group" ? linesOf(part, value).join("\n") : printedLeaf(part, value);
}

/** As in a content file: a line for each field, Markdown after an empty line. */
function linesOf(group: AnyGroup, value: unknown, prefix = ""): string[] {
  return Object.entries(group.fields).flatMap(([field, part]) => {
    const inner = valueOf(value, field);
    if (inner === undefined) return [];
    if (part.form === "group") return linesOf(part, inner, `${prefix}${field}.`);
    return [
      part.form === "markdown" ? `\n${printedLeaf(part, inner)}` : `${prefix}${field}: ${printedLeaf(part, inner)}`,
    ];
  });
}

function printedLeaf(part: Exclude<AnyPart, AnyGroup>, value: unknown): string {
  return part.form === "value" ? part.print(value) : (value as string);
}

function valueOf(object: unknown, field: string): unknown {
  return (object as Readonly<Record<string, unknown>> | undefined)?.[field];
}

function asList(value: unknown): readonly unknown[] {
  return (value ?? []) as readonly unknown[];
}
