// How new something is that was made elsewhere: positions in the history of the database, which say whether it has every change that was heard here.
//
// A position is how many transactions had ended in some snapshot. What has ended in one has ended in every later one, so that of two snapshots of
// one history the one with the larger number has all that the other has, whatever ran for how long. A change that was heard is of a transaction
// that has ended; a position that is asked for afterwards counts it.
import type { Change } from "./change-set";
import type { ChangeFeed } from "./change-feed";
import { primaryTimeline, systemAndDatabase } from "./replica";

export interface Position {
  /** Positions of another history say nothing. */
  readonly history: string;
  /** How many transactions had ended. */
  readonly ended: number;
}

/** The numbers of transactions are counted on over all rounds of the 32 bits that rows have of them. */
const ended = `(SELECT pg_snapshot_xmax(s)::text::bigint - (SELECT count(*) FROM pg_snapshot_xip(s)) FROM pg_current_snapshot() s)`;
/**
 * After a failover, or when a backup takes the place of the database, numbers are given again: each has a timeline or a start of its own. So has
 * a crash that the server survives, which forgets the numbers of what had written nothing: it begins its statistics anew.
 */
const history = `concat_ws('/', ${systemAndDatabase}, ${primaryTimeline}, extract(epoch FROM pg_postmaster_start_time()),
  (SELECT extract(epoch FROM stats_reset) FROM pg_stat_bgwriter))`;
export const positionColumns = `${history} AS "history", ${ended}::text AS "ended"`;

/** Of so many names it is known when they changed; then all that is older counts as changed. */
const mostRemembered = 20_000;
/** Between two questions at least, in milliseconds; and after one that was not answered. */
const pauseMs = 20;
const failurePauseMs = 1_000;
/** Heard, and the position that has it is not known yet. */
const unknown = Infinity;

export class ChangePositions {
  readonly #changes: Pick<ChangeFeed, "readHeard" | "subscribe">;
  readonly #stopListening: () => void;
  #isStopped = false;
  #isAsking = false;
  /** Wait for the next position. */
  #waiting: ((position: Position | null) => void)[] = [];
  /** Everything that has ended here was heard. Null while nothing is known. */
  #reached: Position | null = null;
  /** What may have been missed, or was forgotten, had ended here. */
  #floor = 0;
  /** By entity, type and, where any of a type may have changed, `Topic:*`: the position that has its last change. */
  readonly #changedAt = new Map<string, number>();
  /** Names that are heard since the last question. */
  #heard = new Set<string>();
  /** How often everything was forgotten. */
  #epoch = 0;

  constructor(changes: Pick<ChangeFeed, "readHeard" | "subscribe">) {
    this.#changes = changes;
    this.#stopListening = changes.subscribe({
      changed: change => this.#hear(change),
      // What is missed from now on, or was until now, is not known.
      connected: () => this.#forget(),
    });
    this.#catchUp();
  }

  /** Everything that had ended here was heard; null while nothing is known. */
  get reached(): Position | null {
    return this.#reached;
  }

  /** Whether what was made of `tags`, and is as new as `position`, has every change that was heard. */
  covers({ history, ended }: Position, tags: readonly string[]): boolean {
    if (this.#reached?.history !== history || ended < this.#floor) return false;
    return tags.every(
      tag => (this.#changedAt.get(tag) ?? 0) <= ended && (this.#changedAt.get(wholeOf(tag)) ?? 0) <= ended,
    );
  }

  /** The next position that is reached; null when there is none soon. */
  next(): Promise<Position | null> {
    return new Promise(resolve => {
      this.#waiting.push(resolve);
      this.#catchUp();
    });
  }

  stop(): void {
    this.#isStopped = true;
    this.#stopListening();
    this.#forget();
  }

  #hear({ type, ids }: Change): void {
    for (const name of [type, ...(ids === "all" ? ["*"] : ids).map(id => `${type}:${id}`)]) {
      this.#changedAt.set(name, unknown);
      this.#heard.add(name);
    }
    if (this.#changedAt.size > mostRemembered) return this.#forget();
    this.#catchUp();
  }

  /** Until a position that is asked for from now on is known, nothing is. */
  #forget(): void {
    this.#epoch++;
    this.#reached = null;
    this.#changedAt.clear();
    this.#heard.clear();
    this.#catchUp();
  }

  #catchUp(): void {
    if (this.#isAsking) return;
    this.#isAsking = true;
    void this.#askWhileBehind();
  }

  async #askWhileBehind(): Promise<void> {
    while (!this.#isStopped && (this.#waiting.length > 0 || !this.#reached || this.#heard.size > 0)) {
      const isAnswered = await this.#ask();
      await new Promise<void>(resolve => setTimeout(resolve, isAnswered ? pauseMs : failurePauseMs).unref());
    }
    this.#isAsking = false;
    this.#tell(null);
  }

  #tell(position: Position | null): void {
    for (const tell of this.#waiting.splice(0)) tell(position);
  }

  /** Whether there was an answer. */
  async #ask(): Promise<boolean> {
    const [epoch, heard] = [this.#epoch, this.#heard];
    this.#heard = new Set();
    const found = await this.#changes.readHeard<{ history: string; ended: string }>(positionColumns);
    if (epoch !== this.#epoch) return true;
    if (!found) {
      for (const name of heard) this.#heard.add(name);
      this.#tell(null);
      return false;
    }
    const position = { history: found.history, ended: Number(found.ended) };
    // What was heard again meanwhile waits for the next one.
    for (const name of heard) if (!this.#heard.has(name)) this.#changedAt.set(name, position.ended);
    if (!this.#reached) this.#floor = position.ended;
    this.#reached = position;
    this.#tell(position);
    return true;
  }
}

/** What any entity of the type of `tag` stands under. */
const wholeOf = (tag: string): string => `${tag.split(":", 1)[0] ?? tag}:*`;
