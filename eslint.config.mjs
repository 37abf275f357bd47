// What the linter holds: sound TypeScript, which way imports may point (docs/architecture.md), and the conventions of the schema.
import { readFileSync } from "node:fs";
import graphqlPlugin from "@graphql-eslint/eslint-plugin";
import { importX } from "eslint-plugin-import-x";
import { createTypeScriptImportResolver } from "eslint-import-resolver-typescript";
import tseslint from "typescript-eslint";

/**
 * `layers`: what each folder of src (and main.ts) may import from besides itself. `modules`: in this order, each may import from those
 * before it, since the side that owns the foreign key depends on the other. test/guards/source-tree.test.ts holds the same table.
 */
const { layers, modules } = JSON.parse(readFileSync("src/import-directions.json", "utf8"));
const place = layer => (layer === "main" ? "./src/main.ts" : `./src/${layer}`);
const zone = (target, from) => ({ target, from, message: `${target} may not import from ${from}.` });
const zones = [
  ...Object.entries(layers).flatMap(([layer, allowed]) =>
    Object.keys(layers)
      .filter(other => other !== layer && !allowed.includes(other))
      .map(other => zone(place(layer), place(other))),
  ),
  ...modules.flatMap((module, index) =>
    modules.slice(index + 1).map(later => zone(`./src/modules/${module}`, `./src/modules/${later}`)),
  ),
];

const noProcessEnv = [
  "error",
  {
    selector: "MemberExpression[object.name='process'][property.name='env']",
    message: "Only src/config reads the environment.",
  },
];

/** Selects what is of this type, null or not; without the operators of a condition, which are called after what they do. */
const ofType = name =>
  ["FieldDefinition", "InputValueDefinition[parent.name.value!=/^Date(Time)?Filter$/]"]
    .flatMap(node => [`${node}[gqlType.name.value=${name}]`, `${node}[gqlType.gqlType.name.value=${name}]`])
    .join();
const camelCase = { style: "camelCase", forbiddenPatterns: [/^(get|list)[A-Z]/] };

/** Values, which are equal when all of their fields are: a new type is either one of these or an entity, with an id. */
const withoutId = {
  suffixes: ["Cell", "Connection", "Edge", "Facet", "Payload", "Row"],
  types: [
    "CallToAction",
    "CatalogChange",
    "CatalogStats",
    "ContentChange",
    "EditConflict",
    "FieldChange",
    "GroupProgress",
    "HealthFinding",
    "LearningStreak",
    "LessonBody",
    "LessonLock",
    "LessonProgress",
    "Money",
    "PageInfo",
    "RevisionComparison",
    "RichText",
    "SearchFacets",
    "SearchHighlight",
    "SearchSuggestion",
    "Seo",
    "SessionTokens",
    "Source",
    "TextRange",
    "ToolComparison",
    "TopicCategoryGroup",
    "UserError",
    "UserPreferences",
    "Viewer",
    "WordChange",
  ],
};

const deprecationWithoutDate = [
  "error",
  {
    selector:
      "Directive[name.value=deprecated] > Argument[name.value=reason] > StringValue:not([value=/`.+`.* on [0-9]{4}-[0-9]{2}-[0-9]{2}/])",
    message: "A deprecation says: Use `replacement`. Removed on YYYY-MM-DD.",
  },
];

/**
 * The conventions of the schema, as far as rules can say them; test/guards/schema-conventions.test.ts holds the others, and
 * test/guards/schema-lint.test.ts shows what each rule finds. Not here: rules against what a built schema cannot print, such
 * as names that come twice; alphabetize, which wants `tools` before `toolVendor`, where GraphQL.js sorts it behind.
 */
const schemaRules = {
  "@graphql-eslint/naming-convention": [
    "error",
    {
      types: "PascalCase",
      EnumValueDefinition: "UPPER_CASE",
      FieldDefinition: camelCase,
      InputValueDefinition: camelCase,
      InputObjectTypeDefinition: { style: "PascalCase", requiredPattern: /.(Input|Filter|Order|By)$/ },
      // The last one is the name in the cost specification.
      [ofType("Boolean")]: { requiredPattern: /^(is|has|can)[A-Z]|^can$|^requireOneSlicingArgument$/ },
      [ofType("DateTime")]: { requiredPattern: /[a-z]At$/ },
      // The day for which a price or a statement holds, and the last one: `On` would say neither.
      [ofType("Date")]: { requiredPattern: /[a-z]On$|^asOf$|^staleAfter$/ },
      // The rule input-name knows no `id` beside the input of an update.
      "InputValueDefinition[parent.parent.name.value=Mutation]": { requiredPattern: /^(id|input)$/ },
    },
  ],
  "@graphql-eslint/no-hashtag-description": "error",
  "@graphql-eslint/no-scalar-result-type-on-mutation": "error",
  "@graphql-eslint/no-typename-prefix": "error",
  "@graphql-eslint/no-unreachable-types": "error",
  "@graphql-eslint/relay-arguments": "error",
  "@graphql-eslint/relay-connection-types": "error",
  // Lists of other things than edges are `nodes`, and short ones that are no connection.
  "@graphql-eslint/relay-edge-types": ["error", { listTypeCanWrapOnlyEdgeType: false }],
  "@graphql-eslint/relay-page-info": "error",
  "@graphql-eslint/require-deprecation-reason": "error",
  "@graphql-eslint/require-description": [
    "error",
    { types: true, FieldDefinition: true, InputValueDefinition: true, EnumValueDefinition: true },
  ],
  "@graphql-eslint/require-nullable-fields-with-oneof": "error",
  "@graphql-eslint/strict-id-in-types": ["error", { exceptions: withoutId }],
  // require-deprecation-date wants an argument that @deprecated does not have.
  "no-restricted-syntax": deprecationWithoutDate,
};

/** What runs for each request, each row or each field. */
const hotFiles = [
  "src/db/prepared-statements.ts",
  "src/graphql/{connection,direct-resolvers,selection}.ts",
  "src/request/{context,list,loader,reads,shared-batches}.ts",
  "src/server/{charged-request,compiled-operation,cost-budget,early-answers,graphql-endpoint,known-operations,repeats,response-cache}.ts",
];
/** V8 gives each object that is made in one of these ways a shape of its own, which lives until the next whole collection (docs/performance.md). */
const ownShapes = [
  {
    selector: "ObjectExpression > SpreadElement:not(:last-child)",
    message:
      "Put spreads last, or name the properties: an object that gets more after a spread has a shape of its own.",
  },
  {
    selector: "ObjectExpression > Property[kind='get']",
    message:
      "Make it a class: an object literal with an accessor has a shape of its own, and keeps what the accessor sees.",
  },
];

export default tseslint.config(
  { ignores: ["dist", "node_modules", "src/generated", "bench/generated", "coverage", "**/*.cjs", "**/*.d.ts"] },
  { files: ["**/*.{ts,tsx,mjs}"], extends: [tseslint.configs.recommended] },
  {
    files: ["schema.graphql"],
    plugins: { "@graphql-eslint": graphqlPlugin },
    languageOptions: {
      parser: graphqlPlugin.parser,
      parserOptions: { graphQLConfig: { schema: "schema.graphql" } },
    },
    rules: schemaRules,
  },
  {
    files: ["src/**/*.ts", "test/**/*.ts"],
    extends: [...tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true } },
    rules: {
      "@typescript-eslint/consistent-type-imports": ["error", { disallowTypeAnnotations: false }],
      "@typescript-eslint/no-confusing-void-expression": "off",
      "@typescript-eslint/no-extraneous-class": "off",
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      "@typescript-eslint/unbound-method": "off",
      // Decorated classes name types only where the decorators run; see .swcrc: no metadata is emitted.
      "@typescript-eslint/no-unnecessary-type-parameters": "off",
      "@typescript-eslint/no-require-imports": "off",
      "@typescript-eslint/no-meaningless-void-operator": "off",
      "@typescript-eslint/no-unnecessary-type-arguments": "off",
      "@typescript-eslint/no-generated-empty-object-type": "off",
      // GraphQL classes describe shapes; rows and literals of that shape stand for them.
      "@typescript-eslint/no-unsafe-class-instance-assignment": "off",
      // Hooks of Apollo and Fastify are asynchronous whether they wait or not.
      "@typescript-eslint/require-await": "off",
    },
  },
  {
    files: ["src/**/*.ts"],
    ignores: ["src/playground/**"],
    plugins: { "import-x": importX },
    settings: { "import-x/resolver-next": [createTypeScriptImportResolver({ project: "tsconfig.json" })] },
    rules: {
      "import-x/no-cycle": "error",
      "import-x/no-default-export": "error",
      "import-x/no-restricted-paths": ["error", { zones }],
      "no-console": "error",
    },
  },
  { files: ["src/cli/**/*.ts", "src/main.ts"], rules: { "no-console": "off" } },
  { files: ["src/**/*.ts"], ignores: ["src/config/**"], rules: { "no-restricted-syntax": noProcessEnv } },
  { files: hotFiles, rules: { "no-restricted-syntax": [...noProcessEnv, ...ownShapes] } },
  {
    files: ["test/**/*.ts"],
    rules: {
      "@typescript-eslint/no-non-null-assertion": "off",
      // Jest's matchers, such as expect.any(), are of no type.
      "@typescript-eslint/no-unsafe-assignment": "off",
    },
  },
  { files: ["src/playground/**/*.{ts,tsx}", "**/*.mjs"], extends: [tseslint.configs.disableTypeChecked] },
);
