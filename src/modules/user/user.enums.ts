// The enums of users, described for clients.
import { ColorScheme, Level, Role } from "../../generated/prisma/enums";
import { defineEnum } from "../../graphql/enums";

defineEnum(Role, "Role", "What a user may do. Each role includes the ones before it.", {
  LEARNER: "Read, learn, and keep progress.",
  EDITOR: "Write and publish content.",
  ADMIN: "Manage users and everything else.",
});

defineEnum(ColorScheme, "ColorScheme", "In which colours somebody wants to read.", {
  SYSTEM: "Those of their device.",
  LIGHT: "Dark text on a light ground.",
  DARK: "Light text on a dark ground.",
});

// Described where lessons are.
export { ColorScheme, Level, Role };
