// Passwords: hashed with Argon2id off the main thread, a bounded number at once, and judged before they are taken. Never logged, and
// never a part of an error.
import { randomBytes } from "node:crypto";
import { hash as argon2Hash, parseOptions, verify as argon2Verify } from "@node-rs/argon2";
import { AppError } from "../errors/app-error";
import { networkOf } from "./attempts";
import { isCommonPassword } from "./common-passwords";
import { createGate } from "./gate";

/** `from` is the address that asks: while hashes have to wait, networks take turns. */
export interface PasswordService {
  /** @returns a hash in the PHC form, parameters included. @throws AppError SERVICE_UNAVAILABLE when too many wait. */
  hash(password: string, from: string): Promise<string>;
  /** Null, for an account that is not there, takes as long as a hash of the present parameters, and is false. @throws like `hash` */
  verify(hash: string | null, password: string, from: string): Promise<boolean>;
  /** Whether the hash was made with other parameters than the present ones, or is none. */
  needsRehash(hash: string): boolean;
}

export interface PasswordSettings {
  memoryKiB: number;
  passes: number;
  parallelism: number;
  /** Hashes made at once; each takes `memoryKiB`, and a thread of libuv's pool, which has four unless told. */
  concurrency: number;
  /** Callers that may wait for their turn; those beyond are refused. */
  queue: number;
}

export function createPasswordService(settings: PasswordSettings): PasswordService {
  const { memoryKiB: memoryCost, passes: timeCost, parallelism, concurrency, queue } = settings;
  // Without a cause: no fault, but too much to do.
  const refusal = () =>
    new AppError("SERVICE_UNAVAILABLE", "Too many passwords wait to be checked. Try again in a moment.");
  const inTurn = createGate(concurrency, queue, refusal);
  const nobody = hashOfNothing(settings);
  return {
    // Argon2id is what the library makes unless told otherwise.
    hash: (password, from) =>
      inTurn(() => argon2Hash(normalised(password), { memoryCost, timeCost, parallelism }), networkOf(from)),
    verify: async (hash, password, from) => {
      const matches = await inTurn(() => argon2Verify(hash ?? nobody, normalised(password)), networkOf(from));
      return matches && hash !== null;
    },
    needsRehash: hash => {
      const made = parametersOf(hash);
      return made?.memoryCost !== memoryCost || made.timeCost !== timeCost || made.parallelism !== parallelism;
    },
  };
}

const minLength = 10;
const maxLength = 128;

/**
 * Null for a password that can be taken, else a sentence that says what is wrong, without the password.
 * @param about what others know of its owner: email and name. A password that is one of these, or the part of the email before the `@`,
 * whatever stands between its letters and whatever digits follow, is refused.
 */
export function passwordProblem(password: string, about: readonly string[]): string | null {
  const text = normalised(password);
  const typed = codePoints(password);
  // Neither is a ligature as long as what it stands for, nor an accent a character of its own.
  if (Math.min(typed, codePoints(text)) < minLength) return `Use at least ${minLength} characters.`;
  if (typed > maxLength) return `Use at most ${maxLength} characters.`;
  if (new Set(text).size === 1) return "Use more than one character, repeated.";
  if (isSequence(text)) return "Use something less regular than the order of an alphabet or a keyboard.";
  if (isCommonPassword(text)) return "Many people use this password: it would be guessed.";
  if (names(about).has(bare(text))) return "Use something other than your name or email address.";
  return null;
}

const codePoints = (text: string): number => Array.from(text).length;

/**
 * The same characters can arrive as different code points: é as one or two, Ａ of a Japanese keyboard as A. Without this, a person
 * could not sign in from another machine (NIST SP 800-63B, 5.1.1.2).
 */
function normalised(password: string): string {
  return password.normalize("NFKC");
}

/** A hash that no password has, and that takes the time of a real one to compare. */
function hashOfNothing({ memoryKiB, passes, parallelism }: PasswordSettings): string {
  const random = (bytes: number) => randomBytes(bytes).toString("base64").replace(/=+$/, "");
  return `$argon2id$v=19$m=${memoryKiB},t=${passes},p=${parallelism}$${random(16)}$${random(32)}`;
}

function parametersOf(hash: string) {
  try {
    return parseOptions(hash);
  } catch {
    return undefined;
  }
}

const rows = [
  "0123456789",
  "abcdefghijklmnopqrstuvwxyz",
  "qwertyuiop",
  "qwertyuiopasdfghjklzxcvbnm",
  "asdfghjkl",
  "zxcvbnm",
];
const sequences = rows.flatMap(row => [row, Array.from(row).reverse().join("")]).map(row => row.repeat(20));

/** A stretch of the alphabet, the digits or a keyboard's rows, forward or backward, from the start again at the end. */
function isSequence(text: string): boolean {
  const lower = text.toLowerCase();
  return sequences.some(sequence => sequence.includes(lower));
}

function names(about: readonly string[]): ReadonlySet<string> {
  const all = about.flatMap(text => [text, text.slice(0, Math.max(text.lastIndexOf("@"), 0))]);
  return new Set(all.map(text => bare(normalised(text))).filter(text => text !== ""));
}

/** Letters and digits only, in small letters, without the digits at the end. */
function bare(text: string): string {
  return text
    .toLowerCase()
    .replace(/[^\p{L}\p{M}\p{N}]/gu, "")
    .replace(/\p{N}+$/u, "");
}
