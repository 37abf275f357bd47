// All that the server needs of this module.
import type { DomainModule } from "../../graphql/domain-module";
import { selectedColumns } from "../../graphql/selection";
import { userEntity } from "./user.rows";
import { readUser } from "./user.service";
import { User } from "./user.type";

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

export const userModule: DomainModule = {
  resolvers: [],
  types: [User],
  nodes: [
    {
      type: userEntity.name,
      read: async (ctx, { key }, info) =>
        uuid.test(key) ? readUser(ctx, key, selectedColumns(info, userEntity)) : null,
    },
  ],
};
