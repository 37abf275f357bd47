// The one who asks, as only they see it. Other modules add what they keep for a viewer.
import { Field, ObjectType } from "type-graphql";
import { connectionOf, edgeOf } from "../../graphql/connection";
import { Node } from "../../graphql/node.type";
import { defineEnum } from "../../graphql/enums";
import { DateTimeScalar } from "../../graphql/scalars";

export const ViewerAction = {
  READ_LESSON: "READ_LESSON",
  EDIT_CONTENT: "EDIT_CONTENT",
  MANAGE_USERS: "MANAGE_USERS",
} as const;
export type ViewerAction = keyof typeof ViewerAction;

defineEnum(ViewerAction, "ViewerAction", "Something that not everybody may do.", {
  READ_LESSON: "Read the text of a lesson; of every lesson when none is named.",
  EDIT_CONTENT: "Write and publish content.",
  MANAGE_USERS: "See users and set their roles.",
});

@ObjectType("Viewer", {
  simpleResolvers: true,
  description: "Who is signed in, with what only they see. There is none for a guest.",
})
export class Viewer {}

@ObjectType("UserSession", {
  implements: Node,
  simpleResolvers: true,
  description: "One sign-in on one device. Only its user sees it.",
})
export class UserSession extends Node {
  @Field(() => DateTimeScalar, { description: "When it began." })
  readonly createdAt!: string;

  @Field(() => DateTimeScalar, { description: "When it was last refreshed." })
  readonly lastUsedAt!: string;

  @Field(() => DateTimeScalar, { description: "When it ends unless it is refreshed." })
  readonly expiresAt!: string;

  @Field(() => String, {
    nullable: true,
    description: "What the browser or the program calls itself; null when it says nothing.",
  })
  readonly userAgent!: string | null;

  @Field(() => String, { description: "The IP address from which it began." })
  readonly address!: string;
}

@ObjectType("UserSessionEdge", { simpleResolvers: true, description: "A session and its place in the list." })
export class UserSessionEdge extends edgeOf(() => UserSession, "session") {}

@ObjectType("UserSessionConnection", { simpleResolvers: true, description: "A page of sessions." })
export class UserSessionConnection extends connectionOf(
  () => UserSession,
  () => UserSessionEdge,
  "sessions",
) {}
