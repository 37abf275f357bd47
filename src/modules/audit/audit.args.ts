// What audit events can be filtered and ordered by; for admins.
import { ArgsType } from "type-graphql";
import { trustedSql, sql } from "../../db/sql";
import { defineFilter, key, range, reference, type FilterField } from "../../graphql/filter";
import { listArgsOf } from "../../graphql/list.args";
import { defineOrder } from "../../graphql/order";

/** Who did it, without those whose account is deleted: their names are not told any more. */
function presentActor(field: FilterField): FilterField {
  const condition: FilterField["condition"] = (value, place) => {
    const named = field.condition(value, place);
    const actor = trustedSql(`${place.alias}."actor_id"`);
    const isTold = sql`(${actor} IS NULL OR EXISTS (SELECT 1 FROM "app_user" u WHERE u."id" = ${actor}))`;
    return { ...named, sql: sql`(${named.sql} AND ${isTold})` };
  };
  return { ...field, condition };
}

export const auditFilter = defineFilter("AuditEvent", "audit_event", "audit events", {
  actorName: presentActor(
    key("actor_name", "Who did it, by the name they had then; finds nothing of an account that is deleted."),
  ),
  subject: reference(
    { type: "entity", key: "entity_id" },
    "What was written, by its global id, whether it is still there or not.",
  ),
  action: key("action", "What was done, such as `publishRevision`."),
  occurredAt: range("occurred_at", "timestamptz", "When it was done."),
});

export const auditOrder = defineOrder("AuditEvent", "audit events", {
  OCCURRED_AT: {
    description: "When it was done.",
    keys: [
      { expression: 'e."occurred_at"', type: "instant" },
      { expression: 'e."id"', type: "bigint" },
    ],
  },
});

@ArgsType()
export class AuditEventListArgs extends listArgsOf(auditFilter, auditOrder) {}
