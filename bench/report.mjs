// What a run has measured, for people: tables on the terminal and in results/latest.md, a chart in results/latest.svg; and whole in results/latest.json.
import { mkdirSync, writeFileSync } from "node:fs";

const directory = new URL("results/", import.meta.url);
const reference = "learngraph";

export function printTables(report) {
  for (const table of tablesOf(report)) console.log(`${table}\n`);
}

export async function writeResults(report) {
  mkdirSync(directory, { recursive: true });
  writeFileSync(new URL("latest.json", directory), `${JSON.stringify(report, null, 2)}\n`);
  const { machine, settings, versions } = report;
  const about = [
    `Measured on ${report.measuredAt.slice(0, 10)}: ${machine.cpu}, ${machine.cores} cores, ${machine.memoryGiB} GiB; servers, PostgreSQL and the load on the same machine.`,
    `Medians of ${settings.rounds} rounds of ${settings.seconds} s, ${settings.connections} connections, ${settings.poolSize} connections to the database for each server; ${number(settings.topics)} topics, ${number(settings.tools)} tools, ${number(settings.lessons)} lessons.`,
    `Versions: ${Object.entries(versions)
      .map(([name, version]) => `${name} ${version}`)
      .join(", ")}.`,
  ];
  writeFileSync(new URL("latest.md", directory), `${[...tablesOf(report), ...about].join("\n\n")}\n`);
  writeFileSync(new URL("latest.svg", directory), chartOf(report));
  console.log("Written: bench/results/latest.json, latest.md and latest.svg.");
}

function tablesOf({ kinds, servers, settings }) {
  const base = servers.find(({ name }) => name === reference);
  const names = Object.keys(kinds);
  const cells = ({ requestsPerSecond }) =>
    names.map(kind => {
      const ratio = base ? ` (${(requestsPerSecond[kind] / base.requestsPerSecond[kind]).toFixed(2)})` : "";
      return `${number(requestsPerSecond[kind])}${ratio}`;
    });
  const byPage = [...servers].sort((a, b) => b.requestsPerSecond.page - a.requestsPerSecond.page);
  const tables = [
    table(
      ["requests a second (to learngraph)", ...names],
      byPage.map(server => [server.name, ...cells(server)]),
    ),
    table(
      [`page, ${settings.latencyConnections} connections`, "p50, ms", "p99, ms"],
      byPage.map(({ name, latencyMs }) => [name, latencyMs.p50.toFixed(1), latencyMs.p99.toFixed(1)]),
    ),
  ];
  const measured = byPage.filter(({ memoryMiB }) => memoryMiB);
  if (measured.length > 0) {
    const [, ...counts] = Object.keys(measured[0].memoryMiB).sort((a, b) =>
      a === "started" ? -1 : Number(a) - Number(b),
    );
    tables.push(
      table(
        ["memory (RSS), MiB", "started", ...counts.map(count => `after ${number(Number(count))} pages`)],
        measured.map(({ name, memoryMiB }) => [name, memoryMiB.started, ...counts.map(count => memoryMiB[count])]),
      ),
    );
  }
  return tables;
}

/** A Markdown table that is also straight on a terminal. */
function table(head, rows) {
  const lines = [head, ...rows].map(cells => cells.map(String));
  const widths = head.map((_, column) => Math.max(...lines.map(cells => cells[column].length)));
  const line = cells =>
    `| ${cells.map((cell, column) => (column === 0 ? cell.padEnd(widths[column]) : cell.padStart(widths[column]))).join(" | ")} |`;
  const rule = `| ${widths.map((width, column) => (column === 0 ? "-".repeat(width) : `${"-".repeat(width - 1)}:`)).join(" | ")} |`;
  return [line(lines[0]), rule, ...lines.slice(1).map(line)].join("\n");
}

function chartOf({ kinds, servers }) {
  const panels = Object.entries(kinds).map(([kind, { title }]) => ({
    kind,
    title,
    servers: servers.filter(({ answersFrom }) => answersFrom === "database"),
  }));
  const fromMemory = servers.filter(({ answersFrom }) => answersFrom === "memory");
  if (fromMemory.length > 1)
    panels.push({ kind: "page", title: "Topic page, answered from memory", servers: fromMemory });
  const [width, left, right, row, barHeight, titleHeight, gap] = [760, 240, 80, 26, 16, 34, 14];
  const parts = [];
  let y = 8;
  for (const { kind, title, servers: shown } of panels) {
    const most = Math.max(...shown.map(({ requestsPerSecond }) => requestsPerSecond[kind]));
    parts.push(`<text class="title" x="12" y="${y + 20}">${escape(title)}, requests a second</text>`);
    y += titleHeight;
    for (const { name, requestsPerSecond } of [...shown].sort(
      (a, b) => b.requestsPerSecond[kind] - a.requestsPerSecond[kind],
    )) {
      const rate = requestsPerSecond[kind];
      const length = Math.max(1, Math.round((rate / most) * (width - left - right)));
      const middle = y + barHeight / 2 + 4.5;
      parts.push(
        `<text class="name" x="${left - 10}" y="${middle}">${escape(name)}</text>`,
        `<rect class="${barClass(name)}" x="${left}" y="${y}" width="${length}" height="${barHeight}" rx="2"/>`,
        `<text class="value" x="${left + length + 8}" y="${middle}">${number(rate)}</text>`,
      );
      y += row;
    }
    y += gap;
  }
  const style = `
    text { font: 13px system-ui, sans-serif; fill: #1f2328 }
    .title { font-weight: 600; font-size: 14px } .name { text-anchor: end } .value { font-variant-numeric: tabular-nums }
    .ours { fill: #0969da } .rival { fill: #8c959f } .limit { fill: #d0d7de }
    @media (prefers-color-scheme: dark) {
      text { fill: #e6edf3 } .ours { fill: #4493f8 } .rival { fill: #7d8590 } .limit { fill: #3d444d }
    }`;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${y}" width="${width}" height="${y}" role="img" aria-label="Requests a second of learngraph and its rivals">
  <style>${style}
  </style>
  ${parts.join("\n  ")}
</svg>
`;
}

function barClass(name) {
  if (name.endsWith("limit")) return "limit";
  return name.startsWith(reference) ? "ours" : "rival";
}

const number = value => Math.round(value).toLocaleString("en");
const escape = text => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
