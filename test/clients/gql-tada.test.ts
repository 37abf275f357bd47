// gql.tada: TypeScript infers from schema.graphql alone what a document answers and takes, and finds what does not fit.
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import ts from "typescript";

const config = {
  compilerOptions: {
    target: "es2022",
    module: "preserve",
    moduleResolution: "bundler",
    strict: true,
    skipLibCheck: true,
    noEmit: true,
    types: [],
    plugins: [{ name: "gql.tada/ts-plugin", schema: "schema.graphql", tadaOutputLocation: "graphql-env.d.ts" }],
  },
  include: ["*.ts"],
};

const files = {
  "tsconfig.json": JSON.stringify(config),

  "graphql.ts": `
import { initGraphQLTada } from "gql.tada";
import type { introspection } from "./graphql-env";

export const graphql = initGraphQLTada<{
  introspection: introspection;
  scalars: { Date: string; DateTime: string; Decimal: string; EmailAddress: string; URL: string };
}>();`,

  "good.ts": `
import type { ResultOf, VariablesOf } from "gql.tada";
import { graphql } from "./graphql";

export const page = graphql(\`
  query Page($by: TopicBy!, $first: Int) {
    topic(by: $by) {
      id
      category
      updatedOn
      tools(first: $first) { edges { rank node { name protocols plans { price { amount } } } } }
    }
    search(query: "cursor") { nodes { __typename ... on Topic { title } ... on Tool { name } } }
  }
\`);

export type Result = ResultOf<typeof page>;
export type Variables = VariablesOf<typeof page>;
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
type Topic = NonNullable<Result["topic"]>;
type Tool = Topic["tools"]["edges"][number]["node"];

export const inferred: true[] = [
  true satisfies Same<Topic["id"], string>,
  true satisfies Same<Topic["updatedOn"], string>,
  true satisfies Same<Topic["tools"]["edges"][number]["rank"], number>,
  true satisfies Same<Extract<Tool["protocols"][number], "MCP" | "HTTP">, "MCP">,
  true satisfies Same<Tool["plans"][number]["price"], { amount: string } | null>,
  true satisfies Same<Extract<Result["search"]["nodes"][number], { name: unknown }>["__typename"], "Tool">,
];
export const variables: Variables[] = [{ by: { slug: "data" } }, { by: { id: "VG9waWM6MQ" }, first: 3 }];`,

  "bad.ts": `
import type { Result, Variables } from "./good";

declare const result: Result;
export const title = result.topic?.title; // 2339: not selected
export const id = result.topic.id; // 18047: may be null
export const name: number | undefined = result.topic?.tools.edges[0]?.node.name; // 2322: a string
export const none: Variables = {}; // 2741: no by
export const neither: Variables = { by: {} }; // 2322: one of two keys
export const slug: Variables = { by: { slug: 1 } }; // 2322: a number for text
export const first: Variables = { by: { slug: "data" }, first: "3" }; // 2322: text for a number`,
};

let directory: string;

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "learngraph-tada-"));
  symlinkSync(join(process.cwd(), "node_modules"), join(directory, "node_modules"));
  copyFileSync("schema.graphql", join(directory, "schema.graphql"));
  for (const [file, text] of Object.entries(files)) writeFileSync(join(directory, file), text);
  const { status, output } = runTada("generate-output");
  if (status !== 0) throw new Error(output);
});

afterAll(() => rmSync(directory, { recursive: true }));

function runTada(command: string): { status: number | null; output: string } {
  const program = join(process.cwd(), "node_modules/gql.tada/bin/cli.js");
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, command], {
    cwd: directory,
    encoding: "utf8",
  });
  return { status, output: stdout + stderr };
}

/** What TypeScript finds in good.ts and bad.ts, such as `bad.ts:3 2322`: file, line and code. */
function diagnostics(): string[] {
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, directory);
  const names = ["good.ts", "bad.ts"].map(name => join(directory, name));
  return ts.getPreEmitDiagnostics(ts.createProgram(names, options)).map(({ file, start = 0, code }) => {
    const line = (file?.getLineAndCharacterOfPosition(start).line ?? 0) + 1;
    return `${file ? relative(directory, file.fileName) : "settings"}:${line} ${code}`;
  });
}

it("infers what fits, and finds each wrong field and each wrong variable, and nothing else", () => {
  // The lines of bad.ts say which error they are.
  const expected = files["bad.ts"].split("\n").flatMap((line, index) => {
    const code = /\/\/ (\d+):/.exec(line)?.[1];
    return code === undefined ? [] : [`bad.ts:${index + 1} ${code}`];
  });
  expect(expected).toHaveLength(7);
  expect(diagnostics()).toEqual(expected);
});

it("finds a field that the schema does not have, and that all others are there", () => {
  writeFileSync(
    join(directory, "unknown.ts"),
    'import { graphql } from "./graphql";\nexport const topics = graphql(`{ topics { nodes { titel } } }`);\n',
  );
  const { status, output } = runTada("check");
  expect(status).toBe(1);
  expect(output).toContain('Cannot query field "titel" on type "Topic"');
  expect(output).toContain("1 problems");
});
