// Variables in the environment that look like ours and are none: a setting with a slip in its name is otherwise a setting left out.
import { variableNames } from "./config";

export interface UnknownVariable {
  name: string;
  /** The setting that is perhaps meant. */
  meant: string | null;
}

/** First words that others use too: only a slip of the pen is found under them. */
const sharedWords = new Set(["NODE", "LOG", "HOST", "PORT", "PUBLIC", "DATA", "SHARED", "STOP"]);
/** What Docker and Kubernetes tell of a service that is called redis, say. */
const aboutServices = /_SERVICE_(HOST|PORT)|_PORT(_|$)|_NAME$|_ENV_/;

/** The names alone: a value may be a secret. */
export function unknownVariables(
  env: Readonly<Record<string, string | undefined>> = process.env,
): readonly UnknownVariable[] {
  const known: ReadonlySet<string> = new Set(variableNames);
  const words = new Set(variableNames.filter(name => name.includes("_")).map(firstWord));
  return Object.keys(env)
    .filter(name => /^[A-Z][A-Z0-9_]*$/.test(name) && !known.has(name))
    .map(name => ({ name, meant: nearest(name) }))
    .filter(
      ({ name, meant }) =>
        meant !== null ||
        (words.has(firstWord(name)) && !sharedWords.has(firstWord(name)) && !aboutServices.test(name)),
    )
    .sort((a, b) => a.name.localeCompare(b.name));
}

const firstWord = (name: string): string => name.split("_", 1)[0] ?? name;

/** The setting that is two slips away at most; short names are too much alike for that. */
function nearest(name: string): string | null {
  if (name.length < 7) return null;
  const near = variableNames
    .map(known => ({ known, distance: distanceBetween(name, known) }))
    .filter(({ distance }) => distance <= 2)
    .sort((a, b) => a.distance - b.distance);
  return near[0]?.known ?? null;
}

/** How many letters have to be added, removed or replaced to come from one to the other (Levenshtein). */
function distanceBetween(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const replaced = (previous[column - 1] ?? 0) + (a[row - 1] === b[column - 1] ? 0 : 1);
      current.push(Math.min(replaced, (previous[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1));
    }
    previous = current;
  }
  return previous[b.length] ?? 0;
}
