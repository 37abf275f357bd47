// Text of answers as bytes. Node encodes text that goes out by itself, but takes half as long again for what has a character beyond Latin-1.

/** Where text is encoded before its length in bytes is known. */
const scratch = Buffer.allocUnsafeSlow(1 << 18);
const mostBytesOfUnit = 3;

export function utf8(text: string): Buffer {
  if (text.length * mostBytesOfUnit > scratch.length) return Buffer.from(text);
  const length = scratch.write(text);
  const bytes = Buffer.allocUnsafe(length);
  scratch.copy(bytes, 0, 0, length);
  return bytes;
}
