// What clients send over live connections, handed over in the order in which it came and no faster than it may be worked on. What is not
// handed over is not read either, so that it waits at the client (TCP's own flow control).
import { performance } from "node:perf_hooks";
import { setTimeout as delay } from "node:timers/promises";
import type { WebSocket } from "ws";

/** Characters: a longer message can be made to take milliseconds to parse, or starts a subscription. */
const longestAtOnce = 200;

export interface InboxOptions {
  /** Resolves when it is the client's turn. */
  turn: () => Promise<void>;
  maxMessagesPerSecond: number;
  take: (text: string) => void;
}

export function readMessages(socket: WebSocket, { turn, maxMessagesPerSecond, take }: InboxOptions): void {
  const waiting: string[] = [];
  let isReading = false;
  let secondBegan = -Infinity;
  let taken = 0;
  /** Counts a message. @returns the milliseconds that it has to wait. */
  const pause = () => {
    const left = secondBegan + 1_000 - performance.now();
    if (left <= 0) [secondBegan, taken] = [performance.now(), 0];
    return ++taken <= maxMessagesPerSecond ? 0 : left;
  };
  const readOn = async () => {
    isReading = true;
    socket.pause();
    for (let text = waiting.shift(); text !== undefined && socket.readyState === socket.OPEN; text = waiting.shift()) {
      for (let wait = pause(); wait > 0; wait = pause()) await delay(wait, undefined, { ref: false });
      if (text.length > longestAtOnce) await turn();
      take(text);
    }
    waiting.length = 0;
    isReading = false;
    socket.resume();
  };
  socket.on("message", data => {
    waiting.push((data as Buffer).toString("utf8"));
    if (!isReading) void readOn();
  });
}
