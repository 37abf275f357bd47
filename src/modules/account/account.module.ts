// All that the server needs of this module.
import type { DomainModule } from "../../graphql/domain-module";
import { selectedColumns } from "../../graphql/selection";
import { isUserKey } from "../user/user.service";
import { AccountResolver } from "./account.resolver";
import { sessionEntity } from "./session.rows";
import { SetUserRolePayloadResolver, UpdateProfilePayloadResolver, ViewerResolver } from "./viewer.resolver";

export const accountModule: DomainModule = {
  resolvers: [AccountResolver, ViewerResolver, UpdateProfilePayloadResolver, SetUserRolePayloadResolver],
  nodes: [
    {
      type: sessionEntity.name,
      read: async (ctx, { key }, info) => {
        if (!ctx.viewer || !isUserKey(key)) return null;
        const session = await sessionEntity.find(ctx, "id", key, selectedColumns(info, sessionEntity));
        return session?.userId === ctx.viewer.userId ? session : null;
      },
    },
  ],
};
