// The time that one operation may take.
import { unavailable } from "../errors/app-error";

/**
 * What `work` gives, when it gives it in time. Late work goes on: it has to find out by itself that nobody waits any more.
 * @throws AppError SERVICE_UNAVAILABLE when it does not; `onLate` is told.
 */
export function within<T>(milliseconds: number, work: Promise<T>, onLate: () => void): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      onLate();
      reject(unavailable(new Error(`an operation took longer than ${milliseconds} ms`)));
    }, milliseconds);
    work.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
