// Reads what `npm audit --json` printed and says what it means: exit code 0 without vulnerabilities of level high or critical, 1 with some, and
// 75 (EX_TEMPFAIL of sysexits.h) when the registry did not answer the question. That is no audit passed, and none failed either.
import { text } from "node:stream/consumers";

const serious = ["high", "critical"];
const report = parse(await text(process.stdin));

if (report?.auditReportVersion === undefined || report.metadata?.vulnerabilities === undefined) {
  const reason = report?.message ?? report?.error?.summary ?? "npm audit printed no report";
  console.log(`The audit could not be made: ${reason}. Whether there are vulnerabilities is not known.`);
  process.exit(75);
}
const counts = report.metadata.vulnerabilities;
for (const { name, severity, via, fixAvailable } of Object.values(report.vulnerabilities ?? {})) {
  if (!serious.includes(severity)) continue;
  const titles = via.filter(cause => typeof cause === "object").map(({ title, url }) => `${title} (${url})`);
  console.log(`${severity}: ${name}${fixAvailable ? ", a fix is available" : ""}\n  ${titles.join("\n  ")}`);
}
const found = serious.reduce((sum, level) => sum + (counts[level] ?? 0), 0);
console.log(`${found} vulnerabilities of level high or critical, ${(counts.total ?? found) - found} lower`);
process.exit(found === 0 ? 0 : 1);

function parse(json) {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}
