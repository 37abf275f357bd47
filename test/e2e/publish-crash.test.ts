// A server that is killed while it publishes: each publication is wholly done or not at all, and what was acknowledged is there.
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createTokenService } from "../../src/auth/tokens";
import { newSigningKey, parseSigningKeys } from "../../src/auth/signing-keys";
import type { Database } from "../../src/db/database";
import { openEmbedded } from "../../src/db/embedded-driver";
import { openDatabase, type DatabaseSettings } from "../../src/db/open-database";
import { sql } from "../../src/db/sql";
import { encodeNodeId } from "../../src/graphql/node-id";
import { openTestDatabase, serverUrl } from "../support/database";
import { goldenImage, postgresSettings } from "../support/golden";
import { overhear } from "../support/log";
import { publicUrl } from "../support/services";
import { createViewer } from "../support/signed-in";

const drafts = 500;
const kills = 3;
/** Publications under way at once. */
const lanes = 4;

let directory: string;
let onServer: Database | undefined;
let settings: DatabaseSettings;
let child: ChildProcess | undefined;
let signingKeys: string;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "learngraph-publish-"));
  signingKeys = JSON.stringify({ keys: [await newSigningKey()] });
  settings = { dataDirectory: directory, poolSize: 4, acquireTimeoutMs: 20_000, statementTimeoutMs: 20_000 };
  if (serverUrl === undefined) {
    await (await openEmbedded({ directory, image: new Blob([readFileSync(goldenImage("empty"))]) })).close();
  } else {
    onServer = await openTestDatabase({ golden: "empty" });
    const [row] = await onServer.query<{ name: string }>(sql`SELECT current_database()::text AS "name"`);
    settings.url = postgresSettings(serverUrl, row?.name ?? "").url;
  }
});

afterAll(async () => {
  child?.kill("SIGKILL");
  await onServer?.close();
  rmSync(directory, { recursive: true, force: true });
});

async function withDatabase<T>(work: (database: Database) => Promise<T>): Promise<T> {
  const database = await openDatabase(settings);
  try {
    return await work(database);
  } finally {
    await database.close();
  }
}

/** @returns the URL of a server process on the database. */
async function start(): Promise<string> {
  child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", "dist/src/main.js"], {
    env: {
      ...{ PATH: process.env["PATH"], PORT: "0", DATA_DIRECTORY: directory, CONTENT_ON_START: "never" },
      ...{ PLAYGROUND: "false", LOG_FORMAT: "json", LOG_LEVEL: "info" },
      ...{ AUTH_SIGNING_KEYS: signingKeys, PUBLIC_URL: publicUrl },
      ...(settings.url === undefined ? {} : { DATABASE_URL: settings.url }),
    },
  });
  let output = "";
  return new Promise((resolve, reject) => {
    for (const stream of [child?.stdout, child?.stderr]) {
      stream?.on("data", part => {
        output += String(part);
        const url = /ready at (http:\/\/[\w.:]+)/.exec(output)?.[1];
        if (url) resolve(url);
      });
    }
    child?.once("close", () => {
      overhear(output);
      reject(new Error(`the process ended:\n${output}`));
    });
  });
}

async function kill(): Promise<void> {
  const ended = child && once(child, "exit");
  child?.kill("SIGKILL");
  await ended;
}

/** Publishes one after the other, several at once, until the server is gone. Adds to `acknowledged` what the server said was done. */
async function publishAll(url: string, token: string, ids: number[], acknowledged: Set<number>): Promise<void> {
  const lane = async () => {
    for (let id = ids.shift(); id !== undefined; id = ids.shift()) {
      try {
        const response = await fetch(`${url}/graphql`, {
          method: "POST",
          headers: { "content-type": "application/json", authorization: `Bearer ${token}` },
          body: JSON.stringify({
            query: `mutation { publishRevision(input: { revisionId: "${encodeNodeId("Revision", id)}" }) { revision { state } userErrors { message } } }`,
          }),
        });
        const { data } = (await response.json()) as { data?: { publishRevision?: { revision?: { state: string } } } };
        if (data?.publishRevision?.revision?.state === "PUBLISHED") acknowledged.add(id);
      } catch {
        return;
      }
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
}

it(`loses nothing in ${kills} kills in the middle of ${drafts} publications`, async () => {
  const { viewer, ids } = await withDatabase(async database => {
    const editor = await createViewer(database, { role: "EDITOR" });
    const content = {
      ...{ name: "N", vendor: "V", category: "CODE_EDITOR", tagline: "T", website: "https://example.org" },
      ...{ pricingModel: "FREE", description: "A tool.", plans: [], facts: [] },
      models: ["A", "B"],
    };
    await database.models.revision.createMany({
      data: Array.from({ length: drafts }, (_, index) => ({
        ...({ entity: "TOOL", entityId: 1_000 + index, number: 1, state: "DRAFT", slug: `tool-${index}` } as const),
        ...{ content, authorName: "Editor" },
      })),
    });
    const rows = await database.models.revision.findMany({ orderBy: { id: "asc" }, select: { id: true } });
    return { viewer: editor, ids: rows.map(({ id }) => id) };
  });
  const keys = await parseSigningKeys(signingKeys);
  const { token } = await createTokenService({ keys, issuer: publicUrl, audience: "learngraph" }).signAccess(viewer);
  const acknowledged = new Set<number>();
  const left = [...ids];
  for (let round = 1; round <= kills; round++) {
    const url = await start();
    const publishing = publishAll(url, token, left, acknowledged);
    const enough = acknowledged.size + 40;
    while (acknowledged.size < enough) await new Promise(resolve => setTimeout(resolve, 5));
    await kill();
    await publishing;
  }
  expect(left.length).toBeGreaterThan(0);
  await withDatabase(async database => {
    const revisions = await database.models.revision.findMany({ select: { id: true, entityId: true, state: true } });
    const tools = new Set((await database.models.tool.findMany({ select: { id: true } })).map(({ id }) => id));
    const events = await database.models.auditEvent.findMany({ where: { action: "publishRevision" } });
    const published = revisions.filter(({ state }) => state === "PUBLISHED");
    expect(revisions.map(({ state }) => state).filter(state => state !== "PUBLISHED" && state !== "DRAFT")).toEqual([]);
    // The revision, the live row and the event: all of them or none.
    expect(published.map(({ entityId }) => entityId).sort()).toEqual([...tools].sort());
    expect(events.map(({ entityId }) => Number(entityId)).sort()).toEqual([...tools].sort());
    const done = new Set(published.map(({ id }) => id));
    expect([...acknowledged].filter(id => !done.has(id))).toEqual([]);
    expect(acknowledged.size).toBeGreaterThanOrEqual(kills * 40);
  });
}, 300_000);
