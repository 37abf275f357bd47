// The tree keeps its own rules: which way imports point, who reads the environment, no unchecked SQL, small files that say what they own.
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize, relative } from "node:path";

/** The table that ESLint reads too. */
const directions = JSON.parse(readFileSync("src/import-directions.json", "utf8")) as {
  layers: Readonly<Record<string, readonly string[]>>;
  modules: readonly string[];
};

interface SourceFile {
  path: string;
  text: string;
}

const sources: SourceFile[] = readdirSync("src", { recursive: true, withFileTypes: true })
  .filter(entry => entry.isFile() && /\.tsx?$/.test(entry.name))
  .map(entry => join(entry.parentPath, entry.name))
  .filter(path => !path.startsWith(join("src", "generated")))
  .map(path => ({ path, text: readFileSync(path, "utf8") }));
const serverSources = sources.filter(({ path }) => !path.startsWith(join("src", "playground")));

function importsOf({ path, text }: SourceFile): string[] {
  const found = text.matchAll(/(?:from|import\(|require\()\s*"(\.[^"]+)"/g);
  return [...found].map(match => relative("src", normalize(join(dirname(path), match[1] ?? ""))));
}

function layerOf(path: string): string {
  return path.split("/", 1)[0]?.replace(/\.ts$/, "") ?? "";
}

/** One line for each import that points the wrong way. */
function wrongImports(files: readonly SourceFile[]): string[] {
  return files.flatMap(file => {
    const from = relative("src", file.path);
    return importsOf(file)
      .filter(target => !mayImport(from, target))
      .map(target => `${from} → ${target}`);
  });
}

function mayImport(from: string, target: string): boolean {
  const [layer, other] = [layerOf(from), layerOf(target)];
  if (layer !== other) return directions.layers[layer]?.includes(other) ?? false;
  if (layer !== "modules") return true;
  const [module, otherModule] = [from, target].map(path => directions.modules.indexOf(path.split("/")[1] ?? ""));
  return module !== undefined && otherModule !== undefined && otherModule >= 0 && otherModule <= module;
}

describe("Imports", () => {
  it("point down only", () => {
    expect(wrongImports(serverSources)).toEqual([]);
  });

  it.each([
    ["src/db/example.ts", 'import { connect } from "../graphql/connection";'],
    ["src/request/example.ts", 'import type { Config } from "../config/config";'],
    ["src/modules/topic/example.ts", 'import { toolEntity } from "../tool/tool.rows";'],
    ["src/graphql/example.ts", 'const late = await import("../modules/tool/tool.rows");'],
  ])("that point up are found: %s", (path, text) => {
    expect(wrongImports([{ path, text }])).toHaveLength(1);
  });
});

describe("The source", () => {
  it("reads the environment in src/config alone", () => {
    const readers = serverSources.filter(({ text }) => text.includes("process.env")).map(({ path }) => path);
    expect(readers.every(path => path.startsWith(join("src", "config")))).toBe(true);
    expect(readers).not.toEqual([]);
  });

  it("sends no SQL that Prisma does not parameterise (R16)", () => {
    expect(sources.filter(({ text }) => /\$(query|execute)RawUnsafe/.test(text))).toEqual([]);
  });

  it("checks inputs as strictly as class-validator can, and takes no filter in a form that the schema does not have (R16)", () => {
    const loose = /forbidUnknownValues:\s*false|GraphQLJSON|JSONResolver|JSONObjectResolver/;
    expect(sources.filter(({ text }) => loose.test(text)).map(({ path }) => path)).toEqual([]);
    expect(sources.some(({ text }) => text.includes("forbidUnknownValues: true"))).toBe(true);
    // Then a filter that is undefined is an error of Prisma's, and does not find everything.
    expect(readFileSync("prisma/schema.prisma", "utf8")).toMatch(
      /previewFeatures\s*=\s*\[[^\]]*"strictUndefinedChecks"/,
    );
  });

  it("says at the top of each file what it owns", () => {
    expect(sources.filter(({ text }) => !text.startsWith("// ")).map(({ path }) => path)).toEqual([]);
  });

  it("has no unfinished or loosened code", () => {
    const marks = /TODO|FIXME|@ts-ignore|@ts-nocheck|\bas any\b|eslint-disable/;
    expect(sources.filter(({ text }) => marks.test(text)).map(({ path }) => path)).toEqual([]);
  });
});
