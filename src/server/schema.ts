// Builds the executable schema from the modules. Needs no database and no environment.
import "reflect-metadata";
import { printSchemaWithDirectives } from "@graphql-tools/utils";
import { isInputObjectType, lexicographicSortSchema, specifiedDirectives, type GraphQLSchema } from "graphql";
import { buildSchemaSync, type NonEmptyArray, type PubSub } from "type-graphql";
import { enforceAccess } from "../graphql/access";
import { validateArgument } from "../graphql/argument-validation";
import { cacheControlDirective } from "../graphql/cache-control";
import { costDirective, declareCosts, listSizeDirective } from "../graphql/cost";
import { publishDirectives } from "../graphql/directives";
import { ResolverContainer, resolveDirectly } from "../graphql/direct-resolvers";
import { NodeIdResolver } from "../graphql/node.type";
import { accountModule } from "../modules/account/account.module";
import { auditModule } from "../modules/audit/audit.module";
import { catalogModule } from "../modules/catalog/catalog.module";
import { editorialModule } from "../modules/editorial/editorial.module";
import { learningModule } from "../modules/learning/learning.module";
import { lessonModule } from "../modules/lesson/lesson.module";
import { defineNodeResolver } from "../modules/node/node.resolver";
import { searchModule } from "../modules/search/search.module";
import { toolModule } from "../modules/tool/tool.module";
import { topicModule } from "../modules/topic/topic.module";
import { userModule } from "../modules/user/user.module";

const modules = [
  topicModule,
  toolModule,
  lessonModule,
  userModule,
  auditModule,
  accountModule,
  learningModule,
  catalogModule,
  searchModule,
  editorialModule,
];

/** @throws Error for a root field that does not declare who may use it. */
export function buildGraphQLSchema(): GraphQLSchema {
  const resolvers = [
    NodeIdResolver,
    defineNodeResolver(modules.flatMap(module => module.nodes)),
    ...modules.flatMap(module => module.resolvers),
  ];
  const schema = buildSchemaSync({
    resolvers: resolvers as unknown as NonEmptyArray<() => object>,
    orphanedTypes: modules.flatMap(module => module.types ?? []) as (() => object)[],
    validateFn: validateArgument,
    container: new ResolverContainer(),
    directives: [...specifiedDirectives, cacheControlDirective, costDirective, listSizeDirective],
    pubSub: unusedPubSub,
  });
  resolveDirectly(schema);
  markOneOfInputs(schema);
  describeRoots(schema);
  enforceAccess(schema);
  declareCosts(schema);
  publishDirectives(schema);
  return schema;
}

/** type-graphql asks for one as soon as there are subscriptions; ours all bring a stream of their own. */
const unusedPubSub: PubSub = {
  publish: () => undefined,
  subscribe: () => {
    throw new Error("a subscription without a stream of its own");
  },
};

/** The schema as it is committed: sorted, with its directives. */
export function printGraphQLSchema(schema: GraphQLSchema): string {
  const printed = spaced(printSchemaWithDirectives(lexicographicSortSchema(schema)));
  return `# Built from src/ by \`npm run gen:schema\`. Not edited by hand.\n\n${printed}\n`;
}

/** With an empty line before each field, argument and value that has a description, as graphql-js prints schemas. */
function spaced(text: string): string {
  let isInside = false;
  let previous = "";
  const lines: string[] = [];
  for (const line of text.split("\n")) {
    const quotes = line.split('"""').length - 1;
    const opens = quotes > 0 && !isInside;
    if (opens && line.startsWith(" ") && !/[{(]$/.test(previous)) lines.push("");
    if (quotes === 1) isInside = !isInside;
    lines.push(line);
    previous = line;
  }
  return lines.join("\n");
}

/** Inputs called `…By` name one object by exactly one of several keys. type-graphql cannot say so. */
function markOneOfInputs(schema: GraphQLSchema): void {
  for (const type of Object.values(schema.getTypeMap())) {
    if (isInputObjectType(type) && type.name.endsWith("By")) type.isOneOf = true;
  }
}

/** type-graphql makes the root types itself, without descriptions. */
function describeRoots(schema: GraphQLSchema): void {
  const query = schema.getQueryType();
  if (query) query.description = "Everything that can be read.";
  const mutation = schema.getMutationType();
  if (mutation) {
    mutation.description =
      "Everything that can be changed. What is refused in ordinary use stands in the payload's `userErrors`; then nothing was changed.";
  }
  const subscription = schema.getSubscriptionType();
  if (subscription) {
    subscription.description =
      "What can be followed as it happens, over a WebSocket with the protocol graphql-transport-ws. Whatever makes a change, it is told.";
  }
}
