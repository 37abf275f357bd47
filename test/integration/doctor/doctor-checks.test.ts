// The checks of `doctor` by themselves: what they say of every state that a test can bring about in this process.
import { examine, ok, withoutSecrets } from "../../../src/cli/doctor/checkup";
import { compareClocks } from "../../../src/cli/doctor/clock";
import { configurationCheck } from "../../../src/cli/doctor/configuration.check";
import { metricsCheck } from "../../../src/cli/doctor/metrics.check";
import { secretsOf } from "../../../src/cli/doctor/secrets";
import { systemCheck } from "../../../src/cli/doctor/system.check";
import { tracesCheck } from "../../../src/cli/doctor/traces.check";
import { loadProjectConfig } from "../../../src/config/project-config";
import { unknownVariables } from "../../../src/config/unknown-variables";
import { startMetricsServer } from "../../../src/server/metrics-server";
import { startCollector } from "../../support/collector";
import { linesOf, startRudeServer, startSilentServer } from "../../support/doctor";
import { freePort } from "../../support/own-servers";

describe("A check", () => {
  it("that fails or does not end is an error, and the others are carried out", async () => {
    const findings = await examine(
      [
        { name: "a", run: () => Promise.reject(new Error("out of\nluck")) },
        { name: "b", run: () => new Promise(() => undefined) },
        { name: "c", run: () => [ok("well")] },
      ],
      50,
    );
    expect(findings.map(({ check, level, message }) => `${check} ${level} ${message}`)).toEqual([
      "a error could not be checked: out of luck",
      "b error could not be checked: it did not end within 0.05 s",
      "c ok well",
    ]);
  });

  it("has secrets taken out of what it says", () => {
    const said = [{ check: "a", level: "error", message: "refused a-secret-longer and a-secret" }] as const;
    expect(withoutSecrets(said, ["a-secret", "a-secret-longer"])[0]?.message).toBe("refused [removed] and [removed]");
  });

  it("knows the secrets of every setting", () => {
    const config = loadProjectConfig({
      ...{ DATABASE_URL: "postgresql://u:s3cret-1@h/d", DATABASE_DIRECT_URL: "postgresql://h/d?password=s3cret-2" },
      ...{ DATABASE_REPLICA_URL: "postgresql://u:s3cret%2D3@h/d", REDIS_URL: "redis://u:s3cret-4@h" },
      ...{ SMTP_URL: "smtp://u:s3cret-5@h", OTEL_EXPORTER_OTLP_ENDPOINT: "http://u:s3cret-6@h" },
      OTEL_EXPORTER_OTLP_HEADERS: "api-key=s3cret-7,tenant=a",
      RESPONSE_CACHE_REDIS_URL: "redis://u:s3cret-8@h",
    });
    expect([...new Set(secretsOf(config))].sort()).toEqual([
      ...["s3cret%2D3", "s3cret-1", "s3cret-2", "s3cret-3", "s3cret-4", "s3cret-5", "s3cret-6", "s3cret-7", "s3cret-8"],
    ]);
  });

  it.each([
    [0, "ok", /agree within 1 s/],
    [900, "ok", /agree/],
    [2_500, "warning", /is 2\.5 s behind the other's: let both follow a time server/],
    [-4_000, "warning", /is 4\.0 s ahead of the other's/],
    [60_000, "error", /is 60 s behind .* Tokens and sessions end too early or too late/],
  ] as const)("of clocks that are %d ms apart says %s", (apartMs, level, message) => {
    // The answer took two seconds: what lies within them is no difference.
    const asked = 1_000_000;
    const time = apartMs < 0 ? asked + apartMs : asked + 2_000 + apartMs;
    const finding = compareClocks("the other's", { time, askedAt: asked, answeredAt: asked + 2_000 });
    expect(finding).toEqual({ level, message: expect.stringMatching(message) as string });
  });

  it.each([
    ["18.20.0", "2026-11-24", "error"],
    ["20.18.0", "2026-01-01", "error"],
    ["20.19.0", "2026-04-30", "ok"],
    ["20.19.0", "2026-05-01", "warning"],
    ["24.21.0", "2026-11-24", "ok"],
  ])("of Node %s on %s says %s", async (version, day, level) => {
    const [finding] = await systemCheck(() => Date.parse(`${day}T12:00:00Z`), version).run();
    expect(finding?.level).toBe(level);
  });

  it("of variables that look like ours leaves alone what others use", () => {
    const others = [
      "PATH",
      "HOSTNAME",
      "LOGNAME",
      "NODE_OPTIONS",
      "NODE_EXTRA_CA_CERTS",
      "REDIS_PORT",
      "REDIS_PORT_6379_TCP",
    ];
    expect(unknownVariables(Object.fromEntries(others.map(name => [name, "x"])))).toEqual([]);
    expect(unknownVariables({ QUERY_MAX_COSTS: "x", CORS_ORIGIN: "x", DATABASE_TIMEOUT: "x", PORT: "1" })).toEqual([
      { name: "CORS_ORIGIN", meant: "CORS_ORIGINS" },
      { name: "DATABASE_TIMEOUT", meant: null },
      { name: "QUERY_MAX_COSTS", meant: "QUERY_MAX_COST" },
    ]);
  });
});

describe("Check", () => {
  describe("traces", () => {
    const check = (endpoint: string, env: Record<string, string> = {}) =>
      linesOf(tracesCheck(loadProjectConfig({ OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, ...env })));

    it.each([
      [200, /^ok the collector of traces, 127\.0\.0\.1:\d+, takes traces$/],
      [400, /^ok .* is there \(400\)$/],
      [301, /^error .* leads elsewhere \(301\)/],
      [401, /^error .* refuses us \(401\): correct OTEL_EXPORTER_OTLP_HEADERS$/],
      [404, /^error .* takes nothing at \/v1\/traces \(404\): correct host, port and path/],
      [503, /^warning .* has a fault \(503\)/],
    ])("says of a collector that answers %d what to do, and sends it no span", async (status, message) => {
      const collector = await startCollector(response => response.writeHead(status).end());
      const found = await check(collector.endpoint);
      await collector.close();
      expect(found).toEqual([expect.stringMatching(message)]);
      expect([collector.headers.length, collector.spans]).toEqual([1, []]);
    });

    it("says that it is away, does not answer, or is another port or path", async () => {
      expect(await check(`http://127.0.0.1:${await freePort()}`)).toEqual([
        expect.stringMatching(/^error .*: nothing listens there: .* Meanwhile traces are lost, and nothing else$/),
      ]);
      const { port, server } = await startSilentServer();
      expect(await check(`http://127.0.0.1:${port}`, { OTEL_EXPORTER_OTLP_TIMEOUT: "100" })).toEqual([
        expect.stringMatching(/^error .*: it does not answer in time: .*\(no answer within 0\.1 s\)/),
      ]);
      server.close();
      expect(await check("http://127.0.0.1:4317")).toEqual([expect.stringMatching(/4317 is the port of gRPC/)]);
      expect(await check("http://127.0.0.1:1/v1/traces")).toEqual([
        expect.stringMatching(/^error OTEL_EXPORTER_OTLP_ENDPOINT ends with \/v1\/traces, .* leave it out$/),
      ]);
      const speaksNoHttp = await startRudeServer();
      expect(await check(`https://127.0.0.1:${speaksNoHttp.port}`)).toEqual([
        expect.stringMatching(/^error .* see whether it is https:\/\/ or http:\/\//),
      ]);
      speaksNoHttp.server.close();
    });

    it("warns of headers that go over the network in the clear", async () => {
      const env = {
        NODE_ENV: "production",
        OTEL_EXPORTER_OTLP_HEADERS: "api-key=x",
        OTEL_EXPORTER_OTLP_TIMEOUT: "100",
      };
      expect(await check("http://192.0.2.1:4318", env)).toContainEqual(
        expect.stringMatching(/^warning OTEL_EXPORTER_OTLP_HEADERS go to the collector in the clear/),
      );
    });
  });

  describe("metrics", () => {
    const check = (env: Record<string, string>) => linesOf(metricsCheck(loadProjectConfig(env)));

    it("says whether the port is free, a server's of ours, or somebody else's", async () => {
      const port = await freePort();
      expect(await check({ METRICS_PORT: String(port) })).toEqual([`ok port ${port} of 127.0.0.1 is free`]);
      const text = () => Promise.resolve("learngraph_build_info 1");
      const ours = await startMetricsServer({ host: "127.0.0.1", port }, { text, contentType: "text/plain" });
      const found = await check({ METRICS_PORT: String(port), METRICS_HOST: "0.0.0.0" });
      await ours.close();
      expect(found).toEqual([`ok metrics of a running server are at port ${port} of 0.0.0.0`]);
      const rude = await startRudeServer();
      expect(await check({ METRICS_PORT: String(rude.port) })).toEqual([
        expect.stringMatching(/^error port \d+ of 127\.0\.0\.1 is taken, and not by metrics of ours: set another/),
      ]);
      rude.server.close();
    });

    it("says that the address or the port cannot be had, or is the clients'", async () => {
      expect(await check({ METRICS_PORT: "9464", METRICS_HOST: "192.0.2.1" })).toEqual([
        "error METRICS_HOST 192.0.2.1 is no address of this machine: correct it",
      ]);
      expect(await check({ METRICS_PORT: "4000" })).toEqual([expect.stringMatching(/^error METRICS_PORT is PORT/)]);
      expect(await check({ METRICS_PORT: "4000", METRICS_HOST: "127.0.0.2", PORT: "4001" })).toEqual([
        expect.stringMatching(/^ok/),
      ]);
      expect(await check({ METRICS_PORT: "0" })).toEqual([expect.stringMatching(/^warning METRICS_PORT 0 is another/)]);
    });

    it("warns in production that everybody who gets here may read them", async () => {
      const env = { METRICS_PORT: String(await freePort()), METRICS_HOST: "0.0.0.0" };
      expect(await check(env)).toHaveLength(1);
      expect(await check({ ...env, NODE_ENV: "production" })).toEqual([
        expect.stringMatching(/^ok/),
        expect.stringMatching(/^warning METRICS_HOST 0\.0\.0\.0 shows metrics at every address/),
      ]);
    });
  });

  it("configuration says which settings have no effect, and what nothing bounds", async () => {
    const check = (env: Record<string, string>) => linesOf(configurationCheck(loadProjectConfig(env), [], []));
    const database = { DATABASE_REPLICA_URL: "postgresql://db/x" };
    expect(await check(database)).toEqual([
      "warning DATABASE_REPLICA_URL has no effect without DATABASE_URL: set that too",
    ]);
    const both = { ...database, DATABASE_URL: "postgresql://db/x" };
    expect(await check(both)).toEqual([expect.stringMatching(/^ok/)]);
    expect(await check({ ...both, COMPILED_QUERIES: "false" })).toEqual([
      expect.stringMatching(/^warning DATABASE_REPLICA_URL has no effect with COMPILED_QUERIES false/),
    ]);
    const production = await check({ NODE_ENV: "production", COST_BUDGET: "0", HOST: "127.0.0.1" });
    expect(production).toContainEqual(expect.stringMatching(/^warning COST_BUDGET is 0: one client may ask/));
    expect(production).toContainEqual(expect.stringMatching(/^error TRUSTED_PROXY_HOPS is 0, and with HOST 127/));
    const found = (await check({ NODE_ENV: "production", TRUSTED_PROXY_HOPS: "1" })).join();
    expect(found).not.toMatch(/COST_BUDGET|TRUSTED_PROXY_HOPS/);
  });
});
