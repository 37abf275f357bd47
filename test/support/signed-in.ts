// Learners for tests that are not about signing in: somebody who is signed in, with a token for requests, and a guest.
import type { TokenService } from "../../src/auth/tokens";
import type { DatabaseSession } from "../../src/db/database";
import type { Prisma } from "../../src/generated/prisma/client";
import type { Viewer } from "../../src/request/context";
import { createUser } from "./factories";

/** A user with an open session. */
export async function createViewer(
  database: DatabaseSession,
  given: Partial<Prisma.UserUncheckedCreateInput> = {},
): Promise<Viewer> {
  const { id: userId, role } = await createUser(database, given);
  const expiresAt = new Date(Date.now() + 24 * 60 * 60_000);
  const { id: sessionId } = await database.models.userSession.create({ data: { userId, expiresAt, address: "::" } });
  return { userId, role, sessionId };
}

/** The value of the header of a viewer's requests. */
export async function authorizationOf(viewer: Viewer, tokens: TokenService): Promise<string> {
  const { token } = await tokens.signAccess(viewer);
  return `Bearer ${token}`;
}

/** The learner of a guest token. */
export async function createGuest(database: DatabaseSession): Promise<string> {
  const { id } = await database.models.learner.create({ data: {} });
  return id;
}
