// Drafts: each save is a revision of its own, on top of the one that the editor saw. Knows no GraphQL.
import { isDeepStrictEqual } from "node:util";
import { fileOf, type ContentKind } from "../../content/content.files";
import { documentOf } from "../../content/document.read";
import { readLiveSources } from "../../content/live.read";
import { entityOf, recordPublications } from "../../content/revision.write";
import type { Source, SourceOf } from "../../content/source.model";
import type { DatabaseSession } from "../../db/database";
import { breaksUniqueKey } from "../../db/database-errors";
import { ExpectedFailure, expected } from "../../errors/expected-failure";
import type { RequestContext } from "../../request/context";
import { actorOf, recordChange, type Actor } from "../audit/audit.service";
import { invalidContent } from "./edit.problems";
import {
  lockRevisions,
  nextEntityId,
  readHead,
  readNumbered,
  readRevision,
  type StoredRevision,
} from "./revision.rows";

export interface ContentKey {
  kind: ContentKind;
  id: number;
}

export interface Edit {
  content: ContentKey;
  /** The number of the newest revision that the editor knows. */
  expectedVersion: number;
  note: string;
  /** The name of the mutation. */
  action: string;
  /** Where the content is in the mutation's arguments; null when it is not there. */
  at: readonly string[] | null;
}

/** What the payload of a refused edit tells of the one that came before. */
export interface Conflict {
  revisionId: number;
  fields: string[];
}

/** More than any piece of content gets in its life; a loop that saves for ever ends here. */
const maxRevisions = 10_000;

/**
 * The first revision of something new, which takes its id with it.
 * @throws ExpectedFailure INVALID for content that breaks a rule, CONFLICT for a slug that is taken.
 */
export async function createDraft(
  ctx: RequestContext,
  source: Source,
  { action, note }: { action: string; note: string },
): Promise<StoredRevision> {
  const { session } = ctx;
  const { kind, slug } = source;
  const sound = await assertSound(source, ["input", "content"]);
  await assertFreeSlug(session, kind, slug, null);
  const entityId = await nextEntityId(session, kind);
  return insertDraft(session, await actorOf(ctx), { kind, id: entityId }, sound, { number: 1, action, note });
}

/**
 * The next revision of something, as `change` makes it of the newest one.
 * @throws ExpectedFailure NOT_FOUND, CONFLICT with what somebody else did meanwhile, INVALID
 */
export async function saveDraft(
  ctx: RequestContext,
  { content, expectedVersion, note, action, at }: Edit,
  change: (source: Source) => Source | Promise<Source>,
): Promise<StoredRevision> {
  const { session } = ctx;
  const head = await lockHead(session, content);
  const next = await change(head.source);
  if (head.number !== expectedVersion) throw await conflict(session, content, expectedVersion, head, change);
  if (head.number >= maxRevisions) throw expected("TOO_MANY", "There are as many revisions as there may be.");
  const sound = await assertSound(next, at);
  return insertDraft(session, await actorOf(ctx), content, sound, {
    number: head.number + 1,
    ...{ action, note, before: head.source.content },
  });
}

/**
 * The newest revision, which nobody else can follow up until the end of the transaction. What is live since before there were revisions
 * gets its first one. @throws ExpectedFailure NOT_FOUND
 */
export async function lockHead(session: DatabaseSession, { kind, id }: ContentKey): Promise<StoredRevision> {
  await lockRevisions(session, kind, id);
  const head = await readHead(session.models, kind, id);
  if (head) return head;
  const [live] = await readLiveSources(session, { [kind]: [id] });
  if (!live) throw expected("NOT_FOUND", "There is no such content.", "id");
  await recordPublications(session, [live], { id: null, name: "import" }, "");
  const first = await readHead(session.models, kind, id);
  if (!first) throw new Error("a revision was written and is not there");
  return first;
}

/** @throws ExpectedFailure NOT_FOUND for an id of nothing, NOT_ALLOWED when it is not in one of `states`. */
export async function lockRevision(
  session: DatabaseSession,
  id: number | null,
  states: readonly StoredRevision["state"][],
): Promise<StoredRevision> {
  const found = id === null ? null : await readRevision(session.models, id);
  if (!found) throw expected("NOT_FOUND", "There is no such revision.", "revisionId");
  await lockRevisions(session, found.kind, found.entityId);
  // Somebody may have changed it while the lock was waited for.
  const revision = await readRevision(session.models, found.id);
  if (!revision) throw expected("NOT_FOUND", "There is no such revision.", "revisionId");
  if (!states.includes(revision.state)) {
    throw expected(
      "NOT_ALLOWED",
      `The revision is ${revision.state}; it would have to be ${states.join(" or ")}.`,
      "revisionId",
    );
  }
  return revision;
}

/** The keys of the content in which two versions differ. */
export function changedFields(before: SourceOf[ContentKind], after: SourceOf[ContentKind]): string[] {
  const [a, b] = [before as Readonly<Record<string, unknown>>, after as Readonly<Record<string, unknown>>];
  return [...new Set([...Object.keys(a), ...Object.keys(b)])].filter(key => !isDeepStrictEqual(a[key], b[key])).sort();
}

/** What an editor learns who was not the first: who was, when, and which fields both have changed. */
async function conflict(
  session: DatabaseSession,
  { kind, id }: ContentKey,
  expectedVersion: number,
  head: StoredRevision,
  change: (source: Source) => Source | Promise<Source>,
): Promise<ExpectedFailure> {
  const base = await readNumbered(session.models, kind, id, expectedVersion);
  if (!base) return expected("CONFLICT", "There is no revision of that number.", "expectedVersion");
  const theirs = changedFields(base.source.content, head.source.content);
  const mine = changedFields(base.source.content, (await change(base.source)).content);
  const conflicting = mine.filter(field => theirs.includes(field));
  return new ExpectedFailure(
    [
      {
        code: "CONFLICT",
        message: "Somebody else has saved a revision meanwhile. Read it, and save on top of it.",
        path: ["input", "expectedVersion"],
      },
    ],
    { conflict: { revisionId: head.id, fields: conflicting } satisfies Conflict },
  );
}

interface DraftFacts {
  number: number;
  note: string;
  action: string;
  before?: unknown;
}

async function insertDraft(
  session: DatabaseSession,
  actor: Actor,
  { kind, id: entityId }: ContentKey,
  { slug, content }: Source,
  { number, note, action, before }: DraftFacts,
): Promise<StoredRevision> {
  const { models } = session;
  const entity = entityOf(kind);
  await models.revision.updateMany({
    where: { entity, entityId, state: { in: ["DRAFT", "IN_REVIEW"] } },
    data: { state: "SUPERSEDED" },
  });
  const { id } = await insertOnce(() =>
    models.revision.create({
      data: {
        ...{ entity, entityId, number, slug, note, content: content },
        ...{ state: "DRAFT", authorId: actor.id, authorName: actor.name },
      },
      select: { id: true },
    }),
  );
  await recordChange(session, actor, { action, entity: typeOf(kind), entityId, before, after: content });
  const saved = await readRevision(models, id);
  if (!saved) throw new Error("a revision was written and is not there");
  return saved;
}

/** The first revisions of something that had none: two editors may have begun at once. */
async function insertOnce<T>(insert: () => Promise<T>): Promise<T> {
  try {
    return await insert();
  } catch (error) {
    if (!breaksUniqueKey(error, "revision", ["entity", "entity_id", "number"])) throw error;
    throw expected("CONFLICT", "Somebody else has saved a revision meanwhile. Read it, and save on top of it.");
  }
}

/** In its normal form. @throws ExpectedFailure INVALID */
async function assertSound(source: Source, at: readonly string[] | null): Promise<Source> {
  const document = await documentOf(source);
  if (!document.source) throw invalidContent(document.problems, at, fileOf(source.kind, source.slug));
  return document.source;
}

/** @param owner who may have it already. @throws ExpectedFailure CONFLICT for a slug that leads to something else, or is promised to it. */
export async function assertFreeSlug(
  session: DatabaseSession,
  kind: ContentKind,
  slug: string,
  owner: number | null,
): Promise<void> {
  const where = { entity: entityOf(kind), slug, ...(owner === null ? {} : { entityId: { not: owner } }) };
  const taken =
    (await session.models.revision.count({ where: { ...where, state: { not: "DISCARDED" } } })) +
    (await session.models.slugRedirect.count({ where })) +
    (await countLive(session, kind, slug, owner));
  if (taken > 0) throw expected("CONFLICT", "The slug belongs to something else, or did.", "slug");
}

async function countLive(session: DatabaseSession, kind: ContentKind, slug: string, owner: number | null) {
  const where = { slug, ...(owner === null ? {} : { id: { not: owner } }) };
  const { models } = session;
  switch (kind) {
    case "topic":
      return models.topic.count({ where });
    case "tool":
      return models.tool.count({ where });
    case "module":
      return models.module.count({ where });
    case "lesson":
      return models.lesson.count({ where });
  }
}

/** The GraphQL type. */
export function typeOf(kind: ContentKind): "Topic" | "Tool" | "Module" | "Lesson" {
  return ({ topic: "Topic", tool: "Tool", module: "Module", lesson: "Lesson" } as const)[kind];
}
