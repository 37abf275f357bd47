// Who may use a root field. Declared on each of them; a schema with a root field that does not say is not built: deny is the default.
import { Extensions } from "type-graphql";
import { defaultFieldResolver, type GraphQLFieldConfig, type GraphQLSchema } from "graphql";
import { forbidden, unauthenticated } from "../errors/app-error";
import type { Role } from "../generated/prisma/enums";
import type { RequestContext, Viewer } from "../request/context";

/** PUBLIC is everybody; each role includes the ones before it. */
export type Access = "PUBLIC" | Role;

const ranks: Readonly<Record<Access, number>> = { PUBLIC: 0, LEARNER: 1, EDITOR: 2, ADMIN: 3 };

/** Declares the access of a root field. */
export function RequireAccess(access: Access): MethodDecorator & PropertyDecorator {
  return Extensions({ access });
}

/** @throws AppError UNAUTHENTICATED for a guest, FORBIDDEN for somebody whose role is too low; says nothing about any object. */
function assertAccess(ctx: RequestContext, access: Access): void {
  if (access === "PUBLIC") return;
  if (!ctx.viewer) throw unauthenticated();
  if (!hasRole(ctx.viewer, access)) throw forbidden();
}

/** Whether the viewer has this role, or one that includes it. */
export function hasRole(viewer: Viewer, role: Role): boolean {
  return ranks[viewer.role] >= ranks[role];
}

/** The declared access of a root field, or undefined. */
export function declaredAccess(field: { extensions?: Readonly<Record<string, unknown>> | null }): Access | undefined {
  const access = field.extensions?.["access"];
  return typeof access === "string" && Object.hasOwn(ranks, access) ? (access as Access) : undefined;
}

/**
 * Puts the check in front of every root field that is not public. @throws Error that lists the root fields without a declaration.
 */
export function enforceAccess(schema: GraphQLSchema): void {
  const roots = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()];
  const fields = roots.flatMap(type => (type ? Object.values(type.getFields()).map(field => ({ type, field })) : []));
  const undeclared = fields.filter(({ field }) => declaredAccess(field) === undefined);
  if (undeclared.length > 0) {
    throw new Error(
      `no access declared on ${undeclared.map(({ type, field }) => `${type.name}.${field.name}`).join(", ")}`,
    );
  }
  for (const { field } of fields) {
    const access = declaredAccess(field);
    if (access && access !== "PUBLIC") guard(field, access);
  }
}

type Guarded = Pick<GraphQLFieldConfig<unknown, RequestContext>, "resolve" | "subscribe">;

function guard(field: Guarded, access: Access): void {
  const { resolve = defaultFieldResolver, subscribe } = field;
  field.resolve = (source, args, ctx, info) => {
    assertAccess(ctx, access);
    return resolve(source, args, ctx, info);
  };
  if (subscribe) {
    field.subscribe = (source, args, ctx, info) => {
      assertAccess(ctx, access);
      return subscribe(source, args, ctx, info);
    };
  }
}
