// Wakes work that goes on beside the requests and waits for something to do.

export interface Bell {
  ring(): void;
  /** Until the next ring, at most so many milliseconds. */
  wait(timeoutMs: number): Promise<void>;
}

/**
 * Whoever waits is woken by a ring, also by one since the last wait. The waiting one goes on in its own asynchronous
 * context: the work must not come to run inside the transaction of somebody who rings.
 */
export function createBell(): Bell {
  let rung = false;
  let wakeUp = (): void => undefined;
  return {
    ring: (): void => {
      rung = true;
      wakeUp();
    },
    wait: async (timeoutMs: number): Promise<void> => {
      if (!rung) {
        await new Promise<void>(resolve => {
          const timer = setTimeout(resolve, timeoutMs);
          wakeUp = () => {
            clearTimeout(timer);
            resolve();
          };
        });
      }
      rung = false;
    },
  };
}
