// How sessions are read: the open ones, by their user.
import { defineEntity } from "../../request/entity";
import { defineList } from "../../request/list";

export interface SessionRow {
  id: string;
  userId: string;
  createdAt: string;
  lastUsedAt: string;
  expiresAt: string;
  userAgent: string | null;
  address: string;
}

/** Read from a view of the sessions that are open. */
export const sessionEntity = defineEntity<SessionRow>({
  name: "UserSession",
  table: "open_session",
  columns: {
    id: "uuid",
    userId: "uuid",
    createdAt: "instant",
    lastUsedAt: "instant",
    expiresAt: "instant",
    userAgent: "text",
    address: "text",
  },
  always: ["id", "userId"],
});

export const sessionsOfUser = defineList({
  name: "Viewer.sessions",
  entity: sessionEntity,
  parent: { expression: 'e."user_id"', type: "uuid" },
  orders: {
    CREATED_AT: [
      { expression: 'e."created_at"', type: "instant", descending: true },
      { expression: 'e."id"::text', type: "text", descending: true },
    ],
  },
  defaultOrder: "CREATED_AT",
});
