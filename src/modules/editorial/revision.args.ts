// What revisions can be filtered and ordered by; for editors.
import { ArgsType } from "type-graphql";
import { choice, defineFilter, key, range } from "../../graphql/filter";
import { listArgsOf } from "../../graphql/list.args";
import { defineOrder } from "../../graphql/order";
import { ContentKind, RevisionState } from "./editorial.enums";

export const revisionFilter = defineFilter("Revision", "revision", "revisions", {
  kind: choice(
    "entity",
    { values: ContentKind, name: "ContentKind", type: "revision_entity" },
    "What it is a version of.",
  ),
  slug: key("slug", "The address of what it is a version of, as it was when the revision was made."),
  state: choice("state", { values: RevisionState, name: "RevisionState", type: "revision_state" }, "Where it stands."),
  authorName: key("author_name", "Who saved it, by the name they had then."),
  createdAt: range("created_at", "timestamptz", "When it was saved."),
});

export const revisionOrder = defineOrder("Revision", "revisions", {
  CREATED_AT: {
    description: "When it was saved.",
    keys: [
      { expression: 'e."created_at"', type: "instant" },
      { expression: 'e."id"', type: "integer" },
    ],
  },
});

@ArgsType()
export class RevisionListArgs extends listArgsOf(revisionFilter, revisionOrder) {}
