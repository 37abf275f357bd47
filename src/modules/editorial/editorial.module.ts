// All that the server needs of this module.
import type { DomainModule } from "../../graphql/domain-module";
import { hasRole } from "../../graphql/access";
import { find } from "../../graphql/lookup";
import { integerKey } from "../../graphql/node-id";
import { Role } from "../../generated/prisma/enums";
import { editResolvers } from "./editorial.resolver";
import { revisionEntity } from "./revision.rows";
import { RevisionLiveResolver } from "./revision-live.resolver";
import { RevisionResolver } from "./revision.resolver";
import { TopicHistoryFields } from "./topic.fields";

export const editorialModule: DomainModule = {
  resolvers: [...editResolvers, RevisionResolver, RevisionLiveResolver, TopicHistoryFields],
  nodes: [
    {
      type: revisionEntity.name,
      read: async (ctx, id, info) =>
        ctx.viewer && hasRole(ctx.viewer, Role.EDITOR)
          ? find(revisionEntity, "id", integerKey(id, revisionEntity.name), ctx, info)
          : null,
    },
  ],
};
