// How audit events are stored and read. The only place with their SQL.
import { sql } from "../../db/sql";
import type { DatabaseSession } from "../../db/database";
import { defineEntity } from "../../request/entity";
import { defineList } from "../../request/list";
import { auditFilter, auditOrder } from "./audit.args";

export interface AuditEventRow {
  id: string;
  occurredAt: string;
  actorId: string | null;
  actorName: string;
  action: string;
  entity: string;
  entityId: string;
  beforeHash: string | null;
  afterHash: string | null;
  requestId: string | null;
  address: string | null;
}

export const auditEventEntity = defineEntity<AuditEventRow>({
  name: "AuditEvent",
  table: "audit_event",
  columns: {
    id: "bigint",
    occurredAt: "instant",
    actorId: "uuid",
    actorName: "text",
    action: "text",
    entity: "text",
    entityId: "text",
    beforeHash: "text",
    afterHash: "text",
    requestId: "text",
    address: "text",
  },
  always: ["id"],
  needs: {
    actor: ["actorId"],
    actorName: ["actorId", "actorName"],
    request: ["requestId"],
    subjectType: ["entity"],
    subjectKey: ["entityId"],
  },
});

export const auditEvents = defineList({
  name: "Query.auditEvents",
  entity: auditEventEntity,
  filter: auditFilter,
  orders: auditOrder.keys,
  defaultOrder: "OCCURRED_AT",
});

export type NewAuditEvent = Omit<AuditEventRow, "id" | "occurredAt">;

/** Adds an event, in the transaction of what it tells of. */
export async function insertAuditEvent(session: DatabaseSession, event: NewAuditEvent): Promise<void> {
  await session.query(sql`
    INSERT INTO "audit_event" ("actor_id", "actor_name", "action", "entity", "entity_id", "before_hash", "after_hash", "request_id", "address")
    VALUES (${event.actorId}::uuid, ${event.actorName}, ${event.action}, ${event.entity}, ${event.entityId},
      ${event.beforeHash}, ${event.afterHash}, ${event.requestId}, ${event.address})`);
}
