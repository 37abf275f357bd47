// No change of the schema breaks programs that use the released one, unless it was announced: what counts as breaking, and
// the gate that looks for it. docs/schema-changes.md says the same in words.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { compareSchemas, describeChanges, type SchemaChange } from "../../src/cli/schema-changes";
import { copyProject, runProgram, type Outcome, type ProjectCopy } from "../support/command";

const released = `
  type Query {
    note(id: ID, slug: String, key: String @deprecated, depth: Int! = 1): Note
    notes(filter: Filter, mode: Mode = FAST): [Note!]!
    node: Node
    result: Result
    legacy: Legacy @deprecated
  }
  interface Node { id: ID! }
  type Note implements Node { id: ID! title: String! subtitle: String former: String @deprecated }
  type Draft implements Node { id: ID! }
  type Missing { reason: String! }
  type Locked { reason: String! }
  type Legacy { name: String }
  union Result = Missing | Locked
  input Filter { text: String regex: String @deprecated limit: Int! = 10 }
  enum Mode { FAST EXACT SLOW @deprecated }
`;

/** What happens to the schema, by which replacement of text, and a part of what is said about it. */
type Example = [what: string, from: string, to: string, said: string];

const examples: Record<SchemaChange["effect"], Example[]> = {
  breaking: [
    ["a field is removed", "title: String! subtitle", "subtitle", "'title' was removed from object type 'Note'"],
    ["a field can be null", "title: String!", "title: String", "from 'String!' to 'String'"],
    ["a field is of another type", "subtitle: String", "subtitle: Int", "from 'String' to 'Int'"],
    ["a deprecated field is of another type", "former: String", "former: Int", "from 'String' to 'Int'"],
    ["an argument is removed", "id: ID, slug", "slug", "'id: ID' was removed"],
    ["an argument has to be given", "note(id: ID,", "note(id: ID!,", "from 'ID' to 'ID!'"],
    ["an argument is added that has to be given", "node: Node", "node(id: ID!): Node", "'id: ID!' added"],
    ["an argument that has to be given loses its default", "depth: Int! = 1", "depth: Int!", "'Query.note' changed"],
    ["an input field is removed", "text: String", "", "'text' was removed"],
    ["an input field is added that has to be given", "text: String", "text: String size: Int!", "'size'"],
    ["an input field that has to be given loses its default", "limit: Int! = 10", "limit: Int!", "'Filter.limit'"],
    ["an input takes only one of its fields", "input Filter", "input Filter @oneOf", "'oneOf' was added"],
    ["an enum value is removed", "EXACT", "", "'EXACT' was removed"],
    ["a union loses a member", "Missing | Locked", "Missing", "'Locked' was removed"],
    ["an object no longer implements an interface", "Note implements Node", "Note", "no longer implements"],
    [
      "a type is removed that an interface can give",
      "type Draft implements Node { id: ID! }",
      "",
      "'Draft' was removed",
    ],
    ["a type is of another kind", "type Legacy { name: String }", "scalar Legacy", "kind changed"],
  ],
  dangerous: [
    ["a deprecated field is removed", "former: String @deprecated", "", "'former' (deprecated) was removed"],
    ["a deprecated argument is removed", "key: String @deprecated,", "", "'key: String' was removed"],
    ["a deprecated input field is removed", "regex: String @deprecated", "", "'regex' (deprecated) was removed"],
    ["a deprecated enum value is removed", "SLOW @deprecated", "", "'SLOW' (deprecated) was removed"],
    ["an enum value is added", "EXACT", "EXACT OTHER", "'OTHER' was added"],
    ["a union gets a member", "Missing | Locked", "Missing | Locked | Draft", "'Draft' was added"],
    ["an optional argument is added", "node: Node", "node(id: ID): Node", "'id: ID' added"],
    ["a default changes", "depth: Int! = 1", "depth: Int! = 2", "from '1' to '2'"],
    ["an optional argument loses its default", "mode: Mode = FAST", "mode: Mode", "'Query.notes' changed"],
  ],
  safe: [
    ["a field is added", "node: Node", "node: Node count: Int", "'count' was added"],
    ["a type is added", "union Result", "type Tag { name: String } union Result", "'Tag' was added"],
    ["an optional input field is added", "text: String", "text: String size: Int", "'size'"],
    ["a field is never null any more", "subtitle: String", "subtitle: String!", "from 'String' to 'String!'"],
    ["an argument may be null", "depth: Int! = 1", "depth: Int = 1", "from 'Int!' to 'Int'"],
    ["a field is deprecated", "subtitle: String", "subtitle: String @deprecated", "'Note.subtitle' is deprecated"],
  ],
};

describe.each(Object.entries(examples))("A change is %s when", (effect, cases) => {
  it.each(cases)("%s", async (_, from, to, said) => {
    expect(released).toContain(from);
    const changes = await compareSchemas(released, released.replace(from, to));
    expect(changes).toEqual([{ effect, message: expect.stringContaining(said) }]);
  });
});

describe("The changes", () => {
  it("of a deprecated field and of the type that only it leads to are dangerous", async () => {
    const present = released.replace("legacy: Legacy @deprecated", "").replace("type Legacy { name: String }", "");
    expect((await compareSchemas(released, present)).map(({ effect }) => effect)).toEqual(["dangerous", "dangerous"]);
  });

  it("that break are shown beside others of the same type", async () => {
    const present = released.replace("Locked { reason: String! }", "Locked implements Node { id: ID! }");
    expect(describeChanges(await compareSchemas(released, present))).toBe(
      [
        "breaking:",
        "  Field 'reason' was removed from object type 'Locked'",
        "dangerous:",
        "  'Locked' object implements 'Node' interface",
        "safe:",
        "  Field 'id' was added to object type 'Locked'",
      ].join("\n"),
    );
  });

  it("of descriptions, and inside what is new, are left out", async () => {
    const present = released
      .replace("result", '"What came out." result')
      .replace("node: Node", "node: Node tags(first: Int = 1): [Tag!]! @deprecated")
      .replace("union Result", '"A tag." type Tag implements Node { "Its id." id: ID! } union Result');
    expect(describeChanges(await compareSchemas(released, present))).toBe(
      "safe:\n  Type 'Tag' was added\n  Field 'tags' was added to object type 'Query'",
    );
  });

  it("are none between equal schemas", async () => {
    expect(describeChanges(await compareSchemas(released, released))).toBe("nothing changed since the release");
  });
});

describe("schema", () => {
  let project: ProjectCopy;
  const file = () => join(project.root, "schema.released.graphql");
  const schema = (...args: string[]): Promise<Outcome> => runProgram("schema", args, { root: project.root });
  const present = readFileSync("schema.graphql", "utf8");
  const withRating = present.replace("type Seo {\n", "type Seo {\n  rating: Int\n");

  beforeEach(() => {
    project = copyProject();
  });
  afterEach(() => project.remove());

  it("--check-changes passes the committed schemas", async () => {
    writeFileSync(file(), readFileSync("schema.released.graphql"));
    expect(await schema("--check-changes")).toMatchObject({ exitCode: 0, stderr: "" });
  });

  it("--check-changes fails for a field that was released and is gone, and --release does so unless forced", async () => {
    writeFileSync(file(), withRating);
    const refusal = {
      exitCode: 1,
      stdout: "breaking:\n  Field 'rating' was removed from object type 'Seo'\n",
      stderr: "Programs that use the released schema would fail: docs/schema-changes.md says what to do instead.\n",
    };
    expect(await schema("--check-changes")).toEqual(refusal);
    expect(await schema("--release")).toEqual(refusal);
    expect(readFileSync(file(), "utf8")).toBe(withRating);

    expect(await schema("--release", "--force")).toMatchObject({ exitCode: 0 });
    expect(readFileSync(file(), "utf8")).toBe(present);
    expect(await schema("--check-changes")).toMatchObject({
      exitCode: 0,
      stdout: "nothing changed since the release\n",
    });
  });

  it("--check-changes passes the removal of a field that was released as deprecated", async () => {
    writeFileSync(file(), withRating.replace("rating: Int", 'rating: Int @deprecated(reason: "Nobody asks for it.")'));
    expect(await schema("--check-changes")).toEqual({
      exitCode: 0,
      stdout: "dangerous:\n  Field 'rating' (deprecated) was removed from object type 'Seo'\n",
      stderr: "",
    });
  });

  it("--release writes what is compatible", async () => {
    writeFileSync(file(), present.replace('"""What search engines and link previews show."""\n  seo: Seo!', ""));
    expect(await schema("--release")).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/^safe:[^]*wrote/) });
    expect(readFileSync(file(), "utf8")).toBe(present);
  });

  it("writes schema.graphql, and --check fails for another one", async () => {
    const schemaFile = join(project.root, "schema.graphql");
    writeFileSync(schemaFile, withRating);
    expect(await schema("--check")).toEqual({
      exitCode: 1,
      stdout: "",
      stderr: "schema.graphql is not what the code builds. Run `npm run gen:schema` and commit it.\n",
    });
    expect(await schema()).toMatchObject({ exitCode: 0, stderr: "" });
    expect(readFileSync(schemaFile, "utf8")).toBe(present);
    expect(await schema("--check")).toMatchObject({ exitCode: 0 });
  });

  it("refuses options that do not go together", async () => {
    for (const options of [["--check", "--release"], ["--force"], ["--check-changes", "--force"], ["--unknown"]]) {
      expect((await schema(...options)).exitCode).toBe(2);
    }
  });
});
