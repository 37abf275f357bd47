// The enums of editorial work, described for clients.
import { RevisionEntity, RevisionState } from "../../generated/prisma/enums";
import { defineEnum } from "../../graphql/enums";

defineEnum(RevisionEntity, "ContentKind", "The kinds of content that editors write.", {
  TOPIC: "A topic page.",
  TOOL: "A tool.",
  MODULE: "A group of lessons.",
  LESSON: "A lesson or a tool guide.",
});

defineEnum(RevisionState, "RevisionState", "Where a revision stands on its way to the readers.", {
  DRAFT: "Saved; nobody but editors sees it.",
  IN_REVIEW: "Handed in for somebody else to approve.",
  SCHEDULED: "Will be published by itself when its time comes.",
  PUBLISHED: "Live: what readers see.",
  SUPERSEDED: "A newer revision took its place, or what it was the live version of was taken off the site.",
  DISCARDED: "Given up by an editor.",
});

export { RevisionEntity as ContentKind, RevisionState };
