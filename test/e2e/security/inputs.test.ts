// Every place of the schema where a client may put a text or ask for a page: each holds its limits. What is added later is tried too.
import {
  getNamedType,
  getNullableType,
  isCompositeType,
  isEnumType,
  isInputObjectType,
  isListType,
  isRequiredArgument,
  isRequiredInputField,
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLInputField,
  type GraphQLInputObjectType,
  type GraphQLInputType,
  type GraphQLNamedInputType,
} from "graphql";
import { encodeNodeId } from "../../../src/graphql/node-id";
import { buildGraphQLSchema } from "../../../src/server/schema";
import { tryCases } from "../../support/cases";
import { startTestServer, type TestServer } from "../../support/server";
import { authorizationOf, createViewer } from "../../support/signed-in";
import { expectRefusal } from "../http/refusals";

const schema = buildGraphQLSchema();
let server: TestServer;
let authorization: string;
beforeAll(async () => {
  // More attempts than one person may make.
  server = await startTestServer({
    services: { attempts: { take: async () => undefined, reset: async () => undefined } },
  });
  const admin = await createViewer(server.database, { role: "ADMIN" });
  authorization = await authorizationOf(admin, server.services.tokens);
});
afterAll(() => server.close());

type Path = readonly (string | number)[];
type Root = "Query" | "Mutation";
interface Place {
  root: Root;
  field: GraphQLField<unknown, unknown>;
  argument: GraphQLArgument;
  /** Of the text, inside of the argument. */
  path: Path;
}

const scalars: Readonly<Record<string, unknown>> = {
  String: "some text",
  ID: encodeNodeId("Topic", 1),
  Int: 1,
  Float: 1,
  Boolean: true,
  Date: "2026-06-24",
  DateTime: "2026-06-24T09:30:00.000Z",
  Decimal: "0.15",
  URL: "https://example.org/",
  EmailAddress: "somebody@example.org",
};

/** The smallest value that fits the type. */
function valueOf(type: GraphQLInputType): unknown {
  const nullable = getNullableType(type);
  if (isListType(nullable)) return [valueOf(nullable.ofType)];
  if (isEnumType(nullable)) return nullable.getValues()[0]?.name;
  if (!isInputObjectType(nullable)) return scalars[nullable.name];
  const fields = Object.values(nullable.getFields());
  const needed = nullable.isOneOf ? fields.slice(0, 1) : fields.filter(isRequiredInputField);
  return Object.fromEntries(needed.map(field => [field.name, valueOf(field.type)]));
}

/** The value that fits, with `text` at the place. */
function withText(type: GraphQLInputType, [step, ...rest]: Path, text: string): unknown {
  const nullable = getNullableType(type);
  if (step === undefined) return text;
  if (isListType(nullable)) return [withText(nullable.ofType, rest, text)];
  if (!isInputObjectType(nullable)) throw new Error(`no ${step} in ${String(type)}`);
  const field = nullable.getFields()[step] as GraphQLInputField;
  const others = nullable.isOneOf ? {} : (valueOf(type) as object);
  return { ...others, [step]: withText(field.type, rest, text) };
}

/** Where texts may stand in a value of the type; of inputs that hold themselves, once. */
function textsIn(type: GraphQLInputType, within: readonly string[] = []): Path[] {
  const nullable = getNullableType(type);
  if (isListType(nullable)) return textsIn(nullable.ofType, within).map(path => [0, ...path]);
  if (!isInputObjectType(nullable))
    return isEnumType(nullable) || ["Int", "Float", "Boolean"].includes(nullable.name) ? [] : [[]];
  if (within.includes(nullable.name) || within.length > 3) return [];
  return Object.values(nullable.getFields()).flatMap(field =>
    textsIn(field.type, [...within, nullable.name]).map(path => [field.name, ...path]),
  );
}

const fieldsOf = (root: Root) =>
  Object.values((root === "Query" ? schema.getQueryType() : schema.getMutationType())?.getFields() ?? {});
/** A text of an input type is checked in the same way wherever the input stands, so it is tried in one place; that of an argument, in each. */
const places: Place[] = [
  ...new Map(
    (["Query", "Mutation"] as const).flatMap(root =>
      fieldsOf(root).flatMap(field =>
        field.args.flatMap(argument =>
          textsIn(argument.type).map(
            path =>
              [ownerOf(argument, path) ?? `${field.name}.${argument.name}`, { root, field, argument, path }] as const,
          ),
        ),
      ),
    ),
  ).values(),
];

function typeAt(type: GraphQLInputType, [step, ...rest]: Path): GraphQLNamedInputType {
  const at = getNullableType(type);
  if (step === undefined) return getNamedType(type);
  return typeAt(isListType(at) ? at.ofType : ((at as GraphQLInputObjectType).getFields()[step]?.type ?? type), rest);
}

/** The last input type on the path, and its field; undefined for the argument itself. */
function ownerOf(argument: GraphQLArgument, path: Path): string | undefined {
  let owner: string | undefined;
  let type: GraphQLInputType = argument.type;
  for (const step of path) {
    const at: GraphQLInputType = getNullableType(type);
    if (isInputObjectType(at)) {
      owner = `${at.name}.${step}`;
      type = (at.getFields()[step] as GraphQLInputField).type;
    } else if (isListType(at)) type = at.ofType;
  }
  return owner;
}

function operationOf({ root, field }: Pick<Place, "root" | "field">, args: Readonly<Record<string, unknown>>) {
  const given = field.args.filter(({ name }) => name in args);
  const selection = isCompositeType(getNamedType(field.type))
    ? root === "Mutation"
      ? "{ userErrors { code path } }"
      : "{ __typename }"
    : "";
  const declared = given.map(({ name, type }) => `$${name}: ${String(type)}`);
  const passed = given.map(({ name }) => `${name}: $${name}`);
  const list = (texts: readonly string[]) => (texts.length > 0 ? `(${texts.join(", ")})` : "");
  return {
    query: `${root.toLowerCase()} Tried${list(declared)} { ${field.name}${list(passed)} ${selection} }`,
    variables: args,
  };
}

interface Answer {
  errors?: { extensions: { code: string } }[];
  data?: Record<string, { userErrors?: { code: string; path: string[] | null }[] } | null>;
}

async function codesOf(place: Place, text: string): Promise<string[]> {
  const { field, argument, path } = place;
  const needed = field.args.filter(isRequiredArgument).map(({ name, type }) => [name, valueOf(type)] as const);
  const args = { ...Object.fromEntries(needed), [argument.name]: withText(argument.type, path, text) };
  const response = await server.post(operationOf(place, args), { authorization });
  const { errors, data } = (await response.json()) as Answer;
  if (errors) return [...new Set(errors.map(({ extensions }) => extensions.code))];
  // Of this very field; others of the smallest input may be wrong too.
  const steps = [argument.name, ...path].filter(step => typeof step === "string").join(".");
  const own = (data?.[field.name]?.userErrors ?? []).filter(
    error => error.path?.filter(step => !/^\d+$/.test(step)).join(".") === steps,
  );
  return [...new Set(own.map(({ code }) => code))];
}

const nameOf = ({ field, argument, path }: Place) => [field.name, argument.name, ...path].join(".");

it("every text of every root field refuses NUL, ill-formed Unicode, and a length without an end (R15, B10)", async () => {
  expect(places.length).toBeGreaterThan(100);
  const cases = places.flatMap(place => [
    ...["a\0b", "\ud800", "a\udfffb"].map(text => ({ place, text, codes: [["BAD_USER_INPUT"]] })),
    { place, text: "x".repeat(60_000), codes: [["BAD_USER_INPUT"], ["INVALID"]] },
  ]);
  const tried = cases.map(given => ({
    ...given,
    name: `${nameOf(given.place)} ${given.text.slice(0, 5)}`,
    toJSON: () => nameOf(given.place),
  }));
  await tryCases("texts", tried, async ({ place, text, codes }) => {
    expect(codes).toContainEqual(await codesOf(place, text));
  });
}, 300_000);

it("no text of any root field is the server's fault, however odd it is (R11, R15, R16)", async () => {
  const cases = places.flatMap(place =>
    ["", "-", "É % ' \\ $1 {}"].map(text => ({ place, text, toJSON: () => [nameOf(place), text] })),
  );
  await tryCases("odd texts", cases, async ({ place, text }) => {
    expect(await codesOf(place, text)).not.toEqual(
      expect.arrayContaining([expect.stringMatching("INTERNAL|UNAVAILABLE")]),
    );
  });
}, 300_000);

it("every list of every root field refuses a page of no, too many or fewer than no items, and of both ends (R8, B10)", async () => {
  const lists = fieldsOf("Query").filter(({ args }) => args.some(({ name }) => name === "first"));
  expect(lists.length).toBeGreaterThan(5);
  const pages = [
    ...["first", "last"].flatMap(end => [0, -1, 101, 2_147_483_647].map(size => ({ [end]: size }))),
    { first: 1, last: 1 },
  ];
  // Suggestions have no end to take from.
  const pagesOf = ({ args }: GraphQLField<unknown, unknown>) =>
    pages.filter(page => Object.keys(page).every(end => args.some(({ name }) => name === end)));
  const cases = lists.flatMap(field => pagesOf(field).map(page => ({ field, page, toJSON: () => [field.name, page] })));
  await tryCases("pages", cases, async ({ field, page }) => {
    const needed = field.args.filter(isRequiredArgument).map(({ name, type }) => [name, valueOf(type)] as const);
    const operation = operationOf({ root: "Query", field }, { ...Object.fromEntries(needed), ...page });
    await expectRefusal(await server.post(operation, { authorization }), 200, "BAD_USER_INPUT");
  });
});

it("every address takes http and https alone (R15, B10)", async () => {
  const urls = places.filter(({ argument, path }) => typeAt(argument.type, path).name === "URL");
  expect(urls.length).toBeGreaterThan(0);
  for (const place of urls) {
    for (const url of [
      "javascript:alert(1)",
      "data:text/html,x",
      "file:///etc/passwd",
      "ftp://example.org/",
      "//example.org",
      "https://",
    ]) {
      expect([nameOf(place), url, await codesOf(place, url)]).toEqual([nameOf(place), url, ["BAD_USER_INPUT"]]);
    }
  }
});
