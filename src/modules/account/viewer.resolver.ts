// `viewer`: who asks, what they may do, and where they are signed in.
import { Arg, Args, Ctx, FieldResolver, ID, Info, Query, Resolver, Root } from "type-graphql";
import type { GraphQLResolveInfo } from "graphql";
import { RequireAccess } from "../../graphql/access";
import { connect } from "../../graphql/connection";
import { PageArgs } from "../../graphql/page.args";
import { selectedColumns } from "../../graphql/selection";
import type { RequestContext, Viewer as ViewerRow } from "../../request/context";
import { userEntity } from "../user/user.rows";
import { readUser } from "../user/user.service";
import { User } from "../user/user.type";
import { UpdateProfilePayload, SetUserRolePayload } from "./account.type";
import { sessionsOfUser } from "./session.rows";
import { can } from "./viewer.service";
import { UserSessionConnection, Viewer, ViewerAction } from "./viewer.type";

@Resolver(() => Viewer)
export class ViewerResolver {
  @RequireAccess("PUBLIC")
  @Query(() => Viewer, {
    nullable: true,
    description:
      "Who is signed in; null for a guest.\n\nExample: `{ viewer { user { displayName role } can(action: EDIT_CONTENT) } }`",
  })
  viewer(@Ctx() ctx: RequestContext): ViewerRow | null {
    return ctx.viewer;
  }

  @FieldResolver(() => User, { nullable: true, description: "The account; null when it was deleted this very moment." })
  user(@Root() viewer: ViewerRow, @Ctx() ctx: RequestContext, @Info() info: GraphQLResolveInfo) {
    return readUser(ctx, viewer.userId, selectedColumns(info, userEntity));
  }

  @FieldResolver(() => Boolean, {
    description: "Whether the viewer may do something, so that a user interface shows what works.",
  })
  can(
    @Root() viewer: ViewerRow,
    @Arg("action", () => ViewerAction, { description: "What to do." }) action: ViewerAction,
    @Arg("on", () => ID, {
      nullable: true,
      description: "To which object; to objects of its kind in general when left out.",
    })
    on: string | null | undefined,
  ): boolean {
    return can(viewer, action, on ?? null);
  }

  @FieldResolver(() => UserSessionConnection, { description: "The open sessions, the newest first." })
  sessions(
    @Root() viewer: ViewerRow,
    @Args(() => PageArgs) args: PageArgs,
    @Ctx() ctx: RequestContext,
    @Info() info: GraphQLResolveInfo,
  ) {
    return connect(sessionsOfUser, viewer.userId, args, ctx, info);
  }
}

interface WithUser {
  user?: { id: string };
}

@Resolver(() => UpdateProfilePayload)
export class UpdateProfilePayloadResolver {
  @FieldResolver(() => User, { nullable: true, description: "The user as stored now; null when nothing was done." })
  user(@Root() { user }: WithUser, @Ctx() ctx: RequestContext, @Info() info: GraphQLResolveInfo) {
    return user ? readUser(ctx, user.id, selectedColumns(info, userEntity)) : null;
  }
}

@Resolver(() => SetUserRolePayload)
export class SetUserRolePayloadResolver {
  @FieldResolver(() => User, { nullable: true, description: "The user as stored now; null when nothing was done." })
  user(@Root() { user }: WithUser, @Ctx() ctx: RequestContext, @Info() info: GraphQLResolveInfo) {
    return user ? readUser(ctx, user.id, selectedColumns(info, userEntity)) : null;
  }
}
