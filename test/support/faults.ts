// What tests of faults have in common: a server that is asked, that writes and that is watched, and the record of what was seen.
import { appendFileSync } from "node:fs";
import { performance } from "node:perf_hooks";
import { setTimeout as delay } from "node:timers/promises";
import type { Database } from "../../src/db/database";
import type { TokenService } from "../../src/auth/tokens";
import { authorizationOf, createViewer } from "./signed-in";

/** What `npm run test:faults` sets: how often to repeat what is left to chance. Once in the ordinary suite. */
export const rounds = Number(process.env["FAULT_ROUNDS"] ?? 1);

/** Whether times of load are held to what is promised: not where other tests have the machine as well. */
export const promisesHold = process.env["FAULT_ROUNDS"] !== undefined;

/** What the promises say, in milliseconds. */
export const longestAnswerMs = 10_000;
export const longestRecoveryMs = 10_000;

/** One line of what `npm run test:faults` prints at its end. */
export type Observation =
  | { kind: "recovery"; fault: string; milliseconds: number }
  | { kind: "writes"; fault: string; kills: number; acknowledged: number; lost: number }
  | { kind: "latency"; load: string; answered: number; lost: number; p50: number; p99: number };

export function observe(observation: Observation): void {
  const file = process.env["FAULT_REPORT"];
  if (file !== undefined) appendFileSync(file, `${JSON.stringify(observation)}\n`);
}

export interface Answer {
  status: number;
  retryAfter: string | null;
  data?: unknown;
  errors?: { message: string; extensions: { code: string } }[];
  milliseconds: number;
}

/** A server as its clients see it. */
export class Watched {
  constructor(
    readonly url: string,
    readonly authorization: string,
  ) {}

  async ask(query: string, signal?: AbortSignal, headers: Record<string, string> = {}): Promise<Answer> {
    const started = performance.now();
    const response = await fetch(`${this.url}/graphql`, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: this.authorization, ...headers },
      body: JSON.stringify({ query }),
      ...(signal ? { signal } : {}),
    });
    const body = (await response.json()) as Pick<Answer, "data" | "errors">;
    const milliseconds = performance.now() - started;
    return { status: response.status, retryAfter: response.headers.get("retry-after"), ...body, milliseconds };
  }

  /** Reads what no cache has. */
  read(): Promise<Answer> {
    return this.ask(`{ viewer { __typename } topics(first: 1) { nodes { slug } } }`);
  }

  /** A change of several rows: the draft of a tool, with its event in the audit log. @returns whether it was acknowledged. */
  async write(slug: string): Promise<boolean> {
    return isWritten(await this.writeOnce(slug));
  }

  /** Sent again, it is not done again. */
  writeOnce(slug: string): Promise<Answer> {
    return this.ask(creation(slug), undefined, { "idempotency-key": slug });
  }

  async status(path: "/livez" | "/readyz"): Promise<number> {
    return (await fetch(`${this.url}${path}`)).status;
  }

  /** All that is promised while the database is away. */
  async expectAway(): Promise<void> {
    for (const query of ["{ topics(first: 1) { nodes { slug } } }", creation("never-written")]) {
      expectUnavailable(await this.ask(query));
    }
    expect(await this.status("/livez")).toBe(200);
    expect(await this.status("/readyz")).toBe(503);
  }

  async expectWorking(): Promise<void> {
    expect(await this.read()).toMatchObject({ status: 200, data: { topics: expect.anything() as unknown } });
    expect(await this.status("/readyz")).toBe(200);
  }

  /** Waits until it reads, writes and is ready again, by itself. */
  async expectRecovery(fault: string): Promise<void> {
    const started = performance.now();
    for (let attempt = 0; ; attempt++) {
      const works = (await this.read()).status === 200 && (await this.write(`after-${slugOf(fault)}-${attempt}`));
      const milliseconds = performance.now() - started;
      if (works && (await this.status("/readyz")) === 200) {
        expect(milliseconds).toBeLessThanOrEqual(longestRecoveryMs);
        return observe({ kind: "recovery", fault, milliseconds });
      }
      if (milliseconds > longestRecoveryMs) throw new Error(`no recovery from: ${fault}`);
      await delay(50);
    }
  }
}

/** Whether an answer to `Watched.writeOnce` says that it was done. */
export function isWritten({ data }: Answer): boolean {
  return (data as { createTool?: { revision: unknown } } | undefined)?.createTool?.revision != null;
}

export function expectUnavailable(answer: Answer): void {
  expect(answer).toMatchObject({
    status: 503,
    retryAfter: "1",
    errors: [
      {
        message: "The service is unavailable for a moment. Try again.",
        extensions: { code: "SERVICE_UNAVAILABLE" },
      },
    ],
  });
  expect(answer.milliseconds).toBeLessThanOrEqual(longestAnswerMs);
}

/** The value of the header of an editor's requests. */
export async function editorsAuthorization(database: Database, tokens: TokenService): Promise<string> {
  return authorizationOf(await createViewer(database, { role: "EDITOR" }), tokens);
}

/** What came of `Watched.write`: slugs of revisions and of audit events. A write that is half done is in one of them. */
export async function writtenSlugs(database: Database): Promise<{ revisions: string[]; events: string[] }> {
  const revisions = await database.models.revision.findMany({
    where: { state: "DRAFT" },
    select: { entityId: true, slug: true },
  });
  const events = await database.models.auditEvent.findMany({ where: { action: "createTool" } });
  const slugs = new Map(revisions.map(({ entityId, slug }) => [String(entityId), slug]));
  return {
    revisions: revisions.map(({ slug }) => slug).sort(),
    events: events.map(({ entityId }) => slugs.get(entityId) ?? `no revision of ${entityId}`).sort(),
  };
}

const slugOf = (text: string): string =>
  text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-|-$/g, "");

/** What writes a draft of a tool. */
export const creation = (slug: string): string =>
  `mutation { createTool(input: { slug: "${slug}", content: { name: "${slug}", vendor: "V", category: CODE_EDITOR, tagline: "T", website: "https://example.org", pricingModel: FREE, description: "A tool." } }) { revision { id } userErrors { message } } }`;
