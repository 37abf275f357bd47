// The end of `.ci/run`: what failed once more, which is what is read of a long report first, and how many tests passed and failed.
// Usage: node scripts/count-tests.mjs <directory of Jest's JSON reports> [title of a failed step]…
import { readdirSync, readFileSync } from "node:fs";
import { relative } from "node:path";
import { stripVTControlCharacters } from "node:util";

const longestMessage = 25; // lines
const [directory, ...steps] = process.argv.slice(2);
const runs = readdirSync(directory).map(file => JSON.parse(readFileSync(`${directory}/${file}`, "utf8")));

const tell = (title, message = "") => {
  console.log(`\nFAILED: ${title}`);
  if (message) console.log(stripVTControlCharacters(message).split("\n").slice(0, longestMessage).join("\n"));
};
steps.forEach(title => tell(title));
for (const { name, message, assertionResults } of runs.flatMap(run => run.testResults)) {
  const file = relative(process.cwd(), name);
  const failed = assertionResults.filter(test => test.status === "failed");
  for (const { fullName, failureMessages } of failed) tell(`${file}: ${fullName}`, failureMessages.join("\n"));
  if (failed.length === 0 && message) tell(file, message);
}

const sum = key => runs.reduce((total, run) => total + run[key], 0);
const passed = sum("numPassedTests");
// A suite that could not even be loaded has no failed test; it counts as one failure all the same, and so does each failed step.
const failed = sum("numFailedTests") + sum("numRuntimeErrorTestSuites") + steps.length;
console.log(`\n${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 || passed === 0 ? 1 : 0;
