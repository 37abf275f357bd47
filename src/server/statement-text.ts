// What is told of an SQL statement: its verb and its table, guessed from the text, and the text itself, which holds no values (all are parameters).

/** Of a few: statements are ours. */
const verbs = new Set(["SELECT", "INSERT", "UPDATE", "DELETE", "WITH"]);

export function verbOf(text: string): string {
  const verb = /^\s*(\w+)/.exec(text)?.[1]?.toUpperCase() ?? "";
  return verbs.has(verb) ? verb : "OTHER";
}

/** Such as `SELECT tool`: the verb, and the first table that is named. */
export function summaryOf(text: string): string {
  const table = /\b(?:FROM|INTO|UPDATE)\s+(?:"?public"?\.)?"?([a-z]\w*)/i.exec(text)?.[1];
  return table === undefined ? verbOf(text) : `${verbOf(text)} ${table}`;
}

export const oneLine = (text: string): string => text.replace(/\s+/g, " ").trim();
