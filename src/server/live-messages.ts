// What clients send over live connections: read in the order in which it comes and no faster than it may be worked on, and handed over
// without anything that nobody asked for. While a message waits, nothing more is read from the socket, so that what follows waits at the client
// (TCP's own flow control).
import { performance } from "node:perf_hooks";
import { setTimeout as delay } from "node:timers/promises";
import type { WebSocket } from "ws";
import { guestHeader } from "./authentication";
import { isObject } from "./request-parameters";

/** Characters: what is longer can be made to take milliseconds to parse. */
const longestAtOnce = 200;

export interface ReaderOptions {
  /** Resolves when it is the client's turn. */
  turn: () => Promise<void>;
  maxMessagesPerSecond: number;
  /** @param message has the form that the protocol gives to clients' messages of its type; null for what is none. */
  take: (message: object | null) => void;
}

export function readMessages(socket: WebSocket, { turn, maxMessagesPerSecond, take }: ReaderOptions): void {
  const waiting: string[] = [];
  let isReading = false;
  let secondBegan = -Infinity;
  let taken = 0;
  /** Counts a message, unless it has to wait. @returns for how many milliseconds. */
  const untilAllowed = () => {
    const left = secondBegan + 1_000 - performance.now();
    if (left <= 0) [secondBegan, taken] = [performance.now(), 0];
    return ++taken <= maxMessagesPerSecond ? 0 : left;
  };
  const readOn = async () => {
    isReading = true;
    socket.pause();
    for (let text = waiting.shift(); text !== undefined; text = waiting.shift()) {
      for (let wait = untilAllowed(); wait > 0; wait = untilAllowed()) await delay(wait, undefined, { ref: false });
      if (text.length > longestAtOnce) await turn();
      if (socket.readyState !== socket.OPEN) break;
      take(messageOf(text));
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

const connectionParameters = ["authorization", guestHeader];
const operationParameters = ["query", "documentId", "operationName", "variables", "extensions"];

/** Whatever is held for as long as a connection or a subscription lasts holds nothing else, however long the message was. */
function messageOf(text: string): object | null {
  const message = parsed(text);
  if (!isObject(message)) return null;
  const { type, id, payload } = message;
  switch (type) {
    case "connection_init":
      return { type, payload: only(payload, connectionParameters) };
    case "subscribe":
      return { type, id, payload: only(payload, operationParameters) };
    case "complete":
      return { type, id };
    case "ping":
    case "pong":
      return { type };
    default:
      return null;
  }
}

/** What is no object is for the protocol to refuse. */
function only(payload: unknown, names: readonly string[]): unknown {
  if (!isObject(payload)) return payload;
  return Object.fromEntries(names.filter(name => Object.hasOwn(payload, name)).map(name => [name, payload[name]]));
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
