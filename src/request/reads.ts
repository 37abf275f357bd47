// What an answer was made of: noted while it is made, so that a cache knows who may have it and what makes it out of date. Whatever is
// read in a way that is not known here makes the answer nobody's but the asker's: not to be kept is the default.
import type { ChangedType } from "../db/change-set";

/** Notes what public content was read. */
export interface ContentReads {
  /** One entity, or a part of it. */
  entity(type: ChangedType, id: number): void;
  /** Something that any entity of the type may change. */
  all(type: ChangedType): void;
}

export class Reads implements ContentReads {
  readonly #entities = new Map<ChangedType, Set<number>>();
  readonly #types = new Set<ChangedType>();
  #viewerAsked = false;
  #day: number | null = null;
  #isOpaque = false;

  entity(type: ChangedType, id: number): void {
    const known = this.#entities.get(type);
    if (known) known.add(id);
    else this.#entities.set(type, new Set([id]));
  }

  all(type: ChangedType): void {
    this.#types.add(type);
  }

  /** It depends on who asks. */
  viewer(): void {
    this.#viewerAsked = true;
  }

  /** It holds for the day of this time alone, which is the same for the whole answer. */
  day(time: Date): void {
    this.#day = dayOf(time.getTime());
  }

  /** It depends on something that is not noted: the answer must not be kept. */
  opaque(): void {
    this.#isOpaque = true;
  }

  get isViewerAsked(): boolean {
    return this.#viewerAsked;
  }

  /** The day for which it holds, as `dayOf` counts; null when it holds for any. */
  get askedDay(): number | null {
    return this.#day;
  }

  get isOpaque(): boolean {
    return this.#isOpaque;
  }

  /** As `Topic:12`; without those of types that are noted as a whole. */
  get entities(): readonly string[] {
    return [...this.#entities].flatMap(([type, ids]) =>
      this.#types.has(type) ? [] : [...ids].map(id => `${type}:${id}`),
    );
  }

  get types(): ReadonlySet<ChangedType> {
    return this.#types;
  }
}

export const dayMs = 86_400_000;
/** Of a time in milliseconds since 1970: its day in UTC, counted from then. */
export const dayOf = (time: number): number => Math.floor(time / dayMs);
