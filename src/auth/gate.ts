// A bound on what runs at once, for work that must leave room for other work.

/** @param of whose work it is: those for whom work waits take turns. Everybody's is alike when left out. */
export type Gate = <T>(work: () => Promise<T>, of?: string) => Promise<T>;

/** Runs at most `concurrency` works at once, each one's in the order of their arrival. While `queue` wait, others are refused: `refusal` is thrown. */
export function createGate(concurrency: number, queue: number, refusal: () => Error): Gate {
  let running = 0;
  let count = 0;
  const waiting = new Map<string, (() => void)[]>();
  const wait = (of: string) =>
    new Promise<void>(resolve => {
      count++;
      const own = waiting.get(of);
      if (own) own.push(resolve);
      else waiting.set(of, [resolve]);
    });
  const next = () => {
    const [first] = waiting;
    if (!first) return undefined;
    const [of, own] = first;
    count--;
    waiting.delete(of);
    // Behind the others.
    if (own.length > 1) waiting.set(of, own.slice(1));
    return own[0];
  };
  return async (work, of = "") => {
    if (running < concurrency) running++;
    else if (count < queue) await wait(of);
    else throw refusal();
    try {
      return await work();
    } finally {
      // The place goes to the next one as it is: set free first, a newcomer could take it too.
      const begin = next();
      if (begin) begin();
      else running--;
    }
  };
}
