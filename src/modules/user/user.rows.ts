// How users are read. The password's hash is not among the columns: no read path can reach it.
import type { Role } from "../../generated/prisma/enums";
import { defineEntity } from "../../request/entity";

export interface UserRow {
  id: string;
  email: string;
  displayName: string;
  role: Role;
  timeZone: string;
  createdAt: string;
}

export const userEntity = defineEntity<UserRow>({
  name: "User",
  table: "app_user",
  columns: { id: "uuid", email: "text", displayName: "text", role: "enum", timeZone: "text", createdAt: "instant" },
  always: ["id"],
});
