// A connection of its own that listens for notifications: kept, asked now and then whether it still hears, and made again when it is lost.
import { setTimeout as delay } from "node:timers/promises";
import { Client } from "pg";
import type { ChannelListener } from "./driver";

export interface ListenerSettings {
  url: string;
  connectTimeoutMs: number;
  /** Longest wait for the answer to any statement. */
  answerTimeoutMs: number;
  /** How often the connection is asked: one whose other end is gone says nothing by itself. */
  checkMs: number;
}

/** What the database calls these connections: each server has one. */
export const listenerName = "learngraph changes";
const firstPauseMs = 100;
const longestPauseMs = 5_000;
const longestGoodbyeMs = 1_000;

/** See `Driver.listen`. */
export async function listenOnPostgres(
  settings: ListenerSettings,
  channel: string,
  listener: ChannelListener,
): Promise<() => Promise<void>> {
  const stop = new AbortController();
  let attempted: () => void = () => undefined;
  const firstAttempt = new Promise<void>(resolve => (attempted = resolve));
  const running = keepListening(settings, channel, stop.signal, {
    message: payload => listener.message(payload),
    connected: () => {
      listener.connected();
      attempted();
    },
    lost: cause => {
      listener.lost(cause);
      attempted();
    },
  });
  await firstAttempt;
  return async () => {
    stop.abort();
    await running;
  };
}

async function keepListening(
  settings: ListenerSettings,
  channel: string,
  signal: AbortSignal,
  listener: ChannelListener,
): Promise<void> {
  let failures = 0;
  for (;;) {
    const cause = await listenOnce(settings, channel, signal, {
      ...listener,
      connected: () => {
        failures = 0;
        listener.connected();
      },
    });
    if (signal.aborted) return;
    if (failures === 0) listener.lost(cause);
    // Instances that lost the same database do not come back at the same moment.
    const pauseMs = Math.min(firstPauseMs * 2 ** failures++, longestPauseMs) * (0.75 + Math.random() / 2);
    await pause(pauseMs, signal);
  }
}

/** @returns why the connection was lost, or could not be made. */
async function listenOnce(
  { url, connectTimeoutMs, answerTimeoutMs, checkMs }: ListenerSettings,
  channel: string,
  signal: AbortSignal,
  listener: Pick<ChannelListener, "message" | "connected">,
): Promise<unknown> {
  const client = new Client({
    connectionString: url,
    connectionTimeoutMillis: connectTimeoutMs,
    query_timeout: answerTimeoutMs,
    keepAlive: true,
    application_name: listenerName,
  });
  const broken = new Promise<unknown>(resolve => {
    client.on("error", resolve);
    client.on("end", () => resolve(new Error("the database ended the connection")));
  });
  client.on("notification", ({ payload }) => listener.message(payload ?? ""));
  const listen = async () => {
    await client.connect();
    await client.query(`LISTEN "${channel}"`);
    listener.connected();
    return Promise.race([broken, untilSilent(client, checkMs, signal)]);
  };
  const over = new AbortController();
  try {
    return await Promise.race([listen(), aborted(signal, over.signal)]);
  } catch (error) {
    return error;
  } finally {
    over.abort();
    await Promise.race([client.end().catch(() => undefined), pause(longestGoodbyeMs)]);
    client.connection.stream.destroy();
  }
}

/** Returns when the connection is not wanted any more; throws when it does not answer, or when its server may not be the one that is written to. */
async function untilSilent(client: Client, checkMs: number, signal: AbortSignal): Promise<void> {
  for (;;) {
    await pause(checkMs, signal);
    if (signal.aborted) return;
    // After a failover, the old primary may well be there, and say nothing of what the new one does. Also one that was read-only when this
    // connection was made: the next one may lead to the new.
    if (await readOnly(client)) throw new Error("the database is read-only");
  }
}

async function readOnly(client: Client): Promise<boolean> {
  const { rows } = await client.query<{ value: string }>(`SELECT current_setting('transaction_read_only') AS "value"`);
  return rows[0]?.value === "on";
}

/** @param over ends the waiting: of many connections one after the other, none must leave a listener behind. */
function aborted(signal: AbortSignal, over: AbortSignal): Promise<void> {
  return new Promise(resolve => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true, signal: over });
  });
}

/** Until the time is over or `signal` says so. Does not keep the process alive. */
async function pause(milliseconds: number, signal?: AbortSignal): Promise<void> {
  await delay(milliseconds, undefined, { ref: false, ...(signal ? { signal } : {}) }).catch(() => undefined);
}
