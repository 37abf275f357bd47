// What production is made of: few packages, known by name; a lock file that fetches the same bytes from any registry; licences that allow
// it; a list of parts that others can read; and an audit that does not call a question without an answer passed.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

interface LockEntry {
  version: string;
  resolved?: string;
  integrity?: string;
  link?: boolean;
  dev?: boolean;
  devOptional?: boolean;
  optional?: boolean;
  hasInstallScript?: boolean;
}

const lock = JSON.parse(readFileSync("package-lock.json", "utf8")) as { packages: Record<string, LockEntry> };
const manifest = JSON.parse(readFileSync("package.json", "utf8")) as { dependencies: Record<string, string> };
const locked = Object.entries(lock.packages).filter(([path]) => path !== "");
const production = locked.filter(([, { dev, devOptional, optional }]) => !dev && !devOptional && !optional);
const pathsOf = (entries: readonly (readonly [string, LockEntry])[]) => entries.map(([path]) => path);

/** A new one has to earn its place, here too. */
const direct = `
  @apollo/server @electric-sql/pglite @fastify/cookie @fastify/cors @fastify/static @graphql-tools/utils @node-rs/argon2
  @opentelemetry/api @opentelemetry/core @opentelemetry/exporter-trace-otlp-http @opentelemetry/resources @opentelemetry/sdk-trace @prisma/adapter-pg
  @prisma/client @prisma/driver-adapter-utils @zxcvbn-ts/language-common class-validator close-with-grace dataloader diff fastify graphql
  graphql-scalars graphql-ws ioredis jose lru-cache nodemailer pg pglite-prisma-adapter pino prom-client rate-limiter-flexible
  reflect-metadata rehype-sanitize rehype-stringify remark-gfm remark-parse remark-rehype type-graphql unified ws yaml zod`;

const run = (program: string, args: readonly string[], input = "") =>
  spawnSync(program, args, { encoding: "utf8", input, maxBuffer: 50_000_000 });

describe("Production dependencies", () => {
  it("are those that are known, each at one version", () => {
    expect(Object.keys(manifest.dependencies).sort()).toEqual(direct.trim().split(/\s+/).sort());
    expect(Object.values(manifest.dependencies).filter(version => !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version))).toEqual(
      [],
    );
  });

  it("bring no more packages with them than before", () => {
    expect(
      new Set(production.map(([path, { version }]) => `${path.replace(/.*node_modules\//, "")}@${version}`)).size,
    ).toBeLessThanOrEqual(340);
  });

  it("need no program to run when they are installed", () => {
    // A postinstall that warns of another version; nothing of it is needed.
    expect(pathsOf(production.filter(([, entry]) => entry.hasInstallScript))).toEqual([
      "node_modules/@apollo/protobufjs",
    ]);
    expect(readFileSync(".npmrc", "utf8")).toMatch(/^ignore-scripts=true$/m);
  });

  it("have licences that are allowed, and docs/licenses.md lists them", () => {
    expect(run(process.execPath, ["scripts/licenses.mjs", "--check"])).toMatchObject({ status: 0, stderr: "" });
  });

  it("are all in the software bill of materials", () => {
    const directory = mkdtempSync(join(tmpdir(), "learngraph-sbom-"));
    const file = join(directory, "sbom.json");
    const { status, stdout } = run(process.execPath, ["scripts/sbom.mjs", file]);
    const text = status === 0 ? readFileSync(file, "utf8") : "";
    rmSync(directory, { recursive: true });
    expect(stdout).toMatch(/^\d+ components → /);
    const bill = JSON.parse(text) as {
      bomFormat: string;
      specVersion: string;
      metadata: { component: { "bom-ref": string; type: string } };
      components: {
        "bom-ref": string;
        name: string;
        version: string;
        purl: string;
        hashes: { alg: string; content: string }[];
      }[];
      dependencies: { ref: string; dependsOn: string[] }[];
    };
    expect([bill.bomFormat, bill.specVersion, bill.metadata.component.type]).toEqual([
      "CycloneDX",
      "1.5",
      "application",
    ]);
    const refs = new Set([
      bill.metadata.component["bom-ref"],
      ...bill.components.map(component => component["bom-ref"]),
    ]);
    expect(refs.size).toBe(bill.components.length + 1);
    for (const { name, version, purl, hashes } of bill.components) {
      expect(purl).toBe(`pkg:npm/${name.replace("@", "%40")}@${version}`);
      expect(hashes[0]).toMatchObject({ alg: "SHA-512", content: expect.stringMatching(/^[0-9a-f]{128}$/) as string });
    }
    const listed = new Set(bill.components.map(({ name, version }) => `${name}@${version}`));
    const wanted = production.map(([path, { version }]) => `${path.replace(/.*node_modules\//, "")}@${version}`);
    expect(wanted.filter(name => !listed.has(name))).toEqual([]);
    expect([...listed].filter(name => /^(jest|prisma|typescript|esbuild)@/.test(name))).toEqual([]);
    expect(
      bill.dependencies.flatMap(({ ref, dependsOn }) => [ref, ...dependsOn]).filter(ref => !refs.has(ref)),
    ).toEqual([]);
  }, 60_000);
});

describe("The lock file", () => {
  it("names no registry, no repository and no folder, and the hash of every package", () => {
    expect(pathsOf(locked.filter(([, entry]) => entry.resolved !== undefined || entry.link === true))).toEqual([]);
    expect(pathsOf(locked.filter(([, { integrity = "" }]) => !/^sha512-[\w+/]{86}==$/.test(integrity)))).toEqual([]);
  });
});

describe("The audit", () => {
  const verdict = (report: string) => run(process.execPath, ["scripts/audit-verdict.mjs"], report);
  const reportOf = (counts: object, vulnerabilities: object = {}) =>
    JSON.stringify({ auditReportVersion: 2, vulnerabilities, metadata: { vulnerabilities: counts } });

  it("passes without anything high or critical", () => {
    const outcome = verdict(reportOf({ low: 2, moderate: 1, high: 0, critical: 0, total: 3 }));
    expect(outcome).toMatchObject({ status: 0, stdout: "0 vulnerabilities of level high or critical, 3 lower\n" });
  });

  it.each(["high", "critical"])("fails for what is %s, and names it", severity => {
    const via = [{ title: "It runs what it is sent", url: "https://example.org/advisory" }, "another-package"];
    const report = reportOf(
      { [severity]: 1, total: 1 },
      { graphql: { name: "graphql", severity, via, fixAvailable: true } },
    );
    const { status, stdout } = verdict(report);
    expect(status).toBe(1);
    expect(stdout).toContain(
      `${severity}: graphql, a fix is available\n  It runs what it is sent (https://example.org/advisory)`,
    );
  });

  it.each([
    [
      "refuses",
      JSON.stringify({ message: "405 Method Not Allowed", statusCode: 405, error: { summary: "", detail: "" } }),
    ],
    ["is away", JSON.stringify({ error: { code: "ENOTFOUND", summary: "no such host" } })],
    ["says nothing", ""],
    ["says something else", "<html>"],
  ])("is neither when the registry %s", (_, report) => {
    expect(verdict(report)).toMatchObject({
      status: 75,
      stdout: expect.stringMatching(/^The audit could not be made: /) as string,
    });
  });
});
