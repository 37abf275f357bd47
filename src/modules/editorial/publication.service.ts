// What readers see: publishing, taking off the site, addresses, merging. Each in one transaction, under the content lock, so that it is wholly
// done or not at all, and nothing can have changed between the check and the write. Knows no GraphQL.
import { addRedirects, changeAddress, moveRedirects } from "../../content/address.write";
import { fileOf, type ContentKind } from "../../content/content.files";
import { lockContent } from "../../content/content.lock";
import { checkHealth } from "../../content/health/health.check";
import { HealthSeverity } from "../../content/health/health.finding";
import { readSurroundings } from "../../content/health/health.read";
import { readLiveSources } from "../../content/live.read";
import { loadMarkdown } from "../../content/markdown.pipeline";
import {
  followAddresses,
  publishSources,
  readReferrers,
  withdrawEntity,
  type Dependent,
  type SourceWithId,
} from "../../content/publish";
import { entityOf, recordPublications, recordWithdrawals } from "../../content/revision.write";
import { renameReferences, type AddressOf } from "../../content/source.references";
import type { DatabaseSession } from "../../db/database";
import { sql } from "../../db/sql";
import { ExpectedFailure, expected } from "../../errors/expected-failure";
import { recordChange, type Actor } from "../audit/audit.service";
import { assertFreeSlug, lockHead, lockRevision, typeOf, type ContentKey } from "./draft.service";
import { invalidContent } from "./edit.problems";
import { readHead, readPublished, readRevision, type StoredRevision } from "./revision.rows";

/** Revisions that may still be published. */
export const openStates = ["DRAFT", "IN_REVIEW", "SCHEDULED"] as const;

export interface PublishOptions {
  action: string;
  /** Whether somebody else has to have approved it. */
  fourEyes: boolean;
}

/**
 * Makes a revision live, and supersedes what was.
 * @throws ExpectedFailure NOT_FOUND, NOT_ALLOWED, CONFLICT when a newer revision is live already, INVALID for what forbids it
 */
export async function publishRevision(
  session: DatabaseSession,
  revisionId: number | null,
  actor: Actor,
  { action, fourEyes }: PublishOptions,
): Promise<StoredRevision> {
  await lockContent(session);
  const revision = await lockRevision(session, revisionId, openStates);
  const { kind, entityId: id, number } = revision;
  if (fourEyes && revision.approvedAt === null) {
    throw expected("NOT_ALLOWED", "Somebody else has to approve the revision first.", "revisionId");
  }
  const published = await readPublished(session.models, kind, id);
  if (published && published.number > number) {
    throw expected("CONFLICT", "A newer revision is live already. Restore this one to publish it again.", "revisionId");
  }
  const [change] = await followAddresses(session, [{ id, source: revision.source }]);
  if (!change) throw new Error("a change was lost");
  assertPublishable(await publishSources(session, [change]), change.source);
  await assertHealthy(session, change.source);
  await supersedeUpTo(session, { kind, id }, number);
  await session.query(sql`
    UPDATE "revision" SET "state" = 'PUBLISHED', "published_at" = now(), "updated_at" = now(), "failure" = NULL, "failed_at" = NULL,
      "content" = ${JSON.stringify(change.source.content)}::jsonb
    WHERE "id" = ${revision.id}`);
  await recordChange(session, actor, {
    ...{ action, entity: typeOf(kind), entityId: id },
    ...{ before: published?.source.content, after: change.source.content },
  });
  return mustRead(session, revision.id);
}

/**
 * Takes something off the site; its content goes on as a draft.
 * @throws ExpectedFailure NOT_FOUND, NOT_ALLOWED when it is not live, IN_USE with what needs it
 */
export async function unpublishContent(
  session: DatabaseSession,
  content: ContentKey,
  actor: Actor,
  note: string,
): Promise<StoredRevision> {
  await lockContent(session);
  const head = await lockHead(session, content);
  const published = await readPublished(session.models, content.kind, content.id);
  if (!published) throw expected("NOT_ALLOWED", "It is not published.", "id");
  await withdraw(session, content, "id");
  // Whoever has gone on from the live version has a draft already.
  const draft = head.id === published.id ? await copyAsDraft(session, published, actor, note) : head;
  await recordChange(session, actor, {
    ...{ action: "unpublishContent", entity: typeOf(content.kind), entityId: content.id },
    before: published.source.content,
  });
  return draft;
}

/**
 * Takes something off the site, if it is there, and gives up its drafts. Its revisions stay, and can be restored.
 * @throws ExpectedFailure NOT_FOUND, IN_USE with what needs it
 */
export async function archiveContent(
  session: DatabaseSession,
  content: ContentKey,
  actor: Actor,
): Promise<StoredRevision> {
  await lockContent(session);
  const head = await lockHead(session, content);
  const published = await readPublished(session.models, content.kind, content.id);
  if (published) await withdraw(session, content, "id");
  await discardOpen(session, content);
  await recordChange(session, actor, {
    ...{ action: "archiveContent", entity: typeOf(content.kind), entityId: content.id },
    before: (published ?? head).source.content,
  });
  return mustRead(session, head.id);
}

/**
 * Gives something another address. The old one leads to it for ever, and what names it by the old one is written anew.
 * @throws ExpectedFailure NOT_FOUND, CONFLICT for a slug that is taken
 */
export async function renameContent(
  session: DatabaseSession,
  content: ContentKey,
  slug: string,
  actor: Actor,
): Promise<StoredRevision> {
  const { kind, id } = content;
  await lockContent(session);
  const head = await lockHead(session, content);
  const former = head.source.slug;
  if (former === slug) throw expected("INVALID", "The slug is its slug already.", "slug");
  await assertFreeSlug(session, kind, slug, id);
  const published = await readPublished(session.models, kind, id);
  const referrers = published ? await readReferrers(session, kind, id, former) : {};
  if (published) await changeAddress(session, kind, { id, slug });
  else if (await wasPublished(session, content)) await addRedirects(session, kind, [{ id, slug: former }]);
  const addressOf: AddressOf = (of, name) => (of === kind && name === former ? slug : name);
  await rewrite(session, published ? withId(referrers, kind, id) : {}, addressOf, actor, `${former} is now ${slug}`);
  // Also of drafts, and of what is not live.
  await session.models.revision.updateMany({
    where: { entity: entityOf(kind), entityId: id, state: { in: [...openStates] } },
    data: { slug },
  });
  await recordChange(session, actor, {
    ...{ action: "renameContent", entity: typeOf(kind), entityId: id },
    ...{ before: { slug: former }, after: { slug } },
  });
  const renamed = await readHead(session.models, kind, id);
  if (!renamed) throw new Error("a revision is gone");
  return renamed;
}

/**
 * Makes one tool out of two: `into` takes the place of `from` wherever that is named, and its address leads there.
 * @throws ExpectedFailure NOT_FOUND, INVALID for what forbids it, such as a guide to each
 */
export async function mergeTools(
  session: DatabaseSession,
  from: number | null,
  into: number | null,
  actor: Actor,
): Promise<StoredRevision> {
  await lockContent(session);
  if (from === into) throw expected("INVALID", "A tool cannot be merged into itself.", "intoId");
  const [gone, kept] = [await publishedTool(session, from, "fromId"), await publishedTool(session, into, "intoId")];
  const [old, slug] = [gone.source.slug, kept.source.slug];
  const addressOf: AddressOf = (kind, name) => (kind === "tool" && name === old ? slug : name);
  const referrers = await readReferrers(session, "tool", gone.entityId, old);
  await rewrite(session, referrers, addressOf, actor, `${old} is merged into ${slug}`);
  const content = { kind: "tool", id: gone.entityId } as const;
  await withdraw(session, content, "fromId");
  await discardOpen(session, content);
  await addRedirects(session, "tool", [{ slug: old, id: kept.entityId }]);
  await moveRedirects(session, "tool", gone.entityId, kept.entityId);
  await moveBookmarks(session, gone.entityId, kept.entityId);
  await recordChange(session, actor, {
    ...{ action: "mergeTools", entity: "Tool", entityId: gone.entityId },
    ...{ before: gone.source.content, after: kept.source.content },
  });
  return mustRead(session, kept.id);
}

function assertPublishable(
  problems: Awaited<ReturnType<typeof publishSources>>,
  { kind, slug }: SourceWithId["source"],
) {
  if (problems.length > 0) throw invalidContent(problems, null, fileOf(kind, slug));
}

/** @throws ExpectedFailure INVALID for what content health calls an ERROR */
async function assertHealthy(session: DatabaseSession, source: SourceWithId["source"]): Promise<void> {
  const today = new Date().toISOString().slice(0, 10);
  const findings = await checkHealth(source, await readSurroundings(session, [source]), today);
  const errors = findings.filter(({ severity }) => severity === HealthSeverity.ERROR);
  if (errors.length === 0) return;
  throw new ExpectedFailure(
    errors.slice(0, 20).map(({ path, message, remedy }) => ({
      code: "INVALID",
      message: `${path.join(".") || source.slug}: ${message} ${remedy}`,
      path: null,
    })),
  );
}

async function publishedTool(session: DatabaseSession, id: number | null, field: string): Promise<StoredRevision> {
  if (id === null) throw expected("NOT_FOUND", "There is no such tool.", field);
  const head = await lockHead(session, { kind: "tool", id });
  const published = await readPublished(session.models, "tool", head.entityId);
  if (!published) throw expected("NOT_ALLOWED", "The tool is not published.", field);
  return published;
}

/** Publishes what names something by an address that is not its own any more, and brings the drafts of it along. */
async function rewrite(
  session: DatabaseSession,
  referrers: Partial<Record<ContentKind, readonly number[]>>,
  addressOf: AddressOf,
  actor: Actor,
  note: string,
): Promise<void> {
  const markdown = await loadMarkdown();
  const changes = (await readLiveSources(session, referrers)).map(({ id, source }) => ({
    id,
    source: renameReferences(source, addressOf, markdown),
  }));
  const [first] = changes;
  if (!first) return;
  assertPublishable(await publishSources(session, changes), first.source);
  const drafts = await readOpen(session, changes);
  await recordPublications(session, changes, actor, note);
  for (const draft of drafts) {
    await copyRevision(session, draft, renameReferences(draft.source, addressOf, markdown).content);
  }
}

async function readOpen(session: DatabaseSession, changes: readonly SourceWithId[]): Promise<StoredRevision[]> {
  const found: StoredRevision[] = [];
  for (const { id, source } of changes) {
    const rows = await session.models.revision.findMany({
      where: { entity: entityOf(source.kind), entityId: id, state: { in: [...openStates] } },
      orderBy: { number: "asc" },
      select: { id: true },
    });
    for (const row of rows) found.push(await mustRead(session, row.id));
  }
  return found;
}

/** The same revision once more, as the newest: author, state, approval and schedule stay. */
async function copyRevision(session: DatabaseSession, { id, state }: StoredRevision, content: object): Promise<void> {
  await session.query(sql`
    INSERT INTO "revision" ("entity", "entity_id", "number", "state", "slug", "content", "author_id", "author_name", "note",
      "approver_id", "approver_name", "approved_at", "scheduled_for")
    SELECT r."entity", r."entity_id", (
        SELECT max(o."number") + 1 FROM "revision" o WHERE o."entity" = r."entity" AND o."entity_id" = r."entity_id"
      ), ${state}::"revision_state", r."slug", ${JSON.stringify(content)}::jsonb, r."author_id", r."author_name", r."note",
      r."approver_id", r."approver_name", r."approved_at", r."scheduled_for"
    FROM "revision" r WHERE r."id" = ${id}`);
}

async function copyAsDraft(
  session: DatabaseSession,
  { kind, entityId, number, source }: StoredRevision,
  actor: Actor,
  note: string,
): Promise<StoredRevision> {
  const { id } = await session.models.revision.create({
    data: {
      ...{ entity: entityOf(kind), entityId, number: number + 1, state: "DRAFT", slug: source.slug, note },
      ...{ content: source.content, authorId: actor.id, authorName: actor.name },
    },
    select: { id: true },
  });
  return mustRead(session, id);
}

/** @throws ExpectedFailure IN_USE */
async function withdraw(session: DatabaseSession, { kind, id }: ContentKey, field: string): Promise<void> {
  const dependents = await withdrawEntity(session, kind, id);
  if (dependents.length > 0) throw inUse(dependents, field);
  await recordWithdrawals(session, kind, [id]);
}

function inUse(dependents: readonly Dependent[], field: string): ExpectedFailure {
  return new ExpectedFailure(
    dependents.map(({ kind, slug }) => ({
      code: "IN_USE",
      message: `The ${kind} ${slug} needs it.`,
      path: ["input", field],
    })),
  );
}

async function supersedeUpTo(session: DatabaseSession, { kind, id }: ContentKey, number: number): Promise<void> {
  await recordWithdrawals(session, kind, [id]);
  await session.models.revision.updateMany({
    where: { entity: entityOf(kind), entityId: id, number: { lt: number }, state: { in: [...openStates] } },
    data: { state: "SUPERSEDED" },
  });
}

async function discardOpen(session: DatabaseSession, { kind, id }: ContentKey): Promise<void> {
  await session.models.revision.updateMany({
    where: { entity: entityOf(kind), entityId: id, state: { in: [...openStates] } },
    data: { state: "DISCARDED" },
  });
}

async function wasPublished(session: DatabaseSession, { kind, id }: ContentKey): Promise<boolean> {
  const where = { entity: entityOf(kind), entityId: id, publishedAt: { not: null } };
  return (await session.models.revision.count({ where })) > 0;
}

/** Bookmarks of the one become bookmarks of the other, once. */
async function moveBookmarks(session: DatabaseSession, from: number, to: number): Promise<void> {
  await session.query(sql`
    DELETE FROM "bookmark" b WHERE b."tool_id" = ${from}
      AND EXISTS (SELECT 1 FROM "bookmark" o WHERE o."learner_id" = b."learner_id" AND o."tool_id" = ${to})`);
  await session.models.bookmark.updateMany({ where: { toolId: from }, data: { toolId: to } });
}

function withId(
  referrers: Partial<Record<ContentKind, readonly number[]>>,
  kind: ContentKind,
  id: number,
): Partial<Record<ContentKind, readonly number[]>> {
  return { ...referrers, [kind]: [...new Set([...(referrers[kind] ?? []), id])] };
}

async function mustRead(session: DatabaseSession, id: number): Promise<StoredRevision> {
  const revision = await readRevision(session.models, id);
  if (!revision) throw new Error("a revision is gone");
  return revision;
}
