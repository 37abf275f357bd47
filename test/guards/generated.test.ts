// What is generated and committed is what the code makes, and the gates around it can fail.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildSchema, parse, validate } from "graphql";
import { attemptLimits, type AttemptRule } from "../../src/auth/attempts";
import { errorCodes } from "../../src/errors/app-error";
import { closings } from "../../src/server/live-connection";
import { buildGraphQLSchema, printGraphQLSchema } from "../../src/server/schema";

interface Limit {
  attempts: number;
  seconds: number;
}

const operations = readdirSync("test/operations").filter(name => name.endsWith(".graphql"));

describe("schema.graphql", () => {
  const committed = readFileSync("schema.graphql", "utf8");

  it("is what the code builds", () => {
    expect(committed).toBe(printGraphQLSchema(buildGraphQLSchema()));
  });

  it("carries its directives", () => {
    expect(committed).toContain("input TopicBy @oneOf");
    expect(committed).toMatch(/scalar Date @specifiedBy\(url: "https:/);
  });

  it.each(operations)("admits the operation %s", name => {
    expect(validate(buildSchema(committed), parse(readFileSync(join("test/operations", name), "utf8")))).toEqual([]);
  });
});

describe("The typed client", () => {
  let directory: string;

  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), "learngraph-codegen-"));
  });
  afterAll(() => rmSync(directory, { recursive: true }));

  function build(query: string): { status: number | null; output: string } {
    writeFileSync(join(directory, "operation.graphql"), query);
    const config = readFileSync("codegen.yml", "utf8")
      .replace("schema.graphql", join(process.cwd(), "schema.graphql"))
      .replace("test/operations/**/*.graphql", join(directory, "*.graphql"))
      .replace("src/generated/client/", join(directory, "client/"));
    writeFileSync(join(directory, "codegen.yml"), config);
    const program = "node_modules/@graphql-codegen/cli/cjs/bin.js";
    const result = spawnSync(process.execPath, [program, "--config", join(directory, "codegen.yml")], {
      encoding: "utf8",
      // The program says nothing where NODE_ENV is test.
      env: { ...process.env, NODE_ENV: "development" },
    });
    return { status: result.status, output: result.stdout + result.stderr };
  }

  it("is built from an operation that fits the schema", () => {
    expect(build("query Right { topics { nodes { title } } }").status).toBe(0);
  });

  it("is not built from an operation with a field that the schema does not have", () => {
    const { status, output } = build("query Wrong { topics { nodes { titel } } }");
    expect(status).not.toBe(0);
    expect(output).toContain('Cannot query field "titel" on type "Topic"');
  });
});

describe("docs/accounts.md", () => {
  it("states every limit of attempts as it is", () => {
    const named: Partial<Record<AttemptRule, string>> = {
      changeEmail: "`changeEmail`, by the new address",
      verifyEmail: "links of mails",
      changePassword: "password asked again",
    };
    const period: Readonly<Record<number, string>> = { 60: "a minute", 600: "10 minutes", 3600: "an hour" };
    const say = (limit?: Limit) => (limit ? ` ${limit.attempts} in ${period[limit.seconds]}` : "");
    const rules = Object.entries<{ account?: Limit; address?: Limit }>(attemptLimits);
    const lines = rules.map(
      ([rule, { account, address }]) =>
        `| ${named[rule as AttemptRule] ?? `\`${rule}\``} |${say(account)} |${say(address)} |`,
    );
    const [, table = ""] = readFileSync("docs/accounts.md", "utf8").split("## Attempts\n\n");
    const [stated = ""] = table.split("\n\n");
    expect(stated.split("\n").slice(2).sort()).toEqual(lines.sort());
  });
});

describe("docs/live.md", () => {
  it("lists every code and reason with which a connection is closed", () => {
    const text = readFileSync("docs/live.md", "utf8");
    const unlisted = Object.values(closings).filter(
      ([code, reason]) => !new RegExp(`^\\| ${code} \\| .*${reason.replaceAll(".", "\\.")}`, "m").test(text),
    );
    expect(unlisted).toEqual([]);
  });
});

describe("docs/api.md", () => {
  it("lists every error code, and no other (R12)", () => {
    const section =
      readFileSync("docs/api.md", "utf8")
        .split("## ")
        .find(part => part.startsWith("Errors")) ?? "";
    const listed = [...section.matchAll(/^\| `([A-Z_]+)` \|/gm)].map(match => match[1]);
    expect(listed.sort()).toEqual([...errorCodes].sort());
  });
});
