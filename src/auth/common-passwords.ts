// Passwords that many people use, from a list made of leaked ones. The list is loaded when the first password is chosen: it takes
// a tenth of a second and some megabytes, and a server that only reads never needs it.

/** Shorter ones say nothing about a longer password that begins with them. */
const minLength = 8;

let known: ReadonlySet<string> | undefined;

/** Whether it is a common password, or one of at least 8 characters with digits, punctuation or spaces behind it; in capitals or not. */
export function isCommonPassword(password: string): boolean {
  const text = password.toLowerCase();
  const trimmed = text.replace(/[^\p{L}]+$/u, "");
  for (let end = text.length; end >= Math.max(trimmed.length, minLength); end--) {
    if (commonPasswords().has(text.slice(0, end))) return true;
  }
  return false;
}

function commonPasswords(): ReadonlySet<string> {
  return (known ??= loadList());
}

function loadList(): ReadonlySet<string> {
  const { dictionary } = require("@zxcvbn-ts/language-common") as typeof import("@zxcvbn-ts/language-common");
  return new Set(dictionary["passwords-common"].filter(password => password.length >= minLength));
}
