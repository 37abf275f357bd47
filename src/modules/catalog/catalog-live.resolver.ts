// Subscriptions to what changes in the catalogue.
import { Arg, Ctx, FieldResolver, ID, Info, Resolver, Root, Subscription } from "type-graphql";
import type { GraphQLResolveInfo } from "graphql";
import { badInput } from "../../errors/app-error";
import { RequireAccess } from "../../graphql/access";
import { find } from "../../graphql/lookup";
import { decodeNodeId, integerKey } from "../../graphql/node-id";
import type { RequestContext } from "../../request/context";
import { topicEntity } from "../topic/topic.rows";
import { Topic } from "../topic/topic.type";
import { catalogEvents, topicEvents, type TopicEvent } from "./catalog-live.service";
import { CatalogChangedPayload, TopicPublishedPayload } from "./catalog-live.type";

@Resolver(() => TopicPublishedPayload)
export class CatalogLiveResolver {
  @RequireAccess("PUBLIC")
  @Subscription(() => TopicPublishedPayload, {
    subscribe: ({ args, context }) => topicEvents(context as RequestContext, followedTopic(args as FollowedTopic)),
    description:
      "A topic each time when it is published, when anything on its page changes, and when it is taken down.\n\nExample: `subscription { topicPublished { nodeId topic { slug title } } }`",
  })
  topicPublished(
    // Read where the stream is made.
    @Arg("topicId", () => ID, { nullable: true, description: "The only topic to follow; all of them when left out." })
    _topicId: string | undefined,
    @Root() event: TopicEvent,
  ) {
    return event;
  }

  @FieldResolver(() => Topic, {
    nullable: true,
    description: "The topic as it is now; null when it was taken down, and when `nodeId` is null.",
  })
  topic(@Root() event: TopicEvent, @Ctx() ctx: RequestContext, @Info() info: GraphQLResolveInfo) {
    return find(topicEntity, "id", event.topicId, ctx, info);
  }

  @RequireAccess("PUBLIC")
  @Subscription(() => CatalogChangedPayload, {
    subscribe: ({ context }) => catalogEvents(context as RequestContext),
    description:
      "What changes in the catalogue, as it changes: what to read again, or to forget.\n\nExample: `subscription { catalogChanged { changes { kind nodeId change } isTruncated } }`",
  })
  catalogChanged(@Root() event: CatalogChangedPayload) {
    return event;
  }
}

interface FollowedTopic {
  topicId?: string | null;
}

/** @throws AppError BAD_USER_INPUT for an id that is not of a topic: nothing would ever come. */
function followedTopic({ topicId }: FollowedTopic): number | null {
  if (topicId === undefined || topicId === null) return null;
  const id = integerKey(decodeNodeId(topicId, "topicId"), "Topic");
  if (id === null) throw badInput("topicId", "is not the id of a topic.");
  return id;
}
