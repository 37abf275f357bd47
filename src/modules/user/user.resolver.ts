// Users, for admins.
import { Args, Ctx, FieldResolver, Info, Query, Resolver, Root } from "type-graphql";
import type { GraphQLResolveInfo } from "graphql";
import { RequireAccess } from "../../graphql/access";
import { connect } from "../../graphql/connection";
import type { RequestContext } from "../../request/context";
import { UserListArgs } from "./user.args";
import { users, type UserRow } from "./user.rows";
import { User, UserConnection, UserPreferences } from "./user.type";

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

@Resolver(() => User)
export class UserFields {
  @FieldResolver(() => UserPreferences, { description: "What the user prefers; what they never chose has a default." })
  preferences(@Root() { preferredLevel, colorScheme }: UserRow): UserPreferences {
    return { level: preferredLevel, colorScheme };
  }
}
