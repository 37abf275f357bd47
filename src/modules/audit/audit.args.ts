// What audit events can be filtered and ordered by; for admins.
import { ArgsType } from "type-graphql";
import { defineFilter, key, range } from "../../graphql/filter";
import { listArgsOf } from "../../graphql/list.args";
import { defineOrder } from "../../graphql/order";

export const auditFilter = defineFilter("AuditEvent", "audit_event", "audit events", {
  actorName: key("actor_name", "Who did it, by the name they had then."),
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
