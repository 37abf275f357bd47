// Makes what operations need beside the database: tokens, passwords, attempt counts, the sender of mail and the publisher of what is scheduled.
import type { Redis } from "ioredis";
import type { Logger } from "pino";
import { createAttemptLimiter, type AttemptStore } from "../auth/attempts";
import { createPasswordService } from "../auth/passwords";
import {
  loadOrMakeSigningKeys,
  parseSigningKeys,
  signingKeyFile,
  SigningKeyError,
  type SigningKeys,
} from "../auth/signing-keys";
import { createTokenService } from "../auth/tokens";
import type { Database } from "../db/database";
import type { Sql } from "../db/sql";
import { createFileTransport, mailDirectory } from "../mail/file.transport";
import { startMailSender } from "../mail/mail.sender";
import type { Services } from "../request/services";
import { CostBudget, type BudgetSettings } from "./cost-budget";
import { startHousekeeping } from "./housekeeping";
import { startPublisher } from "./publisher";
import { connectRedis } from "./redis";
import { createSharedBudgets } from "./shared-budgets";

export interface ServiceSettings {
  production: boolean;
  /** Where development keeps its signing key and its mail. */
  dataDirectory: string;
  /** Where the site is; also the issuer of tokens. */
  publicUrl: string | undefined;
  signingKeys: string | undefined;
  passwordHash: { memoryKiB: number; passes: number; concurrency: number };
  redisUrl: string | undefined;
  /** What each asker may ask for; undefined for no end. */
  budget: BudgetSettings | undefined;
  smtpUrl: string | undefined;
  mailFrom: string;
  /** Whether a revision is published only after somebody else than its author has approved it. */
  fourEyes: boolean;
  /** For the address of the site in development. */
  port: number;
}

export interface RunningServices {
  readonly services: Services;
  /** Undefined when nobody's is kept. */
  readonly budget: CostBudget | undefined;
  /** Lets running work finish. Does not close the database. */
  stop(): Promise<void>;
}

/** So many callers may wait for a password to be hashed; the others are told to try again. */
const passwordQueue = 100;

/** @throws SigningKeyError for keys that are missing in production or wrong. */
export async function startServices(
  settings: ServiceSettings,
  database: Database,
  log: Logger,
): Promise<RunningServices> {
  const { production, redisUrl, passwordHash } = settings;
  const publicUrl = settings.publicUrl ?? (production ? missing("PUBLIC_URL") : `http://localhost:${settings.port}`);
  const keys = await signingKeys(settings);
  const redis = redisUrl === undefined ? undefined : await connectRedis(redisUrl, log);
  const budget = settings.budget && createBudget(settings.budget, redis);
  const transport = await mailTransport(settings);
  if (!transport) log.warn("SMTP_URL is not set: mail waits in the database");
  const sender = transport && startMailSender({ database, log, transport });
  const publisher = startPublisher({ database, log, fourEyes: settings.fourEyes });
  const stopHousekeeping = startHousekeeping(database, log);
  return {
    services: {
      tokens: createTokenService({ keys, issuer: publicUrl, audience: "learngraph" }),
      passwords: createPasswordService({ ...passwordHash, parallelism: 1, queue: passwordQueue }),
      attempts: createAttemptLimiter({ store: redis ? { kind: "redis", client: redis } : attemptStore(database) }),
      quietMs: 300,
      publicUrl,
      fourEyes: settings.fourEyes,
      revisionScheduled: () => publisher.wake(),
      mailQueued: () => sender?.wake(),
    },
    budget,
    stop: async () => {
      stopHousekeeping();
      await budget?.stop();
      await publisher.stop();
      await sender?.stop();
      transport?.close();
      redis?.disconnect();
    },
  };
}

function signingKeys({ production, signingKeys, dataDirectory }: ServiceSettings): Promise<SigningKeys> {
  if (signingKeys !== undefined) return parseSigningKeys(signingKeys);
  return production ? missing("AUTH_SIGNING_KEYS") : loadOrMakeSigningKeys(signingKeyFile(dataDirectory));
}

function missing(variable: string): never {
  throw new SigningKeyError(`${variable} must be set in production. See .env.example.`);
}

/** Counts in PostgreSQL are shared by several servers; the embedded database has one. */
function attemptStore(database: Database): AttemptStore {
  if (database.kind === "embedded") return { kind: "memory" };
  // The library writes its own statements, with parameters, in the form that ours have too.
  return { kind: "postgres", query: (text, values) => database.query({ text, values } as unknown as Sql) };
}

function createBudget(settings: BudgetSettings, redis: Redis | undefined): CostBudget {
  return new CostBudget({ ...settings, shared: redis && createSharedBudgets(redis, settings) });
}

/** In production without SMTP nothing is sent: mail waits in the database. */
async function mailTransport({ production, smtpUrl, mailFrom, dataDirectory }: ServiceSettings) {
  if (smtpUrl === undefined) return production ? undefined : createFileTransport(mailDirectory(dataDirectory));
  const { createSmtpTransport } = await import("../mail/mail.transport");
  return createSmtpTransport({ url: smtpUrl, from: mailFrom });
}
