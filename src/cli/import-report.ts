// How the command line shows an import of content: its progress while it runs, and what it did.
import type { ImportReport, KindReport } from "../content/content.import";

/** One line that is written over again; nothing at all where nobody watches. */
export function showProgress(): (done: number, total: number, label: string) => void {
  const { stderr } = process;
  if (!stderr.isTTY) return () => undefined;
  return (done, total, label) => {
    const line = `${done}/${total} ${label}`.slice(0, (stderr.columns || 80) - 1);
    stderr.write(`\r\x1b[K${done === total ? "" : line}`);
  };
}

export function importSummary(report: ImportReport): string {
  return Object.entries(report)
    .flatMap(([kind, tally]) => [countLine(kind, tally), ...slugLines(tally)])
    .join("\n");
}

function countLine(kind: string, { created, updated, unchanged, pruned }: KindReport): string {
  const counts = { created, updated, unchanged, ...(pruned.length > 0 ? { removed: pruned } : {}) };
  const parts = Object.entries(counts).map(([name, slugs]) => `${slugs.length} ${name}`);
  return `${`${kind}:`.padEnd(9)}${parts.join(", ")}`;
}

function slugLines({ missing, pruned }: KindReport): string[] {
  return [
    ...missing.map(slug => `  in the database, but without a file: ${slug}`),
    ...pruned.map(slug => `  removed: ${slug}`),
  ];
}
