// Stands between the server and what it depends on (PostgreSQL, Redis), and breaks the connection in every way that a network can.
import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { setTimeout as pause } from "node:timers/promises";

/**
 * - `pass`: bytes go on.
 * - `refuse`: open connections end, new ones are refused.
 * - `stall`: connections are taken and stay open, and nothing goes on in either direction; `stall-answers`: requests arrive, answers do not.
 * - `reset`: connections are taken and reset (RST) as soon as something is sent over them, in either direction.
 * - `cut`: half of the next bytes that the server sends back, then the end.
 */
export type ProxyMode = "pass" | "refuse" | "stall" | "stall-answers" | "reset" | "cut";

export interface TcpProxy {
  readonly port: number;
  /** What happens from now on, also to connections that are open. */
  set(mode: ProxyMode): Promise<void>;
  /** Holds bytes back for so long in each direction, in their order; 0 for not at all. */
  delay(milliseconds: number): void;
  /** Where new connections go from now on. */
  aim(target: URL): void;
  /** Resets every open connection at once, whatever is under way. */
  resetAll(): void;
  /**
   * Resolves when every connection made so far is closed by what `end` does at the other side. It is done again while one is open: the
   * database does not see, and so does not end, one that is only being made.
   */
  ended(end: () => Promise<unknown>): Promise<void>;
  /** How many connections have been taken so far. */
  taken(): number;
  close(): Promise<void>;
}

/** @param first where connections go: its host and port. */
export async function openTcpProxy(first: URL): Promise<TcpProxy> {
  const sockets = new Set<Socket>();
  let [target, mode, delayMs, taken]: [URL, ProxyMode, number, number] = [first, "pass", 0, 0];
  let listener: Server;

  const join = (client: Socket): void => {
    taken++;
    const upstream = connect(Number(target.port), target.hostname);
    carry(client, upstream, false);
    carry(upstream, client, true);
  };
  const carry = (from: Socket, to: Socket, isAnswer: boolean): void => {
    let [held, lastHeld] = [0, Promise.resolve()];
    sockets.add(from);
    from.on("error", () => undefined);
    from.on("data", data => {
      if (mode === "stall" || (mode === "stall-answers" && isAnswer)) return;
      if (mode === "reset") return void [from, to].forEach(socket => socket.resetAndDestroy());
      if (mode === "cut" && isAnswer) return void to.end(data.subarray(0, data.length / 2), () => from.destroy());
      if (delayMs === 0 && held === 0) return void to.write(data);
      held++;
      const due = pause(delayMs);
      lastHeld = lastHeld
        .then(() => due)
        .then(() => {
          held--;
          to.write(data);
        });
    });
    from.on("close", () => {
      sockets.delete(from);
      to.destroy();
    });
  };
  const listen = (port: number) =>
    new Promise<number>(resolve => {
      listener = createServer(join).listen(port, "127.0.0.1", () => resolve((listener.address() as AddressInfo).port));
    });
  const stop = () =>
    new Promise<void>(resolve => {
      listener.close(() => resolve());
      for (const socket of sockets) socket.destroy();
    });
  const port = await listen(0);
  return {
    port,
    set: async next => {
      mode = next;
      if (next === "refuse") await stop();
      else if (!listener.listening) await listen(port);
    },
    delay: milliseconds => (delayMs = milliseconds),
    aim: next => (target = next),
    resetAll: () => sockets.forEach(socket => socket.resetAndDestroy()),
    ended: async end => {
      const made = [...sockets];
      do {
        await end();
        await pause(20);
      } while (made.some(socket => sockets.has(socket)));
    },
    taken: () => taken,
    close: stop,
  };
}
