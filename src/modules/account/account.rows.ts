// What signing in needs to know of a user, password hash included: read here and nowhere else, and never handed to GraphQL.
import type { DatabaseSession } from "../../db/database";
import { sql } from "../../db/sql";
import type { Role } from "../../generated/prisma/enums";

export interface AccountRow {
  id: string;
  email: string;
  displayName: string;
  role: Role;
  passwordHash: string | null;
}

const select = { id: true, email: true, displayName: true, role: true, passwordHash: true } as const;

export function accountByEmail({ models }: DatabaseSession, email: string): Promise<AccountRow | null> {
  return models.user.findUnique({ where: { emailKey: emailKey(email) }, select });
}

export function accountById({ models }: DatabaseSession, id: string): Promise<AccountRow | null> {
  return models.user.findUnique({ where: { id }, select });
}

/**
 * Keeps everybody else from changing the account until the transaction ends.
 * @returns what its password is now, which may be another than the one that was read before; undefined when it is gone.
 */
export async function lockPassword(session: DatabaseSession, id: string): Promise<string | null | undefined> {
  const [row] = await session.query<{ passwordHash: string | null }>(sql`
    SELECT "password_hash" AS "passwordHash" FROM "app_user" WHERE "id" = ${id}::uuid FOR NO KEY UPDATE`);
  return row?.passwordHash;
}

/** Two addresses are the same when these are: whatever their case, and however their letters are composed. */
export function emailKey(email: string): string {
  return email.trim().normalize("NFKC").toLowerCase();
}
