// `extensions.explain`, for development: the statements of an operation by field. Switched on by Config; it shows SQL.
import type { ApolloServerPlugin } from "@apollo/server";
import { defaultFieldResolver, isObjectType, type GraphQLResolveInfo, type GraphQLSchema } from "graphql";
import type { RequestContext } from "../request/context";

/** Adds what the context's explanation holds to each answer. */
export const explainOperations: ApolloServerPlugin<RequestContext> = {
  requestDidStart: async () => ({
    willSendResponse: async ({ contextValue, response: { body } }) => {
      if (!contextValue.explanation || body.kind !== "single") return;
      body.singleResult.extensions = {
        ...body.singleResult.extensions,
        explain: { statements: contextValue.explanation.statements },
      };
    },
  }),
};

/** Makes each field of `schema` say which one it is while it is resolved. */
export function explainFields(schema: GraphQLSchema): void {
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type) || type.name.startsWith("__")) continue;
    for (const field of Object.values(type.getFields())) {
      const { resolve = defaultFieldResolver } = field;
      field.resolve = (source, args, ctx: RequestContext, info) =>
        ctx.explanation
          ? ctx.explanation.inField(pathOf(info), () => resolve(source, args, ctx, info))
          : resolve(source, args, ctx, info);
    }
  }
}

function pathOf({ path }: GraphQLResolveInfo): string {
  const names: string[] = [];
  for (let at: typeof path | undefined = path; at; at = at.prev) if (typeof at.key === "string") names.unshift(at.key);
  return names.join(".");
}
