// The change feed of a database as a test hears it.
import type { Change } from "../../src/db/change-set";
import type { Database } from "../../src/db/database";

export interface HeardChanges {
  /** What was announced since the last call, as payloads, in order. */
  all(): Promise<string[]>;
  /** The same, sorted. */
  sorted(): Promise<string[]>;
}

/** Starts the feed. */
export async function hearChanges(database: Database): Promise<HeardChanges> {
  const payloads: string[] = [];
  let waiting: { mark: string; resolve: () => void } | null = null;
  await database.changes.start();
  database.changes.subscribe({
    changed: change => {
      const payload = asPayload(change);
      if (payload === waiting?.mark) waiting.resolve();
      else payloads.push(payload);
    },
  });
  let counter = 0;
  // Announcements come in the order of the commits: what was committed before has been heard when this one has.
  const all = async () => {
    const id = `mark-${++counter}`;
    const marked = new Promise<void>(resolve => (waiting = { mark: `Revision CHANGED ${id}`, resolve }));
    await database.exclusive(connection => connection.script(`SELECT "announce"('Revision', 'CHANGED', '${id}')`));
    await marked;
    return payloads.splice(0);
  };
  return { all, sorted: async () => (await all()).sort() };
}

/** Everything that was committed before the call has been heard, however long that takes: `caughtUp` gives up after a second. */
export async function heardAll({ changes }: Pick<Database, "changes">): Promise<void> {
  while (!(await changes.caughtUp())) await new Promise(resolve => setTimeout(resolve, 20));
}

export function asPayload({ type, kind, ids }: Change): string {
  return `${type} ${kind} ${ids === "all" ? "*" : ids.join()}`;
}
