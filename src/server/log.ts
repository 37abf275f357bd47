// The log: structured, one line an event, secrets removed by name wherever they stand.
import pino, { type DestinationStream, type Logger } from "pino";

export interface LogSettings {
  level: string;
  format: "pretty" | "json";
}

const secretNames = new Set([
  "authorization",
  ...["cookie", "set-cookie", "x-guest-token"],
  ...["password", "currentPassword", "newPassword", "passwordHash"],
  ...["token", "accessToken", "refreshToken", "guestToken", "secret", "signingKeys"],
]);
/** How many errors behind an error are told. */
const maxCauses = 5;
/** How far down things within things are looked through; what is deeper is left out. */
const maxDepth = 5;

/** @param destination where to write; standard output when left out. */
export function createLog({ level, format }: LogSettings, destination?: DestinationStream): Logger {
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      // Not pino's `redact`: looking for names anywhere took it 20 µs a line, half of what a whole repeated request takes.
      formatters: { level: label => ({ level: label }), log: withoutSecrets },
      // In place of pino's own, which would look for an error in what is shown of one already.
      serializers: { err: (shown: unknown) => shown },
    },
    destination ?? (format === "pretty" ? prettyStream() : undefined),
  );
}

/** Of each request that was answered; who asked is not in it. `ms` is how long it took. */
export function logRequest(log: Logger, requestId: string, method: string, path: string, status: number, ms: number) {
  log.info({ requestId, method, path, status, ms: Math.round(ms) }, "request");
}

/** The same object when there is nothing to hide in it, else a copy. */
function withoutSecrets<T extends object>(object: T, depth = 0): T {
  const given = object as Record<string, unknown>;
  let shown = given;
  for (const name in given) {
    const value = given[name];
    const visible = visibleOf(name, value, depth);
    if (visible === value) continue;
    if (shown === given) shown = copyOf(given);
    shown[name] = visible;
  }
  return shown as T;
}

function visibleOf(name: string, value: unknown, depth: number): unknown {
  if (value === undefined) return undefined;
  if (secretNames.has(name)) return "[removed]";
  if (name === "err" || value instanceof Error) return withoutValues(value);
  if (typeof value !== "object" || value === null) return value;
  return depth < maxDepth ? withoutSecrets(value, depth + 1) : "[too deep]";
}

function copyOf(object: Record<string, unknown>): Record<string, unknown> {
  if (Array.isArray(object)) return object.slice() as unknown as Record<string, unknown>;
  return Object.assign(Object.create(Object.getPrototypeOf(object) as object | null) as object, object);
}

/**
 * What an error says of itself and no more. Drivers hang on it what they have at hand: the details of PostgreSQL repeat the whole row
 * that broke a rule, password hash included.
 */
function withoutValues(error: unknown, depth = 0): unknown {
  if (typeof error !== "object" || error === null) return { message: String(error) };
  const { name, code, message, stack, cause } = error as Partial<NodeJS.ErrnoException> & { cause?: unknown };
  return {
    ...{ type: name, code, message, stack },
    ...(cause === undefined || depth >= maxCauses ? {} : { cause: withoutValues(cause, depth + 1) }),
  };
}

/** For people at a terminal. Loaded only where it is used; without it (a production install) the log is JSON. */
function prettyStream(): DestinationStream | undefined {
  try {
    const pretty = require("pino-pretty") as typeof import("pino-pretty");
    return pretty.PinoPretty({
      colorize: process.stdout.isTTY,
      ignore: "pid,hostname",
      translateTime: "HH:MM:ss",
      sync: true,
    });
  } catch {
    return undefined;
  }
}
