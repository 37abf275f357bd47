// JSON as it is written, without the objects that JSON.stringify would have to be given.

/** JSON text that grows from its start to its end, though parts of it may be written later. */
export class JsonText {
  /** What was written behind the last gap. To be added to. */
  open = "";
  /** What stands before it. */
  private parts: (string | JsonText)[] | null = null;

  /** Leaves a place for a part that is written later. */
  gap(): JsonText {
    const part = new JsonText();
    (this.parts ??= []).push(this.open, part);
    this.open = "";
    return part;
  }

  /** All of it; to be asked for when every gap is filled. */
  toString(): string {
    if (!this.parts) return this.open;
    let text = "";
    for (const part of this.parts) text += typeof part === "string" ? part : part.toString();
    return text + this.open;
  }
}

/** Shorter text is looked through here; longer text is more likely to hold what has to be escaped, and JSON.stringify does both at once. */
const longestChecked = 60;
const [space, quote, backslash, firstSurrogate, lastSurrogate] = [0x20, 0x22, 0x5c, 0xd800, 0xdfff];

/** A string as JSON; what JSON.stringify gives. */
function jsonString(text: string): string {
  const { length } = text;
  if (length > longestChecked) return JSON.stringify(text);
  for (let index = 0; index < length; index++) {
    const code = text.charCodeAt(index);
    const isPlain = code >= space && code !== quote && code !== backslash;
    // Half a pair of surrogates has to be escaped.
    if (!isPlain || (code >= firstSurrogate && code <= lastSurrogate)) return JSON.stringify(text);
  }
  return `"${text}"`;
}

/** A value as JSON; what JSON.stringify gives. @throws TypeError for what is no value in JSON. */
export function jsonOf(value: unknown): string {
  if (typeof value === "string") return jsonString(value);
  if (typeof value === "boolean" || Number.isFinite(value)) return String(value);
  const text = JSON.stringify(value) as string | undefined;
  if (text === undefined) throw new TypeError("not a value in JSON");
  return text;
}
