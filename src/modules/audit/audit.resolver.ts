// Audit events, for admins.
import { Args, Ctx, FieldResolver, Info, Query, Resolver, Root } from "type-graphql";
import type { GraphQLResolveInfo } from "graphql";
import { RequireAccess } from "../../graphql/access";
import { connect } from "../../graphql/connection";
import { selectedColumns } from "../../graphql/selection";
import type { RequestContext } from "../../request/context";
import { userEntity } from "../user/user.rows";
import { deletedAccount, readUser } from "../user/user.service";
import { User } from "../user/user.type";
import { AuditEventListArgs } from "./audit.args";
import { auditEvents, type AuditEventRow } from "./audit.rows";
import { AuditEvent, AuditEventConnection } from "./audit.type";

@Resolver(() => AuditEvent)
export class AuditEventResolver {
  @RequireAccess("ADMIN")
  @Query(() => AuditEventConnection, {
    description:
      'What editors and admins have written, from the first event on unless told.\n\nExample: `{ auditEvents(first: 10, orderBy: { field: OCCURRED_AT, direction: DESC }, filter: { subject: { eq: "VG9vbDox" }, action: { eq: "publishRevision" } }) { nodes { occurredAt actorName action subjectType subjectKey } } }`',
  })
  auditEvents(
    @Args(() => AuditEventListArgs) args: AuditEventListArgs,
    @Ctx() ctx: RequestContext,
    @Info() info: GraphQLResolveInfo,
  ) {
    return connect(auditEvents, null, args, ctx, info);
  }

  @FieldResolver(() => String, {
    description: "The type of what was written, such as `Topic`, whether it is still there or not.",
  })
  subjectType(@Root() event: AuditEventRow): string {
    return event.entity;
  }

  @FieldResolver(() => String, { description: "Its key among those of its type: what its global id is made of." })
  subjectKey(@Root() event: AuditEventRow): string {
    return event.entityId;
  }

  @FieldResolver(() => String, {
    nullable: true,
    description: "The request that did it, as the log names it; null for what was done by itself.",
  })
  request(@Root() event: AuditEventRow): string | null {
    return event.requestId;
  }

  @FieldResolver(() => String, {
    description: "Who did it, by the name they had then; `a deleted account` when their account is deleted.",
  })
  async actorName(@Root() event: AuditEventRow, @Ctx() ctx: RequestContext): Promise<string> {
    if (event.actorId === null || (await readUser(ctx, event.actorId, new Set(["id"])))) return event.actorName;
    return deletedAccount;
  }

  @FieldResolver(() => User, {
    nullable: true,
    description: "The account that did it; null when it is gone, and for what was done by itself.",
  })
  actor(@Root() event: AuditEventRow, @Ctx() ctx: RequestContext, @Info() info: GraphQLResolveInfo) {
    return event.actorId === null ? null : readUser(ctx, event.actorId, selectedColumns(info, userEntity));
  }
}
