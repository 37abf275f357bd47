// The log: structured, one line an event, secrets removed by name wherever they stand.
import pino, { type DestinationStream, type Logger } from "pino";

export interface LogSettings {
  level: string;
  format: "pretty" | "json";
}

const secretNames = [
  "authorization",
  ...["cookie", "set-cookie", "x-guest-token"],
  ...["password", "currentPassword", "newPassword", "passwordHash"],
  ...["token", "accessToken", "refreshToken", "guestToken", "secret", "signingKeys"],
];
/** How many errors behind an error are told. */
const maxCauses = 5;

const paths = secretNames.flatMap(name => [`["${name}"]`, `*["${name}"]`, `*.*["${name}"]`]);

/** @param destination where to write; standard output when left out. */
export function createLog({ level, format }: LogSettings, destination?: DestinationStream): Logger {
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      redact: { paths, censor: "[removed]" },
      serializers: { err: withoutValues },
      formatters: { level: label => ({ level: label }) },
    },
    destination ?? (format === "pretty" ? prettyStream() : undefined),
  );
}

/** Of each request that was answered; who asked is not in it. `ms` is how long it took. */
export function logRequest(log: Logger, requestId: string, method: string, path: string, status: number, ms: number) {
  log.info({ requestId, method, path, status, ms: Math.round(ms) }, "request");
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
