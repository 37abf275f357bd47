// Builds the executable schema from the modules. Needs no database and no environment.
import "reflect-metadata";
import { lexicographicSortSchema, isInputObjectType, printSchema, type GraphQLSchema } from "graphql";
import { buildSchemaSync, type NonEmptyArray, type PubSub } from "type-graphql";
import { enforceAccess } from "../graphql/access";
import { validateArgument } from "../graphql/argument-validation";
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
    pubSub: unusedPubSub,
  });
  markOneOfInputs(schema);
  describeRoots(schema);
  enforceAccess(schema);
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
  return `# Built from src/ by \`npm run gen:schema\`. Not edited by hand.\n\n${printSchema(lexicographicSortSchema(schema))}\n`;
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
