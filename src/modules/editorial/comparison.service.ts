// Two revisions side by side, and what publications changed. Knows no GraphQL.
import { contentTypes } from "../../db/announced-tables";
import type { ContentKind } from "../../content/content.files";
import { changesInWords, namedInWords } from "../../content/diff/change.sentences";
import { compareSources, type FieldChange } from "../../content/diff/source.difference";
import { slugNames } from "../../content/entity.names";
import type { TopicSource } from "../../content/source.model";
import { badInput } from "../../errors/app-error";
import type { RequestContext } from "../../request/context";
import { defineContentLoader, groupBy } from "../../request/loader";
import { readPublications, readRevision, type PublishedRevision, type StoredRevision } from "./revision.rows";

export interface Comparison {
  changes: readonly FieldChange[];
  isTruncated: boolean;
}

export const maxFieldChanges = 200;

/** Null when one of them does not exist. @throws AppError BAD_USER_INPUT for revisions of different content */
export async function compareRevisions(
  { session }: RequestContext,
  a: number | null,
  b: number | null,
): Promise<Comparison | null> {
  const [before, after] = [await read(session.models, a), await read(session.models, b)];
  if (!before || !after) return null;
  if (before.kind !== after.kind || before.entityId !== after.entityId) {
    throw badInput("b", "must be a revision of the same content as a.");
  }
  const changes = compareSources(before.kind, before.source.content, after.source.content);
  return { changes: changes.slice(0, maxFieldChanges), isTruncated: changes.length > maxFieldChanges };
}

export interface PublishedChange {
  publishedAt: string;
  sentences: string[];
}

/** More than a reader reads; each costs a comparison. */
export const maxPublishedChanges = 20;

export interface ChangesKey {
  topicId: number;
  /** What was published after this instant counts. */
  since: string;
}

/** What publications changed about a topic, for readers, the newest first; those that readers would not notice are left out. */
export const changesOfTopic = defineContentLoader<ChangesKey, readonly PublishedChange[]>({
  name: "Topic.changes",
  madeOf: ["Revision", ...contentTypes],
  cacheKey: ({ topicId, since }) => `${topicId} ${since}`,
  batch: async (session, keys) => {
    const results = new Map<ChangesKey, readonly PublishedChange[]>();
    for (const [since, group] of groupBy(keys, key => key.since)) {
      const ids = group.map(({ topicId }) => topicId);
      const publications = groupBy(
        await readPublications(session, "topic", ids, since, maxPublishedChanges + 1),
        ({ entityId }) => entityId,
      );
      const compared = group.map(key => ({ key, steps: stepsOf(publications.get(key.topicId) ?? [], since) }));
      const nameOf = await readNames(
        session,
        compared.flatMap(({ steps }) => steps.flatMap(({ changes }) => namedInWords("topic", changes))),
      );
      for (const { key, steps } of compared) {
        const changes = steps.map(({ publishedAt, changes: found }) => ({
          publishedAt,
          sentences: changesInWords("topic", found, nameOf),
        }));
        results.set(
          key,
          changes.filter(({ sentences }) => sentences.length > 0),
        );
      }
    }
    return keys.map(key => results.get(key) ?? []);
  },
});

/** @param publications the newest first; the last one is there for its successor, unless nothing was before it. */
function stepsOf(publications: readonly PublishedRevision[], since: string) {
  return publications.flatMap(({ publishedAt, source }, index) => {
    const previous = publications[index + 1];
    if (publishedAt <= since || index === maxPublishedChanges) return [];
    const [before, after] = [previous?.source.content, source.content];
    return [{ publishedAt, changes: compareSources("topic", before as TopicSource | undefined, after as TopicSource) }];
  });
}

async function readNames(
  session: Pick<RequestContext["session"], "query">,
  named: readonly { kind: ContentKind; slug: string }[],
): Promise<(kind: ContentKind, slug: string) => string> {
  const names = new Map<string, string>();
  for (const [kind, group] of groupBy(named, name => name.kind)) {
    const slugs = [...new Set(group.map(({ slug }) => slug))];
    for (const [slug, name] of await slugNames(session, kind, slugs)) names.set(`${kind} ${slug}`, name);
  }
  return (kind, slug) => names.get(`${kind} ${slug}`) ?? slug;
}

async function read(models: RequestContext["session"]["models"], id: number | null): Promise<StoredRevision | null> {
  return id === null ? null : readRevision(models, id);
}
