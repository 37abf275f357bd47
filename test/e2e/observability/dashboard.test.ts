// The dashboard and the alerts speak of metrics that there are: each name in them is in the output of a server that has served something, with the
// labels that they ask for, and every metric of ours is shown and documented.
import { readFileSync } from "node:fs";
import { parse } from "yaml";
import { sql } from "../../../src/db/sql";
import { scrape, type Scrape } from "../../support/metrics";
import { startTestServer, type TestServer } from "../../support/server";

interface Panel {
  id: number;
  title: string;
  type: string;
  description?: string;
  datasource?: { uid: string };
  gridPos: { x: number; y: number; w: number; h: number };
  targets?: { expr: string; refId: string }[];
}

interface Rule {
  alert: string;
  expr: string;
  for: string;
  labels: Record<string, string>;
  annotations: Record<string, string>;
}

const dashboard = JSON.parse(readFileSync("deploy/grafana/learngraph.json", "utf8")) as {
  uid: string;
  title: string;
  templating: { list: { name: string; type: string; query: unknown }[] };
  panels: Panel[];
};
const { groups } = parse(readFileSync("deploy/prometheus/learngraph.rules.yml", "utf8")) as {
  groups: { name: string; rules: Rule[] }[];
};
const rules = groups.flatMap(group => group.rules);
const panels = dashboard.panels.filter(({ type }) => type !== "row");
const manual = readFileSync("docs/operations.md", "utf8");

/** What PostgreSQL alone has: PGlite has one connection. */
const ofPools = /^learngraph_database_pool_/;
/** Prometheus's own. */
const ofPrometheus = new Set(["up"]);

let server: TestServer;
let scraped: Scrape;
/** As `# TYPE` names them. */
let families: string[];

beforeAll(async () => {
  const observability = { version: "1", metrics: { host: "127.0.0.1", port: 0 }, slowOperationMs: 0 };
  server = await startTestServer({ observability });
  const query = readFileSync("test/operations/TopicPage.graphql", "utf8");
  for (let i = 0; i < 4; i++) {
    const variables = { slug: "backend-and-api-development" };
    await (await server.post({ query, variables }, { accept: "application/json" })).text();
  }
  await server.database.query(sql`SELECT 1 AS "one"`);
  do {
    // Garbage collection is told of from its first time on.
    Array.from({ length: 100_000 }, (_, i) => ({ i }));
    await new Promise(resolve => setTimeout(resolve, 20));
    scraped = await scrape(server.metricsUrl);
  } while (scraped.value("nodejs_gc_duration_seconds_count") === undefined);
  const text = await (await fetch(server.metricsUrl!)).text();
  families = [...text.matchAll(/^# TYPE (\S+) /gm)].map(([, name = ""]) => name);
});
afterAll(() => server.close());

/** Names of metrics in an expression, with the labels that they are asked for by a fixed value. */
function selectorsOf(expr: string) {
  const named = expr.matchAll(/\b((?:learngraph|nodejs|process)_\w+|up)\b(?:\{([^}]*)\})?/g);
  return [...named].map(([, name = "", labels = ""]) => ({
    name,
    labels: Object.fromEntries(
      [...labels.matchAll(/(\w+)="([^"$]*)"/g)]
        .filter(([, key]) => key !== "job")
        .map(([, key = "", value = ""]) => [key, value]),
    ),
  }));
}

const expressions = [
  ...panels.flatMap(({ title, targets = [] }) => targets.map(({ expr }) => [title, expr] as const)),
  ...rules.map(({ alert, expr }) => [alert, expr] as const),
];

describe("The dashboard and the alerts", () => {
  it.each(expressions)("%s asks for metrics that there are", (_, expr) => {
    const selectors = selectorsOf(expr);
    expect(selectors).not.toEqual([]);
    for (const { name, labels } of selectors) {
      if (ofPrometheus.has(name)) continue;
      const isThere =
        server.database.kind === "embedded" && ofPools.test(name)
          ? families.includes(name)
          : scraped.value(name, labels) !== undefined;
      expect([name, labels, isThere]).toEqual([name, labels, true]);
    }
  });

  it("leave out none of ours, and the manual has a line for each", () => {
    const ours = families.filter(name => name.startsWith("learngraph_"));
    expect(ours.length).toBeGreaterThan(15);
    const asked = panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr)).join("\n");
    expect(ours.filter(name => !new RegExp(`\\b${name}(_bucket|_sum|_count)?\\b`).test(asked))).toEqual([]);
    expect(ours.filter(name => !manual.includes(`| \`${name}\` |`))).toEqual([]);
    const documented = [...manual.matchAll(/^\| `(learngraph_\w+)` \|/gm)].map(([, name]) => name);
    expect(documented.sort()).toEqual(ours.sort());
  });
});

describe("Reasons of refusals", () => {
  it("are in the dashboard, the manual and its example all that there are, and in the alerts no others", () => {
    const of = "learngraph_refused_total";
    const reasons = scraped.samples.filter(({ name }) => name === of).map(({ labels }) => labels["reason"]);
    const shown = panels.find(({ title }) => title === "Refused by reason")?.description ?? "";
    expect([...shown.matchAll(/(\w+): /g)].map(([, reason]) => reason)).toEqual(reasons);
    const [line = ""] = manual.split("\n").filter(text => text.startsWith(`| \`${of}\` |`));
    expect([...line.matchAll(/`(\w+)` \(/g)].map(([, reason]) => reason)).toEqual(reasons);
    const [, example = ""] = /"refused": ({.*?})/.exec(manual) ?? [];
    expect(Object.keys(JSON.parse(example) as object)).toEqual(reasons);
    const asked = [...JSON.stringify(rules).matchAll(/refused_total{reason[=!]~\\"([\w|]+)\\"}/g)];
    expect(asked).toHaveLength(3);
    for (const [, named = ""] of asked) expect(reasons).toEqual(expect.arrayContaining(named.split("|")));
  });
});

describe("The dashboard", () => {
  it("can be provisioned: its data source is a variable, its ids are unique, its panels do not overlap", () => {
    expect(dashboard).toMatchObject({ uid: "learngraph", title: "learngraph" });
    expect(dashboard.templating.list).toContainEqual(
      expect.objectContaining({ name: "datasource", type: "datasource", query: "prometheus" }),
    );
    const ids = dashboard.panels.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    const cells = dashboard.panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, i) => `${x + (i % w)} ${y + Math.floor(i / w)}`),
    );
    expect(new Set(cells).size).toBe(cells.length);
    for (const panel of panels) {
      expect(panel.datasource?.uid).toBe("${datasource}");
      expect(panel.description).toMatch(/\.$/);
      expect(panel.targets).not.toEqual([]);
    }
  });
});

describe("The alerts", () => {
  it("are rules of Prometheus, each with how bad it is, and in the manual with what to do", () => {
    expect(rules.length).toBeGreaterThan(8);
    for (const rule of rules) {
      expect(Object.keys(rule).sort()).toEqual(["alert", "annotations", "expr", "for", "labels"]);
      expect(rule.for).toMatch(/^\d+m$/);
      expect(["critical", "warning"]).toContain(rule.labels["severity"]);
      expect(Object.keys(rule.annotations).sort()).toEqual(["description", "summary"]);
      expect(manual).toContain(`| \`${rule.alert}\` |`);
    }
    expect(new Set(rules.map(({ alert }) => alert)).size).toBe(rules.length);
  });
});
