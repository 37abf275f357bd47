// A change feed that says what a test lets it say.
import type { ChangeListener } from "../../src/db/change-feed";

export class FakeFeed {
  isProven = true;
  readonly #listeners = new Set<ChangeListener>();

  subscribe(listener: ChangeListener) {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  announce(ids: readonly string[] | "all") {
    for (const { changed } of this.#listeners) changed?.({ type: "Topic", kind: "CHANGED", ids });
  }

  connect(connected: boolean) {
    this.isProven = connected;
    for (const listener of this.#listeners) listener.connected?.(connected);
  }
}
