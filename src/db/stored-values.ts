// What PostgreSQL can store, asked before a value is sent: it would refuse the statement otherwise.

/** PostgreSQL stores neither NUL nor half of a surrogate pair. */
export function isStorableText(text: string): boolean {
  return !text.includes("\0") && text.isWellFormed();
}

/** A day of the calendar as `YYYY-MM-DD`, from the year 1 on: there was no year 0. */
export function isCalendarDay(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text) || text.startsWith("0000")) return false;
  const time = Date.parse(`${text}T00:00:00Z`);
  // The 30th of February is read as a day in March.
  return Number.isFinite(time) && new Date(time).toISOString().startsWith(text);
}

/** An instant as our rows hold it: in UTC with milliseconds. */
export function isStoredInstant(text: string): boolean {
  return /^\d{4}-\d{2}-\d{2}T([01]\d|2[0-3]):[0-5]\d:[0-5]\d\.\d{3}Z$/.test(text) && isCalendarDay(text.slice(0, 10));
}
