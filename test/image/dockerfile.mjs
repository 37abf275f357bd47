// Reads a Dockerfile and a .dockerignore: as much of their language as ours use. What it does not know it refuses, so that no step is
// passed over in silence.

/**
 * @typedef {{ name: string, base: string, steps: { instruction: string, flags: Record<string, string>, rest: string }[] }} Stage
 * @returns {Stage[]}
 */
export function parseDockerfile(text) {
  const lines = text
    .split("\n")
    .filter(line => !/^\s*(#|$)/.test(line))
    .join("\n")
    .replaceAll(/\\\n/g, " ")
    .split("\n");
  const stages = [];
  for (const line of lines) {
    const [, instruction, flags, rest] = /^([A-Z]+)((?:\s+--[\w-]+=\S+)*)\s+(.*)$/.exec(line) ?? [];
    if (instruction === undefined) throw new Error(`not understood: ${line}`);
    if (instruction === "FROM") {
      const [base, , name = `stage-${stages.length}`] = rest.split(/\s+/);
      stages.push({ name, base, steps: [] });
      continue;
    }
    const given = [...flags.matchAll(/--([\w-]+)=(\S+)/g)].map(([, name, value]) => [name, value]);
    stages.at(-1).steps.push({ instruction, flags: Object.fromEntries(given), rest });
  }
  return stages;
}

/** The words of an instruction in exec form: of `CMD ["node", "main.js"]`, node and main.js. */
export function execForm(rest) {
  const words = JSON.parse(rest.replace(/^CMD /, ""));
  if (!Array.isArray(words) || words.length === 0) throw new Error(`not in exec form: ${rest}`);
  return words;
}

/** @returns {(path: string) => boolean} whether a path of the project comes into the build: the last rule that matches it decides. */
export function parseDockerignore(text) {
  const rules = text
    .split("\n")
    .map(line => line.trim())
    .filter(line => line !== "" && !line.startsWith("#"))
    .map(line => {
      const pattern = line.replace(/^!/, "");
      if (/[?[\]]|\*\*/.test(pattern)) throw new Error(`not understood: ${line}`);
      const expression = pattern.replaceAll(".", "\\.").replaceAll("*", "[^/]*");
      return { included: line.startsWith("!"), matches: new RegExp(`^${expression}(/|$)`) };
    });
  return path => rules.findLast(({ matches }) => matches.test(path))?.included ?? true;
}
