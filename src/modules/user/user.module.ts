// All that the server needs of this module.
import type { DomainModule } from "../../graphql/domain-module";
import { selectedColumns } from "../../graphql/selection";
import { UserFields, UserResolver } from "./user.resolver";
import { userEntity } from "./user.rows";
import { isUserKey, readUser } from "./user.service";
import { User } from "./user.type";

export const userModule: DomainModule = {
  resolvers: [UserResolver, UserFields],
  types: [User],
  nodes: [
    {
      type: userEntity.name,
      read: async (ctx, { key }, info) =>
        isUserKey(key) ? readUser(ctx, key, selectedColumns(info, userEntity)) : null,
    },
  ],
};
