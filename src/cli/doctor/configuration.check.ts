// The environment: wrong and unknown variables, and what is right elsewhere but not in production.
import type { ConfigProblem } from "../../config/config";
import type { ProjectConfig } from "../../config/project-config";
import type { UnknownVariable } from "../../config/unknown-variables";
import { failure, ok, warning, type Check } from "./checkup";

/** What Config takes when nothing is set, and OWASP's least for Argon2id. */
const leastHash = { memoryKiB: 19_456, passes: 2 };

export function configurationCheck(
  config: ProjectConfig,
  problems: readonly ConfigProblem[],
  unknown: readonly UnknownVariable[],
): Check {
  return {
    name: "configuration",
    run: () => {
      const findings = [
        ...problems.map(({ variable, message }) => failure(`${variable} ${message}. The server does not start.`)),
        ...unknown.map(({ name, meant }) =>
          warning(`${name} is no setting and has no effect${meant === null ? "" : `: is ${meant} meant?`}`),
        ),
        ...(config.production ? unsafeInProduction(config) : outsideProduction(config)),
        ...(problems.some(({ variable }) => variable === "DATABASE_URL") ? [] : withoutEffect(config)),
        ...documentProblems(config),
      ];
      const mode = config.production ? "production" : "development";
      return findings.length > 0 ? findings : [ok(`every variable is right for ${mode}`)];
    },
  };
}

function outsideProduction({ host }: ProjectConfig) {
  return isLocal(host)
    ? []
    : [
        warning(
          `HOST ${host} is open to other machines, and NODE_ENV is not production: playground, introspection and insecure cookies too`,
        ),
      ];
}

function unsafeInProduction({ http, host, accounts, database, budget, log }: ProjectConfig) {
  const found = [];
  const { publicUrl, signingKeys, smtpUrl, mailFrom, passwordHash } = accounts;
  if (publicUrl === undefined)
    found.push(failure("PUBLIC_URL is missing, without which the server does not start: set it to the site's address"));
  else if (publicUrl.startsWith("http:"))
    found.push(warning("PUBLIC_URL is not https: links in mails go over the network in the clear"));
  if (signingKeys === undefined)
    found.push(
      failure("AUTH_SIGNING_KEYS is missing, without which the server does not start: make it with auth new-key"),
    );
  if (http.explain) found.push(failure("QUERY_EXPLAIN shows SQL to every client: leave it out in production"));
  if (http.playground)
    found.push(warning("PLAYGROUND is open to everybody: leave it out unless the API is for everybody's programs"));
  if (http.introspection)
    found.push(warning("INTROSPECTION is open to everybody: leave it out unless the API is for everybody's programs"));
  if (!accounts.secureCookies)
    found.push(
      failure("COOKIES_SECURE is false: sign-in cookies would go over plain HTTP. Leave it out in production"),
    );
  if (http.trustedProxyHops === 0)
    found.push(
      isLocal(host)
        ? failure(
            `TRUSTED_PROXY_HOPS is 0, and with HOST ${host} only a proxy on this machine gets here: all clients count as one address, and share its limits. Set it to the number of proxies`,
          )
        : warning(
            "TRUSTED_PROXY_HOPS is 0: behind a proxy all clients count as one address. Set it to the number of proxies",
          ),
    );
  if (budget === undefined)
    found.push(
      warning("COST_BUDGET is 0: one client may ask for as much as it likes. Leave it out, or set what is too much"),
    );
  for (const origin of http.corsOrigins) {
    if (origin.startsWith("http:")) found.push(warning(`CORS_ORIGINS trusts ${origin}, which is not https`));
  }
  if (smtpUrl === undefined)
    found.push(
      warning("SMTP_URL is missing: mail waits in the database, so nobody can verify an address or reset a password"),
    );
  else if (mailFrom.includes("@localhost"))
    found.push(warning("MAIL_FROM is an address at localhost, which mail servers refuse: set it"));
  if (database.url === undefined)
    found.push(
      warning(
        "DATABASE_URL is missing: the embedded database is for one process, without replication. Use PostgreSQL for more",
      ),
    );
  if (passwordHash.memoryKiB < leastHash.memoryKiB || passwordHash.passes < leastHash.passes) {
    found.push(
      warning(
        `PASSWORD_HASH_MEMORY_KIB and PASSWORD_HASH_PASSES are below ${leastHash.memoryKiB} and ${leastHash.passes}, the least that is advised for Argon2id`,
      ),
    );
  }
  if (["debug", "trace"].includes(log.level))
    found.push(warning(`LOG_LEVEL ${log.level} tells more than a production log should keep: use info`));
  if (["silent", "fatal"].includes(log.level)) found.push(warning(`LOG_LEVEL ${log.level} hides faults: use info`));
  return found;
}

/** Settings that need another one. */
function withoutEffect({ database, speed }: ProjectConfig) {
  const found = [];
  const { url, directUrl, replicaUrl } = database;
  if (url === undefined) {
    const needing = {
      DATABASE_DIRECT_URL: directUrl,
      DATABASE_REPLICA_URL: replicaUrl,
      RESPONSE_CACHE_REDIS_URL: speed.responseCacheRedisUrl,
    };
    for (const [name, given] of Object.entries(needing)) {
      if (given !== undefined) found.push(warning(`${name} has no effect without DATABASE_URL: set that too`));
    }
  } else if (replicaUrl !== undefined && !speed.compiledQueries) {
    found.push(warning("DATABASE_REPLICA_URL has no effect with COMPILED_QUERIES false: leave that out"));
  }
  if (speed.responseCacheRedisUrl !== undefined && !(speed.compiledQueries && speed.responseCacheBytes > 0)) {
    found.push(
      warning(
        "RESPONSE_CACHE_REDIS_URL has no effect with COMPILED_QUERIES false or RESPONSE_CACHE_MB 0: leave these out",
      ),
    );
  }
  return found;
}

/** What is in the file is a check of its own. */
function documentProblems({ documents: { persistedDocuments, persistedDocumentsOnly } }: ProjectConfig) {
  return persistedDocumentsOnly && persistedDocuments === undefined
    ? [failure("PERSISTED_DOCUMENTS_ONLY needs PERSISTED_DOCUMENTS: without it the server does not start")]
    : [];
}

export function isLocal(host: string): boolean {
  return /^(localhost|127\.\d+\.\d+\.\d+|\[?::1\]?)$/.test(host);
}
