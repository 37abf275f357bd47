// How the command line shows content health: for people, the entities with the worst findings first; and as JSON.
import { fieldName } from "../content/content.problem";
import { compareSeverity, HealthSeverity, type HealthFinding } from "../content/health/health.finding";
import type { SourceHealth } from "../content/health/health.read";

/** @param place where the content is, for people. */
export function healthReport(checked: readonly SourceHealth[], place: string): string {
  const groups = withFindings(checked).map(({ source, findings }) =>
    [`${source.kind} ${source.slug}`, ...findings.flatMap(findingLines)].join("\n"),
  );
  const all = checked.flatMap(({ findings }) => findings);
  const counts = Object.values(HealthSeverity).map(severity => {
    const { length } = all.filter(finding => finding.severity === severity);
    return `${length} ${severity.toLowerCase()}${length === 1 ? "" : "s"}`;
  });
  return [...groups, `${counts.join(", ")} in ${groups.length} of ${checked.length} entities of ${place}`].join("\n\n");
}

export function healthJson(checked: readonly SourceHealth[], checkedOn: string): string {
  const entities = withFindings(checked).map(({ source: { kind, slug }, findings }) => ({ kind, slug, findings }));
  return JSON.stringify({ checkedOn, entities }, null, 2);
}

/** The entities to mend; those with equally bad findings keep their order. */
function withFindings(checked: readonly SourceHealth[]): SourceHealth[] {
  return checked
    .flatMap(health => health.findings.slice(0, 1).map(worst => ({ health, worst })))
    .sort((a, b) => compareSeverity(a.worst, b.worst))
    .map(({ health }) => health);
}

/** A remedy stands once under the findings that it mends. */
function findingLines(finding: HealthFinding, index: number, findings: readonly HealthFinding[]): string[] {
  const { rule, severity, path, line, message, remedy } = finding;
  const field = path.length === 0 ? "" : ` ${fieldName(path.map(part => (/^\d+$/.test(part) ? Number(part) : part)))}`;
  const isLast = findings[index + 1]?.remedy !== remedy;
  return [
    `  ${severity.padEnd(7)} ${rule}${field}${line === null ? "" : `:${line}`}  ${message}`,
    ...(isLast ? [`          ${remedy}`] : []),
  ];
}
