// The enums of users, described for clients.
import { Role } from "../../generated/prisma/enums";
import { defineEnum } from "../../graphql/enums";

defineEnum(Role, "Role", "What a user may do. Each role includes the ones before it.", {
  LEARNER: "Read, learn, and keep progress.",
  EDITOR: "Write and publish content.",
  ADMIN: "Manage users and everything else.",
});

export { Role };
