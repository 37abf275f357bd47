// Two revisions side by side, and what publications changed. Knows no GraphQL.
import { contentKinds, type ContentKind } from "../../content/content.files";
import { changesInWords, namedInWords } from "../../content/diff/change.sentences";
import { compareSources, type FieldChange } from "../../content/diff/source.difference";
import { slugNames } from "../../content/entity.names";
import { badInput } from "../../errors/app-error";
import type { RequestContext } from "../../request/context";
import { readPublications, readRevision, type StoredRevision } from "./revision.rows";

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

/** What the publications after `since` changed, for readers, the newest first; those that readers would not notice are left out. */
export async function publishedChanges(
  { session }: RequestContext,
  kind: ContentKind,
  id: number,
  since: Date,
): Promise<PublishedChange[]> {
  const publications = await readPublications(session.models, kind, id, since, maxPublishedChanges + 1);
  const compared = publications.flatMap((publication, index) => {
    const previous = publications[index + 1];
    // The last one is there for its successor, unless it is the very first.
    if (!previous && index === maxPublishedChanges) return [];
    if (!previous && publication.publishedAt <= since) return [];
    return { publication, changes: compareSources(kind, previous?.source.content, publication.source.content) };
  });
  const named = compared.flatMap(({ changes }) => namedInWords(kind, changes));
  const names = new Map<string, string>();
  for (const of of contentKinds) {
    const slugs = named.filter(name => name.kind === of).map(({ slug }) => slug);
    for (const [slug, name] of await slugNames(session, of, [...new Set(slugs)])) names.set(`${of} ${slug}`, name);
  }
  return compared
    .map(({ publication, changes }) => ({
      publishedAt: publication.publishedAt.toISOString(),
      sentences: changesInWords(kind, changes, (of, slug) => names.get(`${of} ${slug}`) ?? slug),
    }))
    .filter(({ sentences }) => sentences.length > 0);
}

async function read(models: RequestContext["session"]["models"], id: number | null): Promise<StoredRevision | null> {
  return id === null ? null : readRevision(models, id);
}
