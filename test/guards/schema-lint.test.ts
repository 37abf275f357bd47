// The linter's rules for schema.graphql: each finds what it is there for, through the project's own eslint.config.mjs.
import { readFileSync } from "node:fs";
import { ESLint } from "eslint";
import { buildSchema, lexicographicSortSchema, printSchema } from "graphql";

const file = "schema.graphql";
const overrideConfigFile = "eslint.config.mjs";

/** The rules that object to this text, as if it were the project's schema. */
async function objections(sdl: string): Promise<string[]> {
  const overrideConfig = { files: [file], languageOptions: { parserOptions: { graphQLConfig: { schema: sdl } } } };
  const results = await new ESLint({ overrideConfigFile, overrideConfig }).lintText(sdl, { filePath: file });
  // What is no rule's objection cannot be read at all.
  return results.flatMap(({ messages }) => messages.map(({ ruleId, message }) => ruleId ?? message));
}

const good = `
"Reads." type Query {
  "The object." node("Its id." id: ID!): Node
  "One note." note("Which." by: NoteBy!): Note
  "Notes." notes(
    "After." after: String, "Before." before: String, "From the start." first: Int, "From the end." last: Int,
    "Which." filter: NoteFilter, "In this order." orderBy: NoteOrder
  ): NoteConnection!
}
"Writes." type Mutation {
  "Makes a note." createNote("The note." input: CreateNoteInput!): CreateNotePayload
  "Changes a note." updateNote("Which." id: ID!, "How." input: CreateNoteInput!): CreateNotePayload
}
"An object." interface Node { "Its id." id: ID! }
"A note." type Note implements Node {
  "Its id." id: ID!
  "Its title." title: String!
  "Its title." headline: String! @deprecated(reason: "Use \`title\`. Removed on 2027-01-31.")
  "Its state." state: NoteState!
  "Whether it was published." isPublished: Boolean!
  "Whether it comes first; null when nobody has said." hasPriority: Boolean
  "When it was made." createdAt: DateTime!
  "The day for which it holds." asOf: Date!
  "The day of its revision; null when there was none." revisedOn: Date
}
"A state." enum NoteState { "Not to be seen." DRAFT "To be seen." PUBLISHED }
"Names one note." input NoteBy @oneOf { "Its id." id: ID "Its address." slug: String }
"Which notes." input NoteFilter { "Made then." createdAt: DateTimeFilter "Published." isPublished: Boolean }
"A condition on an instant." input DateTimeFilter { "Is this." eq: DateTime }
"An order." input NoteOrder { "By this." field: NoteState! }
"A page of notes." type NoteConnection {
  "The notes in their places." edges: [NoteEdge!]!
  "The notes." nodes: [Note!]!
  "Where the page lies." pageInfo: PageInfo!
}
"A note in its place." type NoteEdge { "The place." cursor: String! "The note." node: Note! }
"Where a page lies." type PageInfo {
  "Its end." endCursor: String
  "More after it." hasNextPage: Boolean!
  "More before it." hasPreviousPage: Boolean!
  "Its start." startCursor: String
}
"A note to make." input CreateNoteInput { "Its title." title: String! "Whether to pin it." isPinned: Boolean! }
"What was made." type CreateNotePayload { "The note; null when there are errors." note: Note }
"A day." scalar Date
"An instant." scalar DateTime
`;

/** What is bad, and which of the good text is replaced by what. */
type Example = [what: string, from: string, to: string];

const examples: Record<string, Example[]> = {
  "@graphql-eslint/naming-convention": [
    ["a type that is not PascalCase", "NoteState", "note_state"],
    ["a field that is not camelCase", "headline", "head_line"],
    ["an argument that is not camelCase", "by: NoteBy", "By: NoteBy"],
    ["an input field that is not camelCase", "slug: String", "Slug: String"],
    ["an enum value that is not UPPER_CASE", "DRAFT", "Draft"],
    ["a field that gets", "note(", "getNote("],
    ["a field that lists", "notes(", "listNotes("],
    ["an input that is called like no input", "NoteBy", "NoteKey"],
    ["an input that is called after nothing", "NoteFilter", "Filter"],
    ["a boolean field that asks nothing", "isPublished: Boolean!", "published: Boolean!"],
    ["a nullable boolean field that asks nothing", "hasPriority", "priority"],
    ["a boolean input field that asks nothing", "isPublished: Boolean }", "published: Boolean }"],
    ["a boolean input field that has to be given and asks nothing", "isPinned", "pinned"],
    ["an instant without At", "createdAt: DateTime!", "created: DateTime!"],
    ["a day without On", "revisedOn: Date", "revision: Date"],
    ["another argument of a mutation than id and input", '"The note." input:', '"The note." note:'],
  ],
  "@graphql-eslint/no-hashtag-description": [
    ["a comment in the place of a description", '"Its end."', '"Its end."\n # Null when the page is empty.\n'],
  ],
  "@graphql-eslint/no-scalar-result-type-on-mutation": [
    [
      "a mutation without a payload",
      '"Makes a note."',
      '"Deletes a note." deleteNote("Which." id: ID!): ID "Makes a note."',
    ],
  ],
  "@graphql-eslint/no-typename-prefix": [["a field that repeats its type", "headline", "noteHeadline"]],
  "@graphql-eslint/no-unreachable-types": [
    ["a type that nothing leads to", '"A day."', '"A text." scalar Lost "A day."'],
  ],
  "@graphql-eslint/relay-arguments": [["a connection without a way back", '"From the end." last: Int', ""]],
  "@graphql-eslint/relay-connection-types": [
    ["a connection that may have no pageInfo", "PageInfo!", "PageInfo"],
    ["a connection without edges", '"The notes in their places." edges: [NoteEdge!]!', '"One." edge: NoteEdge!'],
  ],
  "@graphql-eslint/relay-edge-types": [
    ["an edge whose cursor is no text", "cursor: String!", "cursor: NoteState!"],
    ["an edge with several nodes", "node: Note!", "node: [Note!]!"],
    ["an edge to what cannot be fetched again", "type Note implements Node", "type Note"],
    ["an edge that is not called so", "NoteEdge", "NotePayload"],
  ],
  "@graphql-eslint/relay-page-info": [
    ["a page that does not know whether there is more", "hasNextPage: Boolean!", "hasNextPage: Boolean"],
  ],
  "@graphql-eslint/require-deprecation-reason": [
    ["a deprecation without a reason", /@deprecated\(.*\)/.exec(good)?.[0] ?? "", "@deprecated"],
  ],
  "@graphql-eslint/require-description": [
    ["a type without a description", '"A note."', ""],
    ["a field without a description", '"Its state."', ""],
    ["an argument without a description", '"After."', ""],
    ["an input without a description", '"An order."', ""],
    ["an input field without a description", '"Its address."', ""],
    ["an enum value without a description", '"To be seen."', ""],
  ],
  "@graphql-eslint/require-nullable-fields-with-oneof": [
    ["an input that asks for one of several keys and for this one", "slug: String", "slug: String!"],
  ],
  "@graphql-eslint/strict-id-in-types": [
    ["a type that is neither an entity nor a known value", "CreateNotePayload", "CreateNoteResult"],
  ],
  "no-restricted-syntax": [
    ["a deprecation without the day of the removal", " Removed on 2027-01-31.", ""],
    ["a deprecation without the replacement", "Use `title`. ", ""],
  ],
};

describe("schema.graphql", () => {
  it("is clean", async () => {
    expect(await objections(readFileSync(file, "utf8"))).toEqual([]);
  });

  it("is sorted", () => {
    const sdl = readFileSync(file, "utf8");
    expect(printSchema(buildSchema(sdl))).toBe(printSchema(lexicographicSortSchema(buildSchema(sdl))));
  });
});

describe("The linter", () => {
  it("has no objection to a good schema", async () => {
    expect(await objections(good)).toEqual([]);
  });

  it("has examples here for each of its rules", async () => {
    const { rules } = (await new ESLint({ overrideConfigFile }).calculateConfigForFile(file)) as {
      rules: Record<string, [severity: number]>;
    };
    const active = Object.keys(rules).filter(rule => rules[rule]?.[0] !== 0);
    expect(active.sort()).toEqual(Object.keys(examples).sort());
  });

  describe.each(Object.entries(examples))("finds by %s", (rule, cases) => {
    it.each(cases)("%s", async (_, from, to) => {
      expect(good).toContain(from);
      expect(await objections(good.replaceAll(from, to))).toEqual([rule]);
    });
  });
});
