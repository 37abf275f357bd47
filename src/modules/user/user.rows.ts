// How users are read. The password's hash is not among the columns: no read path can reach it.
import type { ColorScheme, Level, Role } from "../../generated/prisma/enums";
import { defineEntity } from "../../request/entity";
import { defineList } from "../../request/list";
import { userFilter } from "./user.args";

export interface UserRow {
  id: string;
  email: string;
  displayName: string;
  role: Role;
  emailVerifiedAt: string | null;
  timeZone: string;
  preferredLevel: Level;
  colorScheme: ColorScheme;
  createdAt: string;
}

export const userEntity = defineEntity<UserRow>({
  name: "User",
  table: "app_user",
  columns: {
    id: "uuid",
    email: "text",
    displayName: "text",
    role: "enum",
    emailVerifiedAt: "instant",
    timeZone: "text",
    preferredLevel: "enum",
    colorScheme: "enum",
    createdAt: "instant",
  },
  always: ["id"],
  needs: { preferences: { level: ["preferredLevel"], colorScheme: ["colorScheme"] } },
});

export const users = defineList({
  name: "Query.users",
  entity: userEntity,
  filter: userFilter,
  orders: {
    CREATED_AT: [
      { expression: 'e."created_at"', type: "instant" },
      { expression: 'e."id"::text', type: "text" },
    ],
  },
  defaultOrder: "CREATED_AT",
});
