// What counts as a slug, an emoji, a day, a decimal or a URL in content. Pure; knows nothing of files.
import { isCalendarDay } from "../db/stored-values";

export const slugPattern = /^[a-z0-9]+(-[a-z0-9]+)*$/;
const longestSlug = 80;

export function isSlug(value: string): boolean {
  return value.length <= longestSlug && slugPattern.test(value);
}

/** The address that a heading gets when it names none: `The AI Opportunity` → `the-ai-opportunity`. Empty when no letter or digit survives. */
export function slugOf(heading: string): string {
  return heading
    .normalize("NFKD")
    .replace(/\p{Mark}/gu, "")
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .slice(0, longestSlug)
    .replace(/^-|-$/g, "");
}

/** Counted as PostgreSQL counts: by code point. */
export function lengthOf(value: string): number {
  return Array.from(value).length;
}

/** A pictograph with what may modify or join it, a flag, or a keycap. */
const emojiPattern =
  /^(\p{Extended_Pictographic}[\p{Extended_Pictographic}\p{Emoji_Modifier}\u200D\uFE0F\u{E0020}-\u{E007F}]*|\p{Regional_Indicator}{2}|[0-9#*]\uFE0F?\u20E3)$/u;
const graphemes = new Intl.Segmenter("en", { granularity: "grapheme" });

/** One emoji as a reader sees it, however many code points it is made of. */
export function isEmoji(value: string): boolean {
  return value.length <= 40 && emojiPattern.test(value) && [...graphemes.segment(value)].length === 1;
}

/** A day of the calendar as `YYYY-MM-DD`, in a year that an editor can mean. */
export function isDay(value: string): boolean {
  return /^[12]/.test(value) && isCalendarDay(value);
}

export function dayOf(value: string): Date {
  return new Date(`${value}T00:00:00Z`);
}

export function isDecimal(value: string): boolean {
  return /^-?(0|[1-9]\d{0,11})(\.\d{1,4})?$/.test(value);
}

/** The one way to write a decimal: `2.50` → `2.5`, `-0` → `0`. */
export function plainDecimal(value: string): string {
  const plain = value.includes(".") ? value.replace(/\.?0+$/, "") : value;
  return plain === "-0" ? "0" : plain;
}

export function isWebAddress(value: string): boolean {
  return /^https?:\/\/[^\s/]/.test(value) && !/\s/.test(value) && URL.canParse(value);
}

/** A path on this site. Browsers read `//host` and `/\host` as another site. */
export function isSitePath(value: string): boolean {
  return /^\/(?![/\\])/.test(value) && !/\s/.test(value);
}
