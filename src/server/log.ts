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
const paths = secretNames.flatMap(name => [`["${name}"]`, `*["${name}"]`, `*.*["${name}"]`]);

/** @param destination where to write; standard output when left out. */
export function createLog({ level, format }: LogSettings, destination?: DestinationStream): Logger {
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      redact: { paths, censor: "[removed]" },
      formatters: { level: label => ({ level: label }) },
    },
    destination ?? (format === "pretty" ? prettyStream() : undefined),
  );
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
