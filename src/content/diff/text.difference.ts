// Two texts word by word: the paragraphs that differ first, then the words in which they do. Its work is bounded: texts that would take
// too long are replaced as a whole.
import { diffArrays } from "diff";

export type WordChangeKind = "SAME" | "REMOVED" | "ADDED";

/** A piece of two texts: what both have, or only the one before, or only the one after. */
export interface WordChange {
  kind: WordChangeKind;
  text: string;
}

/** Pieces of one comparison of texts; what comes after them is one piece. */
export const maxWordChanges = 1_000;

/** How much searching is left. Texts that are compared together share one, so that many of them take no longer than one. */
export interface Effort {
  left: number;
}

/** Some tenths of a second on a slow machine. */
export const fullEffort = (): Effort => ({ left: 250_000 });

/** Searching takes time that grows with the square of the edits; of more than this, nobody reads the words one by one. */
const mostEdits = 250;
/** As many comparisons of two tokens take about as long as one step of the search. */
const comparisonsPerStep = 100;

/** Marks, joiners and modifiers belong to the character before them. */
const extend = String.raw`[\p{Grapheme_Extend}\p{M}\p{Cf}\p{Emoji_Modifier}]`;
/** Written without spaces: every character counts as a word. */
const ideograph = String.raw`[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]`;
const letters = String.raw`(?:(?!${ideograph})[\p{L}\p{N}\p{M}\p{Pc}\p{Cf}])+`;
const emoji = String.raw`(?:\p{Extended_Pictographic}${extend}*)+`;
/**
 * A word, emoji or sign with the blanks before it. No token ends inside a character as a reader sees it. Not Intl.Segmenter, which
 * takes time that grows with the square of the text.
 */
const words = new RegExp(
  String.raw`\s*(?:${letters}(?:['’]${letters})*|${emoji}|\p{RI}{2}|\S)${extend}*|\s+${extend}*`,
  "gu",
);
/** A line with the empty lines before it. */
const lines = /\n*[^\n]+|\n+/g;
/** What two texts have in common with one of these is worth showing between two changes. */
const meaning = /[\p{L}\p{N}\n]/u;

/** @returns pieces in order: SAME and REMOVED joined are exactly `before`, SAME and ADDED exactly `after`; at most `maxWordChanges`. */
export function compareTexts(before: string, after: string, effort: Effort = fullEffort()): WordChange[] {
  return bounded(joined(runsBetween([lines, words], before, after, effort)).flatMap(changesOf));
}

/** How much of two texts is not the same in both: from 0 to 1. */
export function shareChanged(changes: readonly WordChange[]): number {
  const lengthOf = (kinds: readonly WordChangeKind[]) =>
    changes.reduce((length, { kind, text }) => (kinds.includes(kind) ? length + text.length : length), 0);
  const changed = lengthOf(["REMOVED", "ADDED"]);
  return changed === 0 ? 0 : changed / (changed + 2 * lengthOf(["SAME"]));
}

/** Pieces of both texts that stand for each other. */
interface Run {
  before: string;
  after: string;
}

const isSame = ({ before, after }: Run) => before === after;

/** @param levels from coarse to fine: what differs at one is compared again at the next. */
function runsBetween([tokens, ...finer]: readonly RegExp[], before: string, after: string, effort: Effort): Run[] {
  const runs =
    tokens && before !== "" && after !== "" && effort.left >= 1
      ? runsOfTokens(before.match(tokens) ?? [], after.match(tokens) ?? [], effort)
      : undefined;
  if (!runs) return [{ before, after }];
  return runs.flatMap(run => (isSame(run) ? [run] : runsBetween(finer, run.before, run.after, effort)));
}

/** Undefined when the search would take more edits than are allowed. */
function runsOfTokens(before: readonly string[], after: readonly string[], effort: Effort): Run[] | undefined {
  const width = (before.length + after.length) / comparisonsPerStep;
  const affordable = (Math.sqrt(width ** 2 + 4 * effort.left) - width) / 2;
  const most = Math.min(mostEdits, Math.floor(affordable));
  if (fewestEdits(before, after) > most) return undefined;
  const found = diffArrays([...before], [...after], { maxEditLength: most });
  const edits = found?.reduce((sum, { added, removed, count }) => (added || removed ? sum + count : sum), 0) ?? most;
  effort.left -= edits * (edits + width);
  return (
    found &&
    joined(
      found.map(({ value, added, removed }) => ({
        before: added ? "" : value.join(""),
        after: removed ? "" : value.join(""),
      })),
    )
  );
}

/** Tokens that one side has more often than the other are edits, wherever they stand. */
function fewestEdits(before: readonly string[], after: readonly string[]): number {
  const surplus = new Map<string, number>();
  for (const token of before) surplus.set(token, (surplus.get(token) ?? 0) + 1);
  for (const token of after) surplus.set(token, (surplus.get(token) ?? 0) - 1);
  return [...surplus.values()].reduce((sum, count) => sum + Math.abs(count), 0);
}

/** Neighbours of one sort become one run; a comma that stayed between two changes is part of the change. */
function joined(runs: readonly Run[]): Run[] {
  const result: Run[] = [];
  let isLastSame = false;
  for (const [index, run] of runs.entries()) {
    const last = result.at(-1);
    const next = runs[index + 1];
    const isBetweenChanges: boolean = last !== undefined && !isLastSame && next !== undefined && !isSame(next);
    const isRunSame: boolean = isSame(run) && !(isBetweenChanges && !meaning.test(run.before));
    if (last && isLastSame === isRunSame) {
      last.before += run.before;
      last.after += run.after;
    } else {
      result.push({ ...run });
    }
    isLastSame = isRunSame;
  }
  return result;
}

function changesOf(run: Run): WordChange[] {
  const changes: WordChange[] = isSame(run)
    ? [{ kind: "SAME", text: run.before }]
    : [
        { kind: "REMOVED", text: run.before },
        { kind: "ADDED", text: run.after },
      ];
  return changes.filter(({ text }) => text !== "");
}

function bounded(changes: readonly WordChange[]): WordChange[] {
  if (changes.length <= maxWordChanges) return [...changes];
  const rest = changes.slice(maxWordChanges - 2);
  const textOf = (other: WordChangeKind) => rest.map(({ kind, text }) => (kind === other ? "" : text)).join("");
  return [...changes.slice(0, maxWordChanges - 2), ...changesOf({ before: textOf("ADDED"), after: textOf("REMOVED") })];
}
