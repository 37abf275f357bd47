// The PostgreSQL server, the role that signs in, and whether this server would hear of changes.
import type { ProjectConfig } from "../../config/project-config";
import {
  inspectPostgres,
  inspectRole,
  isHeard,
  type ConnectionBound,
  type InspectionSettings,
  type PostgresFacts,
  type RoleFacts,
} from "../../db/postgres-inspection";
import { failure, messageOf, ok, warning, type Check } from "./checkup";
import { compareClocks } from "./clock";
import { isLocal } from "./configuration.check";

/** Of a connection, and of each answer, in milliseconds. */
export const limitMs = 5_000;
const hearMs = 2_000;
/** The oldest that the tests run on. */
const leastVersion = 150_000;

/** What there is to know of the server, asked for once. Rejects when it cannot be reached. */
export function askPostgres(url: string, now: () => number): Promise<PostgresFacts> {
  const facts = inspectPostgres({ url, limitMs }, now);
  // Whoever awaits it hears of a failure; nobody has to.
  facts.catch(() => undefined);
  return facts;
}

export function postgresChecks(config: ProjectConfig, url: string, asked: Promise<PostgresFacts>): Check[] {
  const settings = { url, limitMs };
  return [
    {
      name: "database",
      run: () =>
        asked.then(
          facts => [...describe(facts, config, url), compareClocks("the database's clock", facts.clock)],
          (error: unknown) => [failure(unreachable("DATABASE_URL", url, error))],
        ),
    },
    afterReaching(asked, "role", async () => describeRole(await inspectRole(settings), config)),
    afterReaching(asked, "changes", () => hearing(settings, config.database.directUrl)),
  ];
}

/** A check that has nothing to say where the database cannot be reached: that is said already. */
export function afterReaching(asked: Promise<PostgresFacts>, name: string, run: Check["run"]): Check {
  return {
    name,
    run: () =>
      asked.then(
        () => run(),
        () => [warning("not checked: the database cannot be reached")],
      ),
  };
}

function describe(facts: PostgresFacts, { production, database }: ProjectConfig, url: string) {
  const { host } = new URL(url);
  const found = [];
  const what = `PostgreSQL ${facts.version}, database ${facts.database} on ${host} as ${facts.role}`;
  found.push(
    facts.versionNumber >= leastVersion ? ok(what) : warning(`${what}: older than 15, which is not tested. Update it`),
  );
  if (facts.encoding !== "UTF8") {
    found.push(
      failure(
        `the encoding is ${facts.encoding}, which cannot hold every text: make the database anew with ENCODING 'UTF8'`,
      ),
    );
  }
  if (facts.hasCollationDrift) {
    found.push(
      warning(
        "the system sorts otherwise than when indexes were made, so that they may miss rows: REINDEX DATABASE, then ALTER DATABASE … REFRESH COLLATION VERSION",
      ),
    );
  }
  if (!["UTC", "Etc/UTC", "GMT"].includes(facts.timeZone) && database.directUrl !== undefined) {
    found.push(
      warning(
        `the time zone is ${facts.timeZone}; a pooler that forgets what a connection has set would shift times: ALTER DATABASE "${facts.database}" SET timezone = 'UTC'`,
      ),
    );
  }
  if (facts.readOnly === "standby")
    found.push(failure("it is a standby, which takes no writes: name the primary in DATABASE_URL"));
  if (facts.readOnly === "setting")
    found.push(failure("default_transaction_read_only is on, so nothing can be written: set it off for this role"));
  if (production) found.push(...describeEncryption("DATABASE_URL", url, facts));
  found.push(
    describeConnections(facts, {
      needed: database.poolSize + 1,
      whatFor: "DATABASE_POOL_SIZE and one",
      isPooled: database.directUrl !== undefined,
    }),
  );
  return found;
}

export function describeEncryption(variable: string, url: string, { isEncrypted }: PostgresFacts) {
  if (isEncrypted || isLocal(new URL(url).hostname) || url.includes("host=")) return [];
  return [
    warning(`the connection is not encrypted: add ?sslmode=verify-full to ${variable} where others share the network`),
  ];
}

const raising: Readonly<Record<ConnectionBound["of"], string>> = {
  server: "raise max_connections",
  database: "raise the limit of the database (ALTER DATABASE … CONNECTION LIMIT)",
  role: "raise the limit of the role (ALTER ROLE … CONNECTION LIMIT)",
};

/**
 * Those that a server takes, against the bound that leaves the fewest.
 * @param isPooled a pooler in between bounds what all servers together take
 */
export function describeConnections(
  { connections, servers }: PostgresFacts,
  { needed, whatFor, isPooled = false }: { needed: number; whatFor: string; isPooled?: boolean },
) {
  const freeOf = ({ limit, used }: ConnectionBound) => Math.max(0, limit - used);
  const [first, ...others] = connections;
  if (!first) return warning("how many connections there may be is not known");
  const bound = others.reduce((least, each) => (freeOf(each) < freeOf(least) ? each : least), first);
  const what = `${needed} connections are needed by each server (${whatFor}), ${freeOf(bound)} of ${bound.limit} are free`;
  const remedy = `lower DATABASE_POOL_SIZE, or ${raising[bound.of]}`;
  if (bound.limit < needed) return failure(`${what}: ${remedy}`);
  const together = (servers + 1) * needed;
  if (servers > 0 && !isPooled && together > bound.limit) {
    return warning(`${what}; of this database ${servers} run, which with one more may take ${together}: ${remedy}`);
  }
  if (freeOf(bound) < needed) return warning(`${what}: enough only if a running server of yours has the others`);
  return ok(what);
}

function describeRole(role: RoleFacts, { production }: ProjectConfig) {
  const found = [];
  if (role.missing.length > 0) {
    const [shown, more] = [role.missing.slice(0, 3).join(", "), role.missing.length - 3];
    found.push(
      failure(
        `it lacks rights that a server needs: ${shown}${more > 0 ? ` and ${more} more` : ""}. As the owner of the tables: db role --name`,
      ),
    );
  }
  if (role.isSuperuser || role.isOwner) {
    const why = role.isSuperuser ? "a superuser" : "the owner of the tables";
    const what = `it is ${why}, who can change the audit`;
    found.push(
      production
        ? warning(`${what}: let servers sign in with a role of their own, made by db role --name`)
        : ok(`${what}; in production give servers a role of their own (db role)`),
    );
  }
  return found.length > 0 ? found : [ok("it has the rights that a server needs, and no others over the audit")];
}

/** What one server writes, the others have to hear of, or they go on giving old answers. */
async function hearing(settings: InspectionSettings, directUrl: string | undefined) {
  let heard: boolean;
  try {
    heard = await isHeard(settings, directUrl ?? settings.url, hearMs);
  } catch (error) {
    const [variable, url] =
      directUrl === undefined ? ["DATABASE_URL", settings.url] : ["DATABASE_DIRECT_URL", directUrl];
    return [failure(unreachable(variable, url, error))];
  }
  if (heard)
    return [ok(`what changes is heard at ${directUrl === undefined ? "DATABASE_URL" : "DATABASE_DIRECT_URL"}`)];
  return [
    failure(
      directUrl === undefined
        ? "what changes is not heard, so old answers stay: DATABASE_URL is a pooler. Give the database itself in DATABASE_DIRECT_URL"
        : "what changes is not heard, so old answers stay: DATABASE_DIRECT_URL is a pooler too, or another database than DATABASE_URL",
    ),
  ];
}

const reasons: Readonly<Record<string, string>> = {
  "28P01": "it refuses the password: correct it, or set it anew with \\password in psql",
  "28000": "it lets this role in from this machine with no password or none of its kind: see pg_hba.conf",
  "3D000": "it has no such database: CREATE DATABASE makes it",
  "53300": "it has no connection left: lower DATABASE_POOL_SIZE of the servers, or raise max_connections",
  "57P03": "it is starting or stopping: wait",
  ECONNREFUSED: "nothing listens there: start it, or correct host and port",
  ENOTFOUND: "its name is not known: correct the host",
  EAI_AGAIN: "its name cannot be looked up now: see the name server (DNS)",
};

export function unreachable(variable: string, url: string, error: unknown): string {
  const code = (error as { code?: unknown } | null)?.code;
  const where = `${variable}, ${new URL(url).host}`;
  const text = messageOf(error);
  if (/timeout/i.test(text))
    return `${where}: it does not answer within ${limitMs / 1000} s: see host, port and firewall`;
  const reason = typeof code === "string" && Object.hasOwn(reasons, code) ? reasons[code] : undefined;
  return reason === undefined ? `${where}: ${text}` : `${where}: ${reason} (${text})`;
}
