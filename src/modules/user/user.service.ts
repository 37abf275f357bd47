// Who may see a user. Knows no GraphQL.
import type { RequestContext } from "../../request/context";
import type { ColumnSet } from "../../request/entity";
import { Role } from "../../generated/prisma/enums";
import { userEntity, type UserRow } from "./user.rows";

/** Whether a key of a global id can be one of ours: a UUID. */
export function isUserKey(key: string): boolean {
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(key);
}

/** Who did something, when their account is deleted; the database writes the same on their revisions. */
export const deletedAccount = "a deleted account";

/** The user, for that user and for admins; null for everybody else, exactly as if there were none. */
export async function readUser(ctx: RequestContext, userId: string, columns: ColumnSet): Promise<UserRow | null> {
  const { viewer } = ctx;
  if (!viewer || (viewer.userId !== userId && viewer.role !== Role.ADMIN)) return null;
  return userEntity.find(ctx, "id", userId, columns);
}
