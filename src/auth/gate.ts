// A bound on what runs at once, for work that must leave room for other work.
import { Waiting } from "./waiting";

/** @param of whose work it is: those for whom work waits take turns. Everybody's is alike when left out. */
export type Gate = <T>(work: () => Promise<T>, of?: string) => Promise<T>;

/** Runs at most `concurrency` works at once, each one's in the order of their arrival. While `queue` wait, others are refused: `refusal` is thrown. */
export function createGate(concurrency: number, queue: number, refusal: () => Error): Gate {
  let running = 0;
  const waiting = new Waiting<() => void>();
  return async (work, of = "") => {
    if (running < concurrency) running++;
    else if (waiting.size < queue) await new Promise<void>(resolve => waiting.add(of, resolve));
    else throw refusal();
    try {
      return await work();
    } finally {
      // The place goes to the next one as it is: set free first, a newcomer could take it too.
      const [first] = waiting.keys();
      if (first === undefined) running--;
      else waiting.take(first)?.();
    }
  };
}
