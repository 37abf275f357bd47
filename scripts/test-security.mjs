// `npm run test:security`: runs every test file that names a promise of docs/security.md, and adds up what they have tried. On PGlite, or on
// the PostgreSQL server of TEST_DATABASE_URL. Further arguments go to Jest.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** As test/guards/security.test.ts reads them. */
const named = / \([RB]\d+(?:, [RB]\d+)*\)["`],/;
const files = readdirSync("test", { recursive: true })
  .filter(name => name.endsWith(".test.ts"))
  .map(name => join("test", name))
  .filter(path => named.test(readFileSync(path, "utf8")) || path.startsWith(join("test", "e2e", "security")));

const directory = mkdtempSync(join(tmpdir(), "learngraph-security-"));
try {
  const results = join(directory, "results.json");
  const cases = join(directory, "cases.jsonl");
  writeFileSync(cases, "");
  const jest = ["--experimental-vm-modules", "node_modules/jest/bin/jest.js", "--runTestsByPath", ...files];
  const { status } = spawnSync(
    process.execPath,
    [...jest, "--json", `--outputFile=${results}`, ...process.argv.slice(2)],
    { stdio: ["inherit", "ignore", "inherit"], env: { ...process.env, SECURITY_CASES: cases } },
  );
  print(
    JSON.parse(readFileSync(results, "utf8")),
    readFileSync(cases, "utf8")
      .split("\n")
      .filter(Boolean)
      .map(line => JSON.parse(line)),
  );
  process.exitCode = status ?? 1;
} finally {
  rmSync(directory, { recursive: true });
}

function print(run, counts) {
  const kinds = grouped(counts);
  const sum = (of, key) => of.reduce((total, count) => total + count[key], 0);
  const row = (name, tried, failed) =>
    `${name.padEnd(28)}${String(tried).padStart(8)} tried${String(failed).padStart(7)} failed`;
  const database = process.env.TEST_DATABASE_URL ? "PostgreSQL" : "PGlite";
  console.log(`\nSecurity, on ${database}\n`);
  for (const [kind, of] of kinds) console.log(row(kind, sum(of, "tried"), sum(of, "failed")));
  console.log(row("all generated cases", sum(counts, "tried"), sum(counts, "failed")));
  const failed = run.numFailedTests + run.numRuntimeErrorTestSuites;
  console.log(row(`tests in ${run.numTotalTestSuites} files`, run.numPassedTests + failed, failed));
}

function grouped(counts) {
  const kinds = new Map();
  for (const count of counts) kinds.set(count.kind, [...(kinds.get(count.kind) ?? []), count]);
  return kinds;
}
