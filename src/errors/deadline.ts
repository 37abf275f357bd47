// The time that one piece of work may take.

/**
 * What `work` gives, when it gives it in time. Late work goes on: it has to find out by itself that nobody waits any more.
 * @param late makes the error with which it rejects when the time is over.
 */
export function within<T>(milliseconds: number, work: Promise<T>, late: () => Error): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(late()), milliseconds);
    work.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
