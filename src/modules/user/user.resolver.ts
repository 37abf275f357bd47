// Users, for admins.
import { Args, Ctx, Info, Query, Resolver } from "type-graphql";
import type { GraphQLResolveInfo } from "graphql";
import { RequireAccess } from "../../graphql/access";
import { connect } from "../../graphql/connection";
import type { RequestContext } from "../../request/context";
import { UserListArgs } from "./user.args";
import { users } from "./user.rows";
import { UserConnection } from "./user.type";

@Resolver()
export class UserResolver {
  @RequireAccess("ADMIN")
  @Query(() => UserConnection, {
    description:
      "All users, in the order in which they came.\n\nExample: `{ users(filter: { role: { eq: ADMIN } }) { nodes { id email displayName } } }`",
  })
  users(@Args(() => UserListArgs) args: UserListArgs, @Ctx() ctx: RequestContext, @Info() info: GraphQLResolveInfo) {
    return connect(users, null, args, ctx, info);
  }
}
