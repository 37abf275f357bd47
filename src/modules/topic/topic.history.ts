// A topic as it stood on a day: the operation reads a catalogue in which what was live then is live (content/overlay.read.ts).
import type { GraphQLResolveInfo } from "graphql";
import { readSourceAt } from "../../content/history.read";
import { overlayOf } from "../../content/overlay.read";
import { badInput } from "../../errors/app-error";
import { find, findBy, type IdOrSlug } from "../../graphql/lookup";
import { isAlone } from "../../graphql/selection";
import { readInstead, type RequestContext } from "../../request/context";
import { topicEntity, type TopicRow } from "./topic.rows";

const dayMs = 86_400_000;

/**
 * Null for a topic that is not live now, whatever it was then: what was taken off the site stays off.
 * @throws AppError BAD_USER_INPUT beside other root fields, which would read the past too.
 */
export async function findTopicAsOf(
  by: IdOrSlug,
  asOf: string,
  ctx: RequestContext,
  info: GraphQLResolveInfo,
): Promise<TopicRow | null> {
  if (!isAlone(info)) throw badInput("asOf", "must be asked for once, in the only field of the operation.");
  const endOfDay = new Date(Date.parse(`${asOf}T00:00:00Z`) + dayMs);
  const topic = await findBy(topicEntity, by, ctx, info);
  if (!topic || endOfDay > ctx.startedAt) return topic;
  const then = await readSourceAt(ctx.session, "topic", topic.id, endOfDay);
  const tables = then && (await overlayOf(ctx.session, then));
  if (!tables) return null;
  readInstead(ctx, tables);
  return find(topicEntity, "id", topic.id, ctx, info);
}
