// The streams of changes in the catalogue that subscriptions follow.
import type { ChangedType, ChangeSet } from "../../db/change-set";
import { encodeNodeId } from "../../graphql/node-id";
import { changeEvents } from "../../request/change-events";
import type { RequestContext } from "../../request/context";
import { mostChanges, type CatalogChangedPayload, type CatalogKind } from "./catalog-live.type";

export interface TopicEvent {
  /** Null for any number of topics that are not named. */
  topicId: number | null;
  nodeId: string | null;
}

const kinds: readonly (readonly [CatalogKind, ChangedType])[] = [
  ["TOPIC", "Topic"],
  ["TOOL", "Tool"],
  ["MODULE", "Module"],
  ["LESSON", "Lesson"],
];

/** @param topicId of the only topic to follow; null for all. */
export function topicEvents(ctx: RequestContext, topicId: number | null): AsyncIterableIterator<TopicEvent> {
  return changeEvents(ctx, changes => {
    if (topicId !== null) return changes.concerns("Topic", String(topicId)) ? [topicEvent(topicId)] : [];
    const ids = changes.namedIds("Topic", mostChanges);
    return ids?.map(id => topicEvent(Number(id))) ?? [{ topicId: null, nodeId: null }];
  });
}

export function catalogEvents(ctx: RequestContext): AsyncIterableIterator<CatalogChangedPayload> {
  return changeEvents(ctx, changes => {
    const event = catalogEvent(changes);
    return event.isTruncated || event.changes.length > 0 ? [event] : [];
  });
}

function topicEvent(topicId: number): TopicEvent {
  return { topicId, nodeId: encodeNodeId("Topic", topicId) };
}

function catalogEvent(changes: ChangeSet): CatalogChangedPayload {
  const all = kinds.flatMap(([kind, type]) =>
    [...changes.named(type)].map(([id, change]) => ({ kind, change, nodeId: encodeNodeId(type, id) })),
  );
  return {
    changes: all.slice(0, mostChanges),
    isTruncated: all.length > mostChanges || kinds.some(([, type]) => changes.hasUnnamed(type)),
  };
}
