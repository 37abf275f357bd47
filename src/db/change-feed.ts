// What changes in the database, told to whoever listens in this process: from the database's own notifications, so that it does not matter
// who made the change. Never ends the process, whatever a listener throws.
import { randomUUID } from "node:crypto";
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
/** What an instance says to hear itself. */
const ping = /^Ping ([\w-]+)$/;
/** How long a set is gathered, in milliseconds. */
const gatherMs = 25;

export class ChangeFeed {
  readonly #driver: Pick<Driver, "listen" | "query">;
  readonly #pings = new Map<string, () => void>();
  readonly #listeners = new Set<ChangeListener>();
  #end: Promise<() => Promise<void>> | null = null;
  #onProblem: OnProblem = () => undefined;
  #isConnected = false;
  #hasMissed = false;
  #gathered: ChangeSet | null = null;

  constructor(driver: Pick<Driver, "listen" | "query">) {
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

  /**
   * Resolves when everything that was committed before the call has been heard; false when that is not known within the time. Not from
   * inside a transaction.
   */
  async caughtUp(timeoutMs = 1_000): Promise<boolean> {
    if (!this.#isConnected) return false;
    const id = randomUUID();
    let timer: NodeJS.Timeout | undefined;
    const heard = new Promise<boolean>(resolve => {
      this.#pings.set(id, () => resolve(true));
      timer = setTimeout(() => resolve(false), timeoutMs);
    });
    try {
      // Announcements arrive in the order of the commits.
      await this.#driver.query("SELECT pg_notify($1, $2)", [channel, `Ping ${id}`]);
      return await heard;
    } catch {
      return false;
    } finally {
      clearTimeout(timer);
      this.#pings.delete(id);
    }
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
    const [, id] = ping.exec(payload) ?? [];
    if (id !== undefined) return this.#pings.get(id)?.();
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
