// Who changed what, when, from where. Only admins see it.
import { Field, ObjectType } from "type-graphql";
import { connectionOf, edgeOf } from "../../graphql/connection";
import { Node } from "../../graphql/node.type";
import { DateTimeScalar } from "../../graphql/scalars";

@ObjectType("AuditEvent", {
  implements: Node,
  simpleResolvers: true,
  description: "One write by an editor or an admin. Events are only ever added.",
})
export class AuditEvent extends Node {
  @Field(() => DateTimeScalar, { description: "When it was done." })
  readonly occurredAt!: string;

  @Field(() => String, { description: "What was done: the name of the mutation, or of what did it by itself." })
  readonly action!: string;

  @Field(() => String, {
    nullable: true,
    description: "The SHA-256 of what was stored before, in hexadecimal digits; null where there was nothing.",
  })
  readonly beforeHash!: string | null;

  @Field(() => String, {
    nullable: true,
    description: "The SHA-256 of what is stored since, in hexadecimal digits; null where there is nothing.",
  })
  readonly afterHash!: string | null;

  @Field(() => String, { nullable: true, description: "The IP address that it came from; null for none." })
  readonly address!: string | null;
}

@ObjectType("AuditEventEdge", { simpleResolvers: true, description: "An event and its place in the list." })
export class AuditEventEdge extends edgeOf(() => AuditEvent, "event") {}

@ObjectType("AuditEventConnection", { simpleResolvers: true, description: "A page of audit events." })
export class AuditEventConnection extends connectionOf(
  () => AuditEvent,
  () => AuditEventEdge,
  "events",
) {}
