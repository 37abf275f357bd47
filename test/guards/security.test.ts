// Each promise of docs/security.md has a test that names it, and the libraries that some of them stand on are new enough.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const requirements = Array.from({ length: 25 }, (_, index) => `R${index + 1}`);
/** The rows of the table "What bad input gets". */
const rows = Array.from({ length: 18 }, (_, index) => `B${index + 1}`);

const tests = readdirSync("test", { recursive: true, withFileTypes: true })
  .filter(entry => entry.isFile() && entry.name.endsWith(".test.ts"))
  .map(entry => join(entry.parentPath, entry.name));

/** The promises that the titles in a test file name, in parentheses at their ends. */
function namedIn(text: string): string[] {
  return [...text.matchAll(/ \(([RB]\d+(?:, [RB]\d+)*)\)["`],/g)].flatMap(([, ids = ""]) => ids.split(", "));
}

describe("docs/security.md", () => {
  const document = readFileSync("docs/security.md", "utf8");
  const named = new Set(tests.flatMap(path => namedIn(readFileSync(path, "utf8"))));

  it.each([...requirements, ...rows])("makes promise %s, and a test names it", id => {
    expect(document).toMatch(new RegExp(`\\b${id}\\b`));
    expect(named).toContain(id);
  });

  it("makes no promise that is not known, and no test names one", () => {
    const known = [...requirements, ...rows];
    expect([...named].filter(id => !known.includes(id))).toEqual([]);
    expect([...document.matchAll(/\b[RB]\d+\b/g)].map(([id]) => id).filter(id => !known.includes(id))).toEqual([]);
  });

  it("is not kept by words in a test that are no title", () => {
    expect(namedIn('it("ends (R10, B16)", async () => {')).toEqual(["R10", "B16"]);
    expect(namedIn("// As R10 says (R10).\nconst text = 'R11';")).toEqual([]);
  });
});

describe("The lock file (R1)", () => {
  const { packages } = JSON.parse(readFileSync("package-lock.json", "utf8")) as {
    packages: Record<string, { version?: string }>;
  };
  /** Of every copy that is installed. */
  const versionsOf = (name: string) =>
    Object.entries(packages).flatMap(([path, { version }]) =>
      path.endsWith(`node_modules/${name}`) && version ? [version] : [],
    );
  const numbers = (version: string) => version.split("-")[0]?.split(".").map(Number) ?? [];
  function isAtLeast(version: string, least: string): boolean {
    const [mine, theirs] = [numbers(version), numbers(least)];
    const at = theirs.findIndex((part, index) => mine[index] !== part);
    return at === -1 || (mine[at] ?? 0) > (theirs[at] ?? 0);
  }

  it.each([
    ["graphql", "16.15.0"],
    ["@apollo/server", "5.5.0"],
    ["class-validator", "0.14.3"],
    ["validator", "13.15.22"],
  ])("has %s in version %s or later, in every copy", (name, least) => {
    expect(versionsOf(name)).not.toEqual([]);
    expect(versionsOf(name).filter(version => !isAtLeast(version, least))).toEqual([]);
  });

  it("is compared number by number", () => {
    expect([isAtLeast("16.9.0", "16.15.0"), isAtLeast("16.15.0", "16.15.0"), isAtLeast("17.0.0", "16.15.0")]).toEqual([
      false,
      true,
      true,
    ]);
  });
});
