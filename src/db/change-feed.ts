// What changes in the database, told to whoever listens in this process: from the database's own notifications, so that it does not matter
// who made the change. Never ends the process, whatever a listener throws.
import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
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
/** What an instance says to hear itself; it is nobody's change. */
const ping = /^Ping ([\w-]+)$/;
/** How long what an instance says to hear itself may take, in milliseconds. */
const longestPingMs = 5_000;
/** What is not heard is said again after as long, then twice as long, up to so many times as long. */
const longestPause = 12;
/** How long a set is gathered, in milliseconds. */
const gatherMs = 25;

type FeedDriver = Pick<Driver, "listen" | "query">;

export class ChangeFeed {
  readonly #driver: FeedDriver;
  readonly #pings = new Map<string, (isHeard: boolean) => void>();
  readonly #listeners = new Set<ChangeListener>();
  #end: Promise<() => Promise<void>> | null = null;
  #onProblem: OnProblem = () => undefined;
  #isConnected = false;
  #hasMissed = false;
  #gathered: ChangeSet | null = null;
  #isProven = false;
  #connections = 0;

  constructor(driver: FeedDriver) {
    this.#driver = driver;
  }

  /** Whether every change is heard, as far as the connection that listens can tell. */
  get isConnected(): boolean {
    return this.#isConnected;
  }

  /** Whether it was seen, too: what was sent like the statements of the program has been heard on this connection. */
  get isProven(): boolean {
    return this.#isProven;
  }

  /**
   * Resolves after the first attempt to connect, whether it was one or not: trying goes on by itself. Tells of a problem when a
   * notification that is sent like the statements of the program is not heard within `pingMs`.
   */
  async start(onProblem: OnProblem = () => undefined, { pingMs = longestPingMs } = {}): Promise<void> {
    this.#onProblem = onProblem;
    let isFirst = true;
    this.#end ??= this.#driver.listen(channel, {
      message: payload => this.#hear(payload),
      connected: () => {
        this.#connect();
        void this.#prove(pingMs, isFirst);
        isFirst = false;
      },
      lost: cause => this.#lose(cause),
    });
    await this.#end;
  }

  /**
   * Resolves when everything that was committed before the call has been heard; false when that is not known within the time. Not from
   * inside a transaction.
   */
  async caughtUp(timeoutMs = 1_000): Promise<boolean> {
    return (await this.readHeard("TRUE", timeoutMs)) !== null;
  }

  /**
   * What `columns`, a list of SQL expressions with their names, are in a state of the database of which everything that was committed has been
   * heard; null when that is not known within the time. Read where this instance hears, wherever other statements go meanwhile.
   */
  async readHeard<Row>(columns: string, timeoutMs = 1_000): Promise<Row | null> {
    return (this.#isConnected && (await this.#ping<Row>(timeoutMs, columns))) || null;
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
    this.#isProven = false;
    await end?.();
  }

  #connect(): void {
    this.#isConnected = true;
    this.#tell(listener => listener.connected?.(true));
    if (!this.#hasMissed) return;
    this.#hasMissed = false;
    for (const type of changedTypes) this.#announce({ type, kind: "CHANGED", ids: "all" });
  }

  /**
   * Tries until it is heard what is sent like the statements of the program. Through a pooler that hands out a connection for each transaction,
   * listening succeeds and nothing is heard; in other cases it passes, such as while the database takes no statements, or a failover has moved
   * one of both only.
   */
  async #prove(waitMs: number, warns: boolean): Promise<void> {
    const connection = ++this.#connections;
    const isCurrent = () => this.#isConnected && connection === this.#connections;
    for (let attempt = 0; isCurrent(); attempt++) {
      const said = await this.#ping(waitMs);
      // Lost meanwhile, it could not be heard.
      if (!isCurrent()) return;
      this.#isProven = Boolean(said);
      if (said) return;
      if (warns && said === false) {
        warns = false;
        this.#onProblem(
          "changes in the database are not heard: what is sent through DATABASE_URL does not reach the connection that listens; behind a pooler, set DATABASE_DIRECT_URL to the database itself",
          undefined,
        );
      }
      // Does not keep the process alive.
      await delay(waitMs * Math.min(2 ** attempt, longestPause), undefined, { ref: false });
    }
  }

  /**
   * What is read with what this instance says now, once that is heard, and with it everything that was committed before; false when it is not
   * heard, and null when nothing can be said.
   */
  async #ping<Row>(waitMs: number, columns = "TRUE"): Promise<Row | false | null> {
    const id = randomUUID();
    let timer: NodeJS.Timeout | undefined;
    const heard = new Promise<boolean>(resolve => {
      this.#pings.set(id, resolve);
      timer = setTimeout(() => resolve(false), waitMs).unref();
    });
    try {
      // The state is that at the beginning of the statement, and what is said is heard after all that was committed before its end.
      const [row] = await this.#driver.query<Row>(`SELECT pg_notify($1, $2), ${columns}`, [channel, `Ping ${id}`]);
      return (await heard) && (row ?? null);
    } catch {
      return null;
    } finally {
      clearTimeout(timer);
      this.#pings.delete(id);
    }
  }

  #lose(cause: unknown): void {
    this.#isConnected = false;
    this.#isProven = false;
    this.#hasMissed = true;
    // Heard on the next connection, it would say nothing of what this one has missed.
    for (const tell of this.#pings.values()) tell(false);
    this.#onProblem("the connection that hears of changes is lost", cause);
    this.#tell(listener => listener.connected?.(false));
  }

  #hear(payload: string): void {
    const [, id] = ping.exec(payload) ?? [];
    if (id !== undefined) return this.#pings.get(id)?.(true);
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
