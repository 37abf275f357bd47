// Batches that concurrent requests share: what they read of the public content in the same moment goes into one statement. Keys meet
// here, nothing is remembered: a key that comes after a batch was sent is read anew.
import type { DatabaseSession } from "../db/database";
import { isUnavailable } from "../errors/app-error";
import type { Observer, Scope } from "./observer";
import { remembered } from "./remembered";

/** All that a shared batch can read with: there is no viewer in it. */
export type ContentSession = Pick<DatabaseSession, "query">;

export interface SharedBatchDefinition<Key, Value> {
  /** What is read, for those who watch the server. One of a few. */
  readonly name: string;
  /** Values in the order of `keys`, which are distinct by `cacheKey`. */
  readonly batch: (session: ContentSession, keys: readonly Key[]) => Promise<readonly (Value | Error)[]>;
  readonly cacheKey?: (key: Key) => string | number;
}

/** Above so many keys a batch is sent at once. */
const mostKeys = 1_000;

export class SharedBatches {
  readonly #connections: number;
  readonly #observer: Observer | undefined;
  readonly #batches = new WeakMap<ContentSession, Map<object, SharedBatch<unknown, unknown>>>();

  /** @param connections how many statements the database can run at once: so many batches of a kind are under way at most */
  constructor(connections: number, observer?: Observer) {
    this.#connections = connections;
    this.#observer = observer;
  }

  /**
   * The values of `keys`, in their order, read through `session` together with those that others ask of the same. The values are shared
   * with them: not to be changed.
   */
  load<Key, Value>(
    session: ContentSession,
    definition: SharedBatchDefinition<Key, Value>,
    keys: readonly Key[],
  ): Promise<readonly (Value | Error)[]> {
    const batches = remembered(this.#batches, session, () => new Map<object, SharedBatch<unknown, unknown>>());
    let batch = batches.get(definition) as SharedBatch<Key, Value> | undefined;
    if (!batch) {
      batch = new SharedBatch(session, definition, this.#connections, this.#observer);
      batches.set(definition, batch as SharedBatch<unknown, unknown>);
    }
    return batch.load(keys);
  }
}

interface Asker<Key, Value> {
  readonly keys: readonly Key[];
  readonly scope: Scope;
  readonly resolve: (values: readonly (Value | Error)[] | Promise<readonly (Value | Error)[]>) => void;
  readonly reject: (error: unknown) => void;
}

class SharedBatch<Key, Value> {
  readonly #session: ContentSession;
  readonly #definition: SharedBatchDefinition<Key, Value>;
  readonly #connections: number;
  readonly #observer: Observer | undefined;
  #askers: Asker<Key, Value>[] = [];
  #size = 0;
  /** How many were sent and are not answered. */
  #underWay = 0;

  constructor(
    session: ContentSession,
    definition: SharedBatchDefinition<Key, Value>,
    connections: number,
    observer: Observer | undefined,
  ) {
    this.#session = session;
    this.#definition = definition;
    this.#connections = connections;
    this.#observer = observer;
  }

  load(keys: readonly Key[]): Promise<readonly (Value | Error)[]> {
    return new Promise((resolve, reject) => {
      // After the requests that have arrived in this turn of the event loop were read.
      if (this.#askers.length === 0) setImmediate(() => this.#sendIfFree());
      this.#askers.push({ keys, scope: this.#observer?.scope(), resolve, reject });
      this.#size += keys.length;
      if (this.#size >= mostKeys) this.#send();
    });
  }

  /** One more would only wait for a connection: meanwhile it can gather keys. */
  #sendIfFree(): void {
    if (this.#underWay < this.#connections) this.#send();
  }

  #send(): void {
    const askers = this.#askers;
    if (askers.length === 0) return;
    this.#askers = [];
    this.#size = 0;
    this.#underWay++;
    void this.#answer(askers).finally(() => {
      this.#underWay--;
      if (this.#askers.length > 0) setImmediate(() => this.#sendIfFree());
    });
  }

  /** Never rejects. */
  async #answer(askers: readonly Asker<Key, Value>[]): Promise<void> {
    const { cacheKey = (key: Key): unknown => key } = this.#definition;
    const places = new Map<unknown, number>();
    const distinct: Key[] = [];
    const placesOf = askers.map(({ keys }) =>
      keys.map(key => {
        const name = cacheKey(key);
        const known = places.get(name);
        if (known !== undefined) return known;
        places.set(name, distinct.length);
        return distinct.push(key) - 1;
      }),
    );
    try {
      const values = await this.#read(distinct, askers);
      askers.forEach(({ resolve }, index) =>
        resolve((placesOf[index] ?? []).map(place => values[place] as Value | Error)),
      );
    } catch (error) {
      // A key that the database cannot read is its asker's alone.
      const isOfAll = askers.length === 1 || isUnavailable(error);
      for (const asker of askers) {
        if (isOfAll) asker.reject(error);
        else asker.resolve(this.#read(asker.keys, [asker]));
      }
    }
  }

  #read(keys: readonly Key[], askers: readonly Asker<Key, Value>[]): Promise<readonly (Value | Error)[]> {
    const { name, batch } = this.#definition;
    const read = () => batch(this.#session, keys);
    if (!this.#observer) return read();
    return this.#observer.joined(
      name,
      keys.length,
      askers.map(({ scope }) => scope),
      read,
    );
  }
}
