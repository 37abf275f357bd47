// What a viewer may do, in one place for user interfaces. The same rules stand on the fields themselves.
import { hasRole } from "../../graphql/access";
import type { Viewer } from "../../request/context";
import { Role } from "../../generated/prisma/enums";
import { decodeNodeId } from "../../graphql/node-id";
import { ViewerAction } from "./viewer.type";

/** @throws AppError BAD_USER_INPUT for text that is no id. */
export function can(viewer: Viewer, action: ViewerAction, on: string | null): boolean {
  const type = on === null ? null : decodeNodeId(on, "on").type;
  switch (action) {
    case ViewerAction.READ_LESSON:
      // Any account opens every lesson, verified or not.
      return type === null || type === "Lesson";
    case ViewerAction.EDIT_CONTENT:
      return (type === null || ["Topic", "Tool", "Module", "Lesson"].includes(type)) && hasRole(viewer, Role.EDITOR);
    case ViewerAction.MANAGE_USERS:
      return (type === null || type === "User") && hasRole(viewer, Role.ADMIN);
  }
}
