// `doctor`: looks at everything that a server needs, and says in words what to do. Does its work as soon as it is loaded.
import { inspectConfig, type ProjectConfig } from "../config/project-config";
import type { ConfigProblem } from "../config/config";
import { unknownVariables } from "../config/unknown-variables";
import { answersCheck } from "./doctor/answers.check";
import { examine, warning, withoutSecrets, type Check, type Finding } from "./doctor/checkup";
import { configurationCheck } from "./doctor/configuration.check";
import { documentsCheck } from "./doctor/documents.check";
import { embeddedCheck } from "./doctor/embedded.check";
import { keysCheck } from "./doctor/keys.check";
import { mailCheck } from "./doctor/mail.check";
import { metricsCheck } from "./doctor/metrics.check";
import { migrationsCheck } from "./doctor/migrations.check";
import { afterReaching, askPostgres, postgresChecks } from "./doctor/postgres.check";
import { askRedis } from "./doctor/redis-inspection";
import { redisCheck } from "./doctor/redis.check";
import { replicaCheck } from "./doctor/replica.check";
import { secretsOf } from "./doctor/secrets";
import { systemCheck } from "./doctor/system.check";
import { tracesCheck } from "./doctor/traces.check";
import { parseCommandLine, runCommand } from "./run-command";

const usage = `Usage:
  doctor [--json]   checks configuration, database, standby, migrations, clocks, keys, documents, Redis, mail, metrics and traces, and
                    says what to do

  --json   for programs: {"ok": …, "findings": [{"check", "level", "message"}, …]}

Exit code 1 when there is an error. Changes nothing, sends no mail and prints no secret. Without DATABASE_URL the embedded database
is opened for a moment, unless a process has it.`;

/** Of each check; they run side by side. */
const checkLimitMs = 15_000;

void runCommand(usage, async args => {
  if (args.some(argument => argument === "--help" || argument === "-h")) {
    console.log(usage);
    return 0;
  }
  const { values } = parseCommandLine({ args, options: { json: { type: "boolean", default: false } } });
  const { config, problems } = inspectConfig();
  const found = await examine(checksOf(config, problems), checkLimitMs);
  const findings = withoutSecrets(found, secretsOf(config));
  const hasError = findings.some(({ level }) => level === "error");
  console.log(values.json ? JSON.stringify({ ok: !hasError, findings }, null, 2) : print(findings));
  // What a check still waits for must not keep the program.
  setTimeout(() => process.exit(), 2_000).unref();
  return hasError ? 1 : 0;
});

function checksOf(config: ProjectConfig, problems: readonly ConfigProblem[]): Check[] {
  const isWrong = (variable: string) => problems.some(problem => problem.variable === variable);
  /** What would be checked instead is not what a server with the right value would use. */
  const unless = (variable: string, name: string, checks: readonly Check[]): readonly Check[] =>
    isWrong(variable) ? [{ name, run: () => [warning(`not checked: ${variable} is wrong`)] }] : checks;
  const { url } = config.database;
  const { redisUrl } = config.accounts;
  const counts = redisUrl === undefined ? undefined : askRedis(redisUrl, Date.now);
  const ofDatabase =
    url === undefined
      ? [embeddedCheck(config), migrationsCheck(config)]
      : checksOfPostgres(config, url, askPostgres(url, Date.now), unless);
  return [
    systemCheck(Date.now),
    configurationCheck(config, problems, unknownVariables()),
    keysCheck(config),
    ...unless("DATABASE_URL", "database", ofDatabase),
    ...unless("PERSISTED_DOCUMENTS", "documents", [documentsCheck(config)]),
    ...unless("REDIS_URL", "redis", [redisCheck(config, counts)]),
    ...unless(
      "DATABASE_URL",
      "answers",
      unless("RESPONSE_CACHE_REDIS_URL", "answers", [answersCheck(config, counts, Date.now)]),
    ),
    ...unless("SMTP_URL", "mail", [mailCheck(config)]),
    ...unless("METRICS_PORT", "metrics", [metricsCheck(config)]),
    ...unless(
      "OTEL_EXPORTER_OTLP_ENDPOINT",
      "traces",
      unless("OTEL_EXPORTER_OTLP_HEADERS", "traces", [tracesCheck(config)]),
    ),
  ];
}

function checksOfPostgres(
  config: ProjectConfig,
  url: string,
  asked: ReturnType<typeof askPostgres>,
  unless: (variable: string, name: string, checks: readonly Check[]) => readonly Check[],
): Check[] {
  const later = ({ name, run }: Check) => afterReaching(asked, name, run);
  return [
    ...postgresChecks(config, url, asked),
    later(migrationsCheck(config)),
    ...unless("DATABASE_REPLICA_URL", "replica", [later(replicaCheck(config, url, asked))]),
  ];
}

function print(findings: readonly Finding[]): string {
  const lines = findings.map(({ level, check, message }) => `${level.padEnd(8)} ${check.padEnd(14)} ${message}`);
  const count = (level: string) => findings.filter(finding => finding.level === level).length;
  return [...lines, "", `${count("ok")} ok, ${count("warning")} warnings, ${count("error")} errors`].join("\n");
}
