// The real process, as `npm start` runs it: what it prints, how it ends, and what it refuses to start with. Needs dist/src (scripts/build.mjs).
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { newSigningKey } from "../../../src/auth/signing-keys";
import { edited, smallContent, withContent } from "../../support/content-files";
import { startServerProcess, type ServerProcess } from "../../support/server-process";
import { canary, expectRefusal } from "./refusals";

let directory: string;
const running = new Set<ServerProcess>();

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "learngraph-process-"));
});

afterAll(async () => {
  await Promise.all([...running].map(one => one.kill()));
  await rm(directory, { recursive: true, force: true });
});

function start(environment: Record<string, string>): ServerProcess {
  const started = startServerProcess({ DATA_DIRECTORY: directory, ...environment });
  running.add(started);
  return started;
}

describe("The server's process (R24)", () => {
  it("names its URL last, serves, keeps its directory to itself, and ends with 0 on SIGTERM", async () => {
    const first = start({});
    const url = await first.url();
    const lines = first.output().trim().split("\n");
    expect(JSON.parse(lines.at(-1) ?? "")).toMatchObject({
      level: "info",
      msg: `learngraph is ready at ${url}/graphql`,
    });
    expect((await fetch(`${url}/readyz`)).status).toBe(200);

    const second = start({});
    expect(await second.exit).toBe(1);
    expect(second.output()).toContain(`The data directory ${directory} is in use by process ${first.process.pid}`);
    expect(second.output()).not.toMatch(/\n\s+at /);

    first.process.kill("SIGTERM");
    expect(await first.exit).toBe(0);
    expect(await readdir(directory)).toEqual(["postgres", "signing-keys.json"]);
  });

  it("tells nothing of its inside where NODE_ENV is not set, and nobody its schema where it is production (R13, R14)", async () => {
    const keys = JSON.stringify({ keys: [await newSigningKey()] });
    const production = {
      NODE_ENV: "production",
      AUTH_SIGNING_KEYS: keys,
      PUBLIC_URL: "https://learn.example.org",
      HOST: "127.0.0.1",
    };
    for (const environment of [{ INTROSPECTION: "true" }, production]) {
      const run = start(environment);
      const url = await run.url();
      const post = (body: unknown) =>
        fetch(`${url}/graphql`, {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: typeof body === "string" ? body : JSON.stringify(body),
        });
      await expectRefusal(await post("{"), 400, "BAD_REQUEST");
      await expectRefusal(await post({ query: "{" }), 400, "GRAPHQL_PARSE_FAILED");
      await expectRefusal(await post({ query: "{ nothing }" }), 400, "GRAPHQL_VALIDATION_FAILED");
      await expectRefusal(
        await post({ query: "query ($n: Int) { topics(first: $n) { totalCount } }", variables: { n: canary } }),
        400,
        "BAD_USER_INPUT",
      );
      await expectRefusal(await post({ query: "{ topics(first: 0) { totalCount } }" }), 200, "BAD_USER_INPUT");
      await expectRefusal(await fetch(`${url}/${canary}`), 404, "NOT_FOUND");
      const schema = await (await post({ query: "{ __schema { queryType { name } } }" })).text();
      expect(schema.includes('"Query"')).toBe(environment !== production);
      run.process.kill("SIGTERM");
      expect(await run.exit).toBe(0);
    }
  });

  it("does not start in production without keys of its own, or with keys that others can know (R19)", async () => {
    const production = { NODE_ENV: "production", PUBLIC_URL: "https://learn.example.org" };
    const wellKnown = { kty: "OKP", crv: "Ed25519", kid: "1", x: "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" };
    const published = JSON.stringify({ keys: [{ ...wellKnown, d: "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A" }] });
    for (const [environment, message] of [
      [{}, /AUTH_SIGNING_KEYS must be set in production/],
      [{ AUTH_SIGNING_KEYS: "secret" }, /must be a JSON Web Key Set/],
      [{ AUTH_SIGNING_KEYS: published }, /everybody has/],
    ] as const) {
      const run = start({ ...production, ...environment });
      expect(await run.exit).toBe(1);
      expect(run.output()).toMatch(message);
      expect(run.output()).not.toMatch(/\n\s+at |ready at|nWGxne/);
    }
  });

  it("ends with 1 and lists the problems of content that cannot be imported", async () => {
    const broken = edited(smallContent, "lessons/first-step.md", "durationMinutes: 10", "durationMinutes: 999");
    await withContent(broken, async content => {
      const run = start({ CONTENT_ON_START: "if-empty", CONTENT_DIRECTORY: content });
      expect(await run.exit).toBe(1);
      expect(run.output()).toMatch(/lessons\/first-step\.md:\d+ {2}durationMinutes {2}expected /);
      expect(run.output()).not.toMatch(/\n\s+at |ready at/);
    });
  });

  it("ends with 1 and names every variable that is wrong, without its value", async () => {
    const run = start({ PORT: `1${canary}`, DATABASE_URL: `mysql://user:${canary}@host/x`, LOG_LEVEL: canary });
    expect(await run.exit).toBe(1);
    for (const name of ["PORT", "DATABASE_URL", "LOG_LEVEL"])
      expect(run.output()).toMatch(new RegExp(`^ {2}${name} must be `, "m"));
    expect(run.output()).not.toContain(canary);
    expect(run.output()).not.toMatch(/\n\s+at /);
  });
});
