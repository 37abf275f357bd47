// Reads a file of NAME=value lines, each with the comment lines that stand above it.

export interface EnvEntry {
  name: string;
  value: string;
  comment: string;
}

export function parse(text: string): EnvEntry[] {
  const entries: EnvEntry[] = [];
  let comment: string[] = [];
  for (const line of text.split("\n")) {
    const [, name, value = ""] = /^([A-Z_]+)=(.*)$/.exec(line) ?? [];
    if (line.startsWith("#")) comment.push(line.replace(/^#\s*/, ""));
    else if (name === undefined) comment = [];
    else entries.push({ name, value, comment: comment.join(" ") });
  }
  return entries;
}
