// The enums of lessons, described for clients.
import { LessonAccess, LessonKind, Level } from "../../generated/prisma/enums";
import { defineEnum } from "../../graphql/enums";

defineEnum(Level, "Level", "How much a reader should know already.", {
  BEGINNER: "Nothing of AI tools.",
  INTERMEDIATE: "The basics, and some practice.",
  ADVANCED: "Regular use at work.",
});

defineEnum(LessonKind, "LessonKind", "What kind of lesson it is.", {
  LESSON: "Teaches a skill.",
  TOOL_GUIDE: "Introduces one tool.",
});

defineEnum(LessonAccess, "LessonAccess", "Who may read the body of a lesson.", {
  PUBLIC: "Everybody.",
  ACCOUNT: "Everybody with a free account.",
});

/** Why a lesson is locked. */
export const LessonLockReason = { ACCOUNT_REQUIRED: "ACCOUNT_REQUIRED" } as const;
export type LessonLockReason = (typeof LessonLockReason)[keyof typeof LessonLockReason];

defineEnum(LessonLockReason, "LessonLockReason", "Why the body of a lesson is not shown.", {
  ACCOUNT_REQUIRED: "It takes a free account, and nobody is signed in.",
});

export { LessonAccess, LessonKind, Level };
