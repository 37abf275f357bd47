// This machine's clock against another's. Tokens, sessions and schedules compare times that different machines wrote.
import { failure, ok, warning } from "./checkup";

export interface ClockReading {
  /** What the other clock said, in milliseconds of the epoch, at some moment between the two readings of our own. */
  time: number;
  askedAt: number;
  answeredAt: number;
}

const tolerableMs = 1_000;
const harmfulMs = 30_000;

/** @param whose such as "the database's clock" */
export function compareClocks(whose: string, { time, askedAt, answeredAt }: ClockReading) {
  // What cannot be told apart from the way there and back is no difference.
  const early = Math.max(0, askedAt - time);
  const late = Math.max(0, time - answeredAt);
  const apartMs = Math.max(early, late);
  if (apartMs <= tolerableMs) return ok(`this machine's clock and ${whose} agree within ${tolerableMs / 1000} s`);
  const seconds = (apartMs / 1000).toFixed(apartMs < 10_000 ? 1 : 0);
  const message = `this machine's clock is ${seconds} s ${early > 0 ? "ahead of" : "behind"} ${whose}: let both follow a time server (NTP)`;
  return apartMs < harmfulMs ? warning(message) : failure(`${message}. Tokens and sessions end too early or too late`);
}
