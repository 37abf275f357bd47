// The events of a subscription: what a reader picks from the changes of the database. Held in bounded space, however slowly they are taken.
import { ChangeSet } from "../db/change-set";
import type { RequestContext } from "./context";

/** Sets of changes that may come while the client takes none. */
const mostWaiting = 100;

/**
 * An endless stream of the events that `pick` makes of changes, in order; changes that wait are merged, so that each event tells of the
 * latest state. A client that does not keep up is dropped (`Client.overrun`).
 */
export function changeEvents<Event>(
  ctx: RequestContext,
  pick: (changes: ChangeSet) => readonly Event[],
): AsyncIterableIterator<Event, undefined> {
  return new ChangeEvents(ctx, pick);
}

class ChangeEvents<Event> implements AsyncIterableIterator<Event, undefined> {
  #waiting = 0;
  #changes = new ChangeSet();
  #picked: Event[] = [];
  #deliver: ((result: IteratorResult<Event, undefined>) => void) | null = null;
  #isOver = false;
  readonly #pick: (changes: ChangeSet) => readonly Event[];
  readonly #endListening: () => void;

  constructor(ctx: RequestContext, pick: (changes: ChangeSet) => readonly Event[]) {
    this.#pick = pick;
    this.#endListening = ctx.database.changes.subscribe({
      changedTogether: changes => {
        if (pick(changes).length === 0) return;
        this.#waiting++;
        this.#changes.addAll(changes);
        this.#flow();
        if (this.#waiting <= mostWaiting) return;
        void this.return();
        ctx.client.overrun?.();
      },
    });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** To be called again only after it has resolved. */
  next(): Promise<IteratorResult<Event, undefined>> {
    return new Promise(resolve => {
      this.#deliver = resolve;
      this.#flow();
    });
  }

  return(): Promise<IteratorResult<Event, undefined>> {
    this.#isOver = true;
    this.#endListening();
    this.#flow();
    return Promise.resolve({ done: true, value: undefined });
  }

  #flow(): void {
    if (!this.#deliver) return;
    const result = this.#isOver ? ({ done: true, value: undefined } as const) : this.#nextEvent();
    if (!result) return;
    this.#deliver(result);
    this.#deliver = null;
  }

  #nextEvent(): IteratorResult<Event, undefined> | null {
    if (this.#picked.length === 0 && this.#waiting > 0) {
      this.#picked = [...this.#pick(this.#changes)].reverse();
      this.#changes = new ChangeSet();
      this.#waiting = 0;
    }
    const value = this.#picked.pop();
    return value === undefined ? null : { done: false, value };
  }
}
