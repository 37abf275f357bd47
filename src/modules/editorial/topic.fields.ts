// What editorial work adds to topics: what has changed, for readers.
import { Arg, Ctx, FieldResolver, Resolver, Root } from "type-graphql";
import { ListSize } from "../../graphql/cost";
import { DateScalar } from "../../graphql/scalars";
import type { RequestContext } from "../../request/context";
import { Topic } from "../topic/topic.type";
import { changesOfTopic, maxPublishedChanges } from "./comparison.service";
import { ContentChange } from "./comparison.type";

const dayMs = 86_400_000;

@Resolver(() => Topic)
export class TopicHistoryFields {
  @ListSize(maxPublishedChanges)
  @FieldResolver(() => [ContentChange], {
    description: `What readers find changed since a day, in words, the newest change first; at most ${maxPublishedChanges}.`,
  })
  changesSince(
    @Root() topic: { id: number },
    @Arg("asOf", () => DateScalar, { description: "The day, in UTC: what was published after its end counts." })
    asOf: string,
    @Ctx() ctx: RequestContext,
  ) {
    const since = new Date(Date.parse(`${asOf}T00:00:00Z`) + dayMs).toISOString();
    return changesOfTopic.load(ctx, { topicId: topic.id, since });
  }
}
