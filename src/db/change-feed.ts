// What changes in the database, told to whoever listens in this process: from the database's own notifications, so that it does not matter
// who made the change. Never ends the process, whatever a listener throws.
import { ChangeSet, changedTypes, parseChange, type Change } from "./change-set";
import type { Driver } from "./driver";

export interface ChangeListener {
  /** At once, for each announcement of a committed transaction, in the order of the commits. */
  changed?: (change: Change) => void;
  /** All changes of a short time as one set: what a transaction announces comes together. The set is shared, not to be changed. */
  changedTogether?: (changes: ChangeSet) => void;
  /**
   * Called with false as soon as announcements may be missed, and with true when they are heard again. Then every type is announced as
   * changed, without ids: what was missed is not known.
   */
  connected?: (connected: boolean) => void;
}

/** Told of what an operator should know: a lost connection, a listener that failed. */
export type OnProblem = (message: string, cause: unknown) => void;

const channel = "learngraph_changes";
/** How long a set is gathered, in milliseconds. */
const gatherMs = 25;

export class ChangeFeed {
  readonly #driver: Pick<Driver, "listen">;
  readonly #listeners = new Set<ChangeListener>();
  #end: Promise<() => Promise<void>> | null = null;
  #onProblem: OnProblem = () => undefined;
  #isConnected = false;
  #hasMissed = false;
  #gathered: ChangeSet | null = null;

  constructor(driver: Pick<Driver, "listen">) {
    this.#driver = driver;
  }

  /** Whether every change is heard. */
  get isConnected(): boolean {
    return this.#isConnected;
  }

  /** Resolves after the first attempt to connect, whether it was one or not: trying goes on by itself. */
  async start(onProblem: OnProblem = () => undefined): Promise<void> {
    this.#onProblem = onProblem;
    this.#end ??= this.#driver.listen(channel, {
      message: payload => this.#hear(payload),
      connected: () => this.#connect(),
      lost: cause => this.#lose(cause),
    });
    await this.#end;
  }

  /** @returns a function that ends the listening. */
  subscribe(listener: ChangeListener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Nobody hears anything afterwards. */
  async stop(): Promise<void> {
    this.#listeners.clear();
    const end = await this.#end;
    this.#end = null;
    this.#isConnected = false;
    await end?.();
  }

  #connect(): void {
    this.#isConnected = true;
    this.#tell(listener => listener.connected?.(true));
    if (!this.#hasMissed) return;
    this.#hasMissed = false;
    for (const type of changedTypes) this.#announce({ type, kind: "CHANGED", ids: "all" });
  }

  #lose(cause: unknown): void {
    this.#isConnected = false;
    this.#hasMissed = true;
    this.#onProblem("the connection that hears of changes is lost", cause);
    this.#tell(listener => listener.connected?.(false));
  }

  #hear(payload: string): void {
    const change = parseChange(payload);
    // Of a newer version of the program, perhaps, which runs beside this one.
    if (!change) return this.#onProblem("an announcement was not understood", payload);
    this.#announce(change);
  }

  #announce(change: Change): void {
    this.#tell(listener => listener.changed?.(change));
    if (!this.#gathered) {
      this.#gathered = new ChangeSet();
      setTimeout(() => this.#handOut(), gatherMs).unref();
    }
    this.#gathered.add(change);
  }

  #handOut(): void {
    const changes = this.#gathered;
    this.#gathered = null;
    if (changes) this.#tell(listener => listener.changedTogether?.(changes));
  }

  #tell(what: (listener: ChangeListener) => void): void {
    for (const listener of this.#listeners) {
      try {
        what(listener);
      } catch (error) {
        this.#onProblem("a listener to changes failed", error);
      }
    }
  }
}
