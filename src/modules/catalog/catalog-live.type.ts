// What subscriptions to the catalogue send.
import { Field, ID, ObjectType } from "type-graphql";
import { ListSize } from "../../graphql/cost";
import type { ChangeKind as StoredChangeKind } from "../../db/change-set";
import { defineEnum } from "../../graphql/enums";

export const CatalogKind = { TOPIC: "TOPIC", TOOL: "TOOL", MODULE: "MODULE", LESSON: "LESSON" } as const;
export type CatalogKind = keyof typeof CatalogKind;

defineEnum(CatalogKind, "CatalogKind", "What the catalogue consists of.", {
  TOPIC: "A topic, with its sections, its call to action and its facts.",
  TOOL: "A tool, with its plans and facts.",
  MODULE: "A module, with its place among the modules of its topic.",
  LESSON: "A lesson or a tool guide, with its topics, tools and prerequisites.",
});

export const ChangeKind = { ADDED: "ADDED", CHANGED: "CHANGED", REMOVED: "REMOVED" } as const satisfies {
  [Kind in StoredChangeKind]: Kind;
};
export type ChangeKind = StoredChangeKind;

defineEnum(ChangeKind, "ChangeKind", "What happened to something.", {
  ADDED: "It is new: lists that it belongs to are longer.",
  CHANGED: "Something about it is different: a field, a part of it, or a list below it.",
  REMOVED: "It is gone.",
});

/** At most this many are named in one event. */
export const mostChanges = 100;

@ObjectType("CatalogChange", { simpleResolvers: true, description: "That something in the catalogue changed." })
export class CatalogChange {
  @Field(() => CatalogKind, { description: "What it is." })
  readonly kind!: CatalogKind;

  @Field(() => ID, {
    description:
      "Its global id: for `nodes(ids)`, and the key under which client caches hold it. Not called `id`, since this object is not it.",
  })
  readonly nodeId!: string;

  @Field(() => ChangeKind, { description: "What happened to it." })
  readonly change!: ChangeKind;
}

@ObjectType("CatalogChangedPayload", {
  simpleResolvers: true,
  description: "What changed in the catalogue within a moment, such as all that one publication changed.",
})
export class CatalogChangedPayload {
  @ListSize(mostChanges)
  @Field(() => [CatalogChange], { description: `What changed, each thing once; at most ${mostChanges}.` })
  readonly changes!: readonly CatalogChange[];

  @Field(() => Boolean, {
    description:
      "Whether more changed than is named: then everything may be different, and a client reads again what it shows.",
  })
  readonly isTruncated!: boolean;
}

@ObjectType("TopicPublishedPayload", { simpleResolvers: true, description: "A topic that was published or changed." })
export class TopicPublishedPayload {
  @Field(() => ID, {
    nullable: true,
    description:
      "The topic's global id. Null when more changed than is named: then any topic may be different, and a client reads again what it shows.",
  })
  readonly nodeId!: string | null;
}
