// Somebody with an account, as they and admins see them.
import { Field, ObjectType } from "type-graphql";
import { connectionOf, edgeOf } from "../../graphql/connection";
import { Node } from "../../graphql/node.type";
import { DateTimeScalar, EmailAddressScalar } from "../../graphql/scalars";
import { ColorScheme, Level, Role } from "./user.enums";

@ObjectType("UserPreferences", {
  simpleResolvers: true,
  description: "How somebody likes to learn and to read, on all of their devices.",
})
export class UserPreferences {
  @Field(() => Level, { description: "Where to begin: `viewer.nextLesson` looks at modules of this level first." })
  readonly level!: Level;

  @Field(() => ColorScheme, { description: "The colours of the pages." })
  readonly colorScheme!: ColorScheme;
}

@ObjectType("User", {
  implements: Node,
  simpleResolvers: true,
  description: "Somebody with an account. Only that user and admins can see it; for everybody else it does not exist.",
})
export class User extends Node {
  @Field(() => EmailAddressScalar, { description: "The email address, as its owner typed it." })
  readonly email!: string;

  @Field(() => DateTimeScalar, {
    nullable: true,
    description: "When it was proven that the address is theirs; null when it was not yet.",
  })
  readonly emailVerifiedAt!: string | null;

  @Field(() => String, { description: "The name to show." })
  readonly displayName!: string;

  @Field(() => Role, { description: "What the user may do." })
  readonly role!: Role;

  @Field(() => String, {
    description: "The time zone in which the user's days begin: a name of the IANA database, such as `Europe/Berlin`.",
  })
  readonly timeZone!: string;

  @Field(() => DateTimeScalar, { description: "When the account was made." })
  readonly createdAt!: string;
}

@ObjectType("UserEdge", { simpleResolvers: true, description: "A user and their place in the list." })
export class UserEdge extends edgeOf(() => User, "user") {}

@ObjectType("UserConnection", { simpleResolvers: true, description: "A page of users." })
export class UserConnection extends connectionOf(
  () => User,
  () => UserEdge,
  "users",
) {}
