// How the command line shows an import or an export of content: its progress while it runs, and what it did.
import type { ExportReport } from "../content/content.export";
import type { ImportReport } from "../content/content.import";

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
  return summary(report, ({ created, updated, unchanged, missing, pruned }) => ({
    counts: { created, updated, unchanged, removed: pruned },
    lists: { "in the database, but without a file": missing, removed: pruned },
  }));
}

export function exportSummary(report: ExportReport): string {
  return summary(report, ({ created, updated, unchanged, extra, removed }) => ({
    counts: { created, updated, unchanged, removed },
    lists: { "has a file, but is not live": extra, removed },
  }));
}

interface Tallied {
  /** Nothing is said of what was removed when it is nothing. */
  counts: Record<"created" | "updated" | "unchanged" | "removed", readonly string[]>;
  lists: Record<string, readonly string[]>;
}

function summary<Tally>(report: Record<string, Tally>, tallied: (tally: Tally) => Tallied): string {
  return Object.entries(report)
    .flatMap(([kind, tally]) => {
      const { counts, lists } = tallied(tally);
      const parts = Object.entries(counts)
        .filter(([name, slugs]) => name !== "removed" || slugs.length > 0)
        .map(([name, slugs]) => `${slugs.length} ${name}`);
      return [
        `${`${kind}:`.padEnd(9)}${parts.join(", ")}`,
        ...Object.entries(lists).flatMap(([label, slugs]) => slugs.map(slug => `  ${label}: ${slug}`)),
      ];
    })
    .join("\n");
}
