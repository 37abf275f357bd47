// What editors and admins write leaves an event, in the same transaction: without the event, no write. Knows no GraphQL.
import { createHash } from "node:crypto";
import type { DatabaseSession } from "../../db/database";
import type { RequestContext } from "../../request/context";
import { deletedAccount } from "../user/user.service";
import { insertAuditEvent } from "./audit.rows";

/** Who writes, and from where. */
export interface Actor {
  /** Null for one that is no user, such as the schedule. */
  id: string | null;
  name: string;
  requestId: string | null;
  address: string | null;
}

export interface Change {
  /** The name of the mutation, or of what does it by itself. */
  action: string;
  /** The GraphQL type, and its key. */
  entity: string;
  entityId: string | number;
  /** What was stored before and is stored since; left out where there is nothing. Only its hash is kept. */
  before?: unknown;
  after?: unknown;
}

/** The viewer as an actor, by their present name. */
export async function actorOf(ctx: RequestContext): Promise<Actor> {
  const { viewer } = ctx;
  if (!viewer) throw new Error("a guest cannot act");
  const user = await ctx.session.models.user.findUnique({
    where: { id: viewer.userId },
    select: { displayName: true },
  });
  return {
    id: viewer.userId,
    name: user?.displayName ?? deletedAccount,
    requestId: ctx.requestId,
    address: ctx.client.address,
  };
}

export async function recordChange(session: DatabaseSession, actor: Actor, change: Change): Promise<void> {
  await insertAuditEvent(session, {
    actorId: actor.id,
    actorName: actor.name,
    action: change.action,
    entity: change.entity,
    entityId: String(change.entityId),
    beforeHash: hashOf(change.before),
    afterHash: hashOf(change.after),
    requestId: actor.requestId,
    address: actor.address,
  });
}

/** Equal for equal values, whatever the order of their keys. */
function hashOf(value: unknown): string | null {
  if (value === undefined || value === null) return null;
  return createHash("sha256")
    .update(JSON.stringify(value, (_, inner: unknown) => sorted(inner)))
    .digest("hex");
}

function sorted(value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value) || value instanceof Date) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
