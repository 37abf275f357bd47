// Changes of entities as the database announces them (the migration change_feed), and many of them merged into one set.

export const changedTypes = ["Topic", "Tool", "Module", "Lesson", "Revision", "Learner"] as const;
export type ChangedType = (typeof changedTypes)[number];
export type ChangeKind = "ADDED" | "CHANGED" | "REMOVED";

export interface Change {
  readonly type: ChangedType;
  /** An entity is changed, too, when one of its parts or its place in a list is. */
  readonly kind: ChangeKind;
  /** Ids, of a revision as `LESSON:5:12`: revision 12 of lesson 5. "all": any number, so that each may be among them. */
  readonly ids: readonly string[] | "all";
}

/** Null for what is no announcement of ours. */
export function parseChange(payload: string): Change | null {
  const [, type, kind, ids = ""] =
    /^([A-Z][a-z]+) (ADDED|CHANGED|REMOVED) (\*|[\w:-]+(?:,[\w:-]+)*)$/.exec(payload) ?? [];
  const known = changedTypes.find(name => name === type);
  return known ? { type: known, kind: kind as ChangeKind, ids: ids === "*" ? "all" : ids.split(",") } : null;
}

/** What changed within some time, by type. Bounded: of a type with very many, no single one is known any more. */
export class ChangeSet {
  readonly #named = new Map<ChangedType, Map<string, ChangeKind>>();
  readonly #unnamed = new Set<ChangedType>();

  /** The entities of `type`, in the order in which they were first announced. */
  named(type: ChangedType): ReadonlyMap<string, ChangeKind> {
    return this.#named.get(type) ?? new Map<string, ChangeKind>();
  }

  /** Whether others of `type` may have changed, too. */
  hasUnnamed(type: ChangedType): boolean {
    return this.#unnamed.has(type);
  }

  /** The ids of all of `type` that changed; null when they are more than `most`, or not all are named. */
  namedIds(type: ChangedType, most: number): string[] | null {
    const ids = [...this.named(type).keys()];
    return ids.length > most || this.hasUnnamed(type) ? null : ids;
  }

  /** Whether this one may have changed. */
  concerns(type: ChangedType, id: string): boolean {
    return this.hasUnnamed(type) || this.named(type).has(id);
  }

  add({ type, kind, ids }: Change): void {
    if (ids === "all") return void this.#unnamed.add(type);
    const named = this.#named.get(type) ?? new Map<string, ChangeKind>();
    for (const id of ids) named.set(id, merged(named.get(id), kind));
    if (named.size <= mostNamed) return void this.#named.set(type, named);
    this.#named.delete(type);
    this.#unnamed.add(type);
  }

  addAll(other: ChangeSet): void {
    for (const type of changedTypes) {
      for (const [id, kind] of other.named(type)) this.add({ type, kind, ids: [id] });
      if (other.hasUnnamed(type)) this.add({ type, kind: "CHANGED", ids: "all" });
    }
  }
}

/** Of one type. */
const mostNamed = 5_000;

/** What an entity has been through since it was last looked at. */
function merged(before: ChangeKind | undefined, now: ChangeKind): ChangeKind {
  if (before === "ADDED" && now === "CHANGED") return "ADDED";
  if (before === "REMOVED" && now !== "REMOVED") return "CHANGED";
  return now;
}
