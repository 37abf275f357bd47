// The subscription to revisions, for editors.
import { Ctx, Field, FieldResolver, ID, Info, ObjectType, Resolver, Root, Subscription } from "type-graphql";
import type { GraphQLResolveInfo } from "graphql";
import { RequireAccess } from "../../graphql/access";
import { find } from "../../graphql/lookup";
import { encodeNodeId } from "../../graphql/node-id";
import { changeEvents } from "../../request/change-events";
import type { RequestContext } from "../../request/context";
import { revisionEntity } from "./revision.rows";
import { Revision } from "./revision.type";

/** At most this many are named one by one. */
const mostRevisions = 100;

interface RevisionEvent {
  /** Null for any number of revisions that are not named. */
  revisionId: number | null;
  nodeId: string | null;
}

@ObjectType("RevisionUpdatedPayload", { simpleResolvers: true, description: "A revision that was saved or changed." })
export class RevisionUpdatedPayload {
  @Field(() => ID, {
    nullable: true,
    description:
      "The revision's global id. Null when more changed than is named: then any revision may be different, and a client reads again what it shows.",
  })
  readonly nodeId!: string | null;
}

@Resolver(() => RevisionUpdatedPayload)
export class RevisionLiveResolver {
  @RequireAccess("EDITOR")
  @Subscription(() => RevisionUpdatedPayload, {
    subscribe: ({ context }) => revisionEvents(context as RequestContext),
    description:
      "A revision each time when it is saved, or when its state changes.\n\nExample: `subscription { revisionUpdated { nodeId revision { slug number state authorName } } }`",
  })
  revisionUpdated(@Root() event: RevisionEvent) {
    return event;
  }

  @FieldResolver(() => Revision, {
    nullable: true,
    description: "The revision as it is now; null when `nodeId` is null.",
  })
  revision(@Root() event: RevisionEvent, @Ctx() ctx: RequestContext, @Info() info: GraphQLResolveInfo) {
    return find(revisionEntity, "id", event.revisionId, ctx, info);
  }
}

function revisionEvents(ctx: RequestContext): AsyncIterableIterator<RevisionEvent> {
  return changeEvents<RevisionEvent>(ctx, changes => {
    const keys = changes.namedIds("Revision", mostRevisions);
    if (!keys) return [{ revisionId: null, nodeId: null }];
    // The feed names a revision behind the content that it belongs to: `TOPIC:1:12`.
    const ids = keys.map(key => Number(key.split(":")[2]));
    return ids.map(revisionId => ({ revisionId, nodeId: encodeNodeId("Revision", revisionId) }));
  });
}
