// A bound on what runs at once, for work that must leave room for other work.

export type Gate = <T>(work: () => Promise<T>) => Promise<T>;

/** Runs at most `concurrency` works at once, in the order of their arrival. While `queue` wait, others are refused: `refusal` is thrown. */
export function createGate(concurrency: number, queue: number, refusal: () => Error): Gate {
  let running = 0;
  const waiting: (() => void)[] = [];
  return async work => {
    if (running < concurrency) running++;
    else if (waiting.length < queue) await new Promise<void>(resolve => waiting.push(resolve));
    else throw refusal();
    try {
      return await work();
    } finally {
      // The place goes to the next one as it is: set free first, a newcomer could take it too.
      const next = waiting.shift();
      if (next) next();
      else running--;
    }
  };
}
