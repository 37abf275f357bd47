// All that the server needs of this module.
import type { DomainModule } from "../../graphql/domain-module";
import { hasRole } from "../../graphql/access";
import { selectedColumns } from "../../graphql/selection";
import { Role } from "../../generated/prisma/enums";
import { AuditEventResolver } from "./audit.resolver";
import { auditEventEntity } from "./audit.rows";

export const auditModule: DomainModule = {
  resolvers: [AuditEventResolver],
  nodes: [
    {
      type: auditEventEntity.name,
      read: async (ctx, { key }, info) => {
        if (!ctx.viewer || !hasRole(ctx.viewer, Role.ADMIN) || !/^[1-9]\d{0,17}$/.test(key)) return null;
        return auditEventEntity.find(ctx, "id", key, selectedColumns(info, auditEventEntity));
      },
    },
  ],
};
