// `npm run test:faults`: the tests of faults and load with more rounds than the ordinary suite, and what was seen: time to recover from each fault,
// writes acknowledged and lost, latencies of honest clients, which are held to what is promised here. On PGlite; on PostgreSQL with TEST_DATABASE_URL.
//   --rounds N   5 when left out
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";

const { values } = parseArgs({ options: { rounds: { type: "string", default: "5" } } });
const directory = mkdtempSync(join(tmpdir(), "learngraph-faults-"));
const [report, results] = ["report.jsonl", "results.json"].map(file => join(directory, file));
const tests = [
  "test/e2e/faults",
  "test/e2e/http/(stop|unexpected-error)",
  "test/e2e/(publish-crash|two-servers)",
  "test/integration/(mail/mail-crash|db/directory-lock)",
  "test/unit/load",
];
const jest = ["--experimental-vm-modules", "node_modules/jest/bin/jest.js", "--ci", "--runInBand"];
const env = { ...process.env, FAULT_ROUNDS: values.rounds, FAULT_REPORT: report };
const { status } = spawnSync(process.execPath, [...jest, "--json", `--outputFile=${results}`, ...tests], {
  env,
  stdio: ["inherit", "ignore", "inherit"],
});

const observations = existsSync(report) ? readFileSync(report, "utf8").trim().split("\n").map(JSON.parse) : [];
const seen = kind => observations.filter(observation => observation.kind === kind);
const ms = value => `${Math.round(value).toLocaleString("en")} ms`;
console.log(`\nOn ${process.env.TEST_DATABASE_URL ? "PostgreSQL" : "PGlite"}, ${values.rounds} rounds.`);
console.log("\nTime to recover, once the fault is over:");
for (const { fault, milliseconds } of seen("recovery")) console.log(`  ${ms(milliseconds).padStart(9)}  ${fault}`);
console.log("\nWrites:");
for (const { fault, kills, acknowledged, lost } of seen("writes")) {
  console.log(`  ${acknowledged} acknowledged, ${lost} lost  ${fault}, ${kills} times`);
}
console.log("\nHonest clients:");
for (const { load, answered, lost, p50, p99 } of seen("latency")) {
  console.log(`  ${answered} answered, ${lost} lost, median ${ms(p50)}, 99 % ${ms(p99)}  ${load}`);
}
const run = existsSync(results) ? JSON.parse(readFileSync(results, "utf8")) : undefined;
rmSync(directory, { recursive: true });
const impossible = run?.numPendingTests ?? 0;
const failed = (run?.numFailedTests ?? 0) + (run?.numRuntimeErrorTestSuites ?? 1);
console.log(
  `\n${(run?.numTotalTests ?? 0) - impossible} cases tried, ${failed} failed, ${impossible} not possible here`,
);
process.exit(status === 0 && failed === 0 ? 0 : 1);
