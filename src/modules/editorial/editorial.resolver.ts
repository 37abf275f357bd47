// The mutations of editors.
import { contentKinds, type ContentKind } from "../../content/content.files";
import { slugsOf } from "../../content/publish";
import type { Source, SourceOf } from "../../content/source.model";
import { expected } from "../../errors/expected-failure";
import { decodeNodeId, integerKey } from "../../graphql/node-id";
import type { RequestContext } from "../../request/context";
import { contentOf, plain, withChanges } from "./content.inputs";
import { createDraft, saveDraft, typeOf, type Edit } from "./draft.service";
import { contentKey, editMutation, revisionKey } from "./edit.mutations";
import * as inputs from "./editorial.inputs";
import * as publication from "./publication.service";
import * as review from "./review.service";
import { readRevision } from "./revision.rows";

const createExamples: Readonly<Record<ContentKind, string>> = {
  topic:
    'slug: "incident-response", content: { title: "Incident response", emoji: "🚨", category: SOFTWARE_ENGINEERING, position: 90, updatedOn: "2026-06-24", summary: "What to do when it breaks.", seo: { title: "AI for incident response", description: "What AI does in an incident." }, tools: [], sections: [{ kind: OVERVIEW, emoji: "📘", heading: "Overview", body: "Finding out what is wrong." }] }',
  tool: 'slug: "zed", content: { name: "Zed", vendor: "Zed Industries", category: CODE_EDITOR, tagline: "A fast editor.", website: "https://zed.dev", pricingModel: FREEMIUM, description: "An editor." }',
  module:
    'slug: "running-backends", content: { title: "Running backends", topic: "backend-and-api-development", level: BEGINNER, position: 90, summary: "What comes after the release.", lessons: [] }',
  lesson:
    'slug: "read-a-log", content: { title: "Read a log", summary: "Find the line that matters.", kind: LESSON, level: BEGINNER, durationMinutes: 5, access: ACCOUNT, updatedOn: "2026-06-24", topics: ["backend-and-api-development"], body: "Start at the end." }',
};

const updateExamples: Readonly<Record<ContentKind, string>> = {
  topic: 'id: "VG9waWM6MQ", expectedVersion: 1, changes: { summary: "Servers and what they serve." }',
  tool: 'id: "VG9vbDox", expectedVersion: 1, changes: { tagline: "One line." }',
  module: 'id: "TW9kdWxlOjE", expectedVersion: 1, changes: { summary: "What it teaches." }',
  lesson: 'id: "TGVzc29uOjE", expectedVersion: 1, changes: { durationMinutes: 8 }',
};

const createMutations = contentKinds.map(kind =>
  editMutation(`create${typeOf(kind)}`, {
    input: inputs.createInput(kind, `Create${typeOf(kind)}Input`),
    description: `Saves the first revision of a new ${kind}. Nobody but editors sees it until it is published.`,
    example: createExamples[kind],
    run: (inner, { slug, content, note }) => {
      const source = { kind, slug, content: contentOf(content), formerSlugs: [] } as unknown as Source;
      return createDraft(inner, source, { action: `create${typeOf(kind)}`, note });
    },
  }),
);

const updateMutations = contentKinds.map(kind =>
  editMutation(`update${typeOf(kind)}`, {
    input: inputs.updateInput(kind, `Update${typeOf(kind)}Input`),
    description: `Saves a revision of a ${kind} that changes something. Readers see it when it is published.`,
    example: updateExamples[kind],
    run: (inner, { id, changes, expectedVersion, note }) =>
      saveDraft(
        inner,
        {
          ...{ content: contentKey(id, "id", [kind]), expectedVersion, note },
          ...{ action: `update${typeOf(kind)}`, at: ["input", "changes"] },
        },
        source => ({ ...source, content: withChanges(source.content, changes) }) as Source,
      ),
  }),
);

const revisionId = 'revisionId: "UmV2aXNpb246MQ"';

const reviewMutations = [
  editMutation("submitRevision", {
    input: inputs.revisionInput("SubmitRevisionInput", "hand in"),
    description: "Hands a draft in for approval.",
    example: revisionId,
    run: (inner, input, actor) => review.submitRevision(inner.session, revisionKey(input.revisionId), actor),
  }),
  editMutation("approveRevision", {
    input: inputs.revisionInput("ApproveRevisionInput", "approve"),
    description: "Approves a revision that was handed in. Where it takes four eyes, not one's own.",
    example: revisionId,
    run: (inner, input, actor) =>
      review.approveRevision(inner.session, revisionKey(input.revisionId), actor, inner.services.fourEyes),
  }),
  editMutation("discardRevision", {
    input: inputs.revisionInput("DiscardRevisionInput", "give up"),
    description: "Gives a revision up that is not live. It stays in the history.",
    example: revisionId,
    run: (inner, input, actor) => review.discardRevision(inner.session, revisionKey(input.revisionId), actor),
  }),
  editMutation("scheduleRevision", {
    input: inputs.ScheduleRevisionInput,
    description: "Has a revision published by itself when its time comes.",
    example: `${revisionId}, publishAt: "2099-01-01T09:00:00Z"`,
    run: async (inner, input, actor) => {
      const [key, publishAt] = [revisionKey(input.revisionId), new Date(input.publishAt)];
      return review.scheduleRevision(inner.session, key, publishAt, actor, inner.services.fourEyes);
    },
    afterwards: ctx => ctx.services.revisionScheduled(),
  }),
  editMutation("publishRevision", {
    input: inputs.revisionInput("PublishRevisionInput", "publish"),
    description: "Makes a revision what readers see, at once.",
    example: revisionId,
    run: (inner, input, actor) =>
      publication.publishRevision(inner.session, revisionKey(input.revisionId), actor, {
        ...{ action: "publishRevision", fourEyes: inner.services.fourEyes },
      }),
  }),
  editMutation("restoreRevision", {
    input: inputs.RestoreRevisionInput,
    description: "Saves the content of an old revision once more, as the newest: a draft, which can be published.",
    example: `${revisionId}, expectedVersion: 1`,
    run: async (inner, input) => {
      const key = revisionKey(input.revisionId);
      const old = key === null ? null : await readRevision(inner.session.models, key);
      if (!old) throw expected("NOT_FOUND", "There is no such revision.", "revisionId");
      const content = { kind: old.kind, id: old.entityId };
      return saveDraft(
        inner,
        { content, ...versionOf(input), action: "restoreRevision", at: null },
        source => ({ ...source, content: old.source.content }) as Source,
      );
    },
  }),
];

const contentMutations = [
  editMutation("unpublishContent", {
    input: inputs.UnpublishContentInput,
    description:
      "Takes something off the site. Its content goes on as a draft; what learners did with it stays theirs.",
    example: 'id: "TGVzc29uOjE"',
    run: (inner, input, actor) =>
      publication.unpublishContent(inner.session, contentKey(input.id, "id", contentKinds), actor, input.note),
  }),
  editMutation("archiveContent", {
    input: inputs.ArchiveContentInput,
    description:
      "Takes something off the site, if it is there, and gives up its drafts. Its revisions can be restored.",
    example: 'id: "TGVzc29uOjE"',
    run: (inner, input, actor) =>
      publication.archiveContent(inner.session, contentKey(input.id, "id", contentKinds), actor),
  }),
  editMutation("renameContent", {
    input: inputs.RenameContentInput,
    description: "Gives something another address, at once. The old one leads to it for ever.",
    example: 'id: "TGVzc29uOjE", slug: "another-address"',
    run: (inner, input, actor) =>
      publication.renameContent(inner.session, contentKey(input.id, "id", contentKinds), input.slug, actor),
  }),
  editMutation("mergeTools", {
    input: inputs.MergeToolsInput,
    description:
      "Makes one tool out of two, at once: one takes the other's place wherever that is named, and its address leads there.",
    example: 'fromId: "VG9vbDox", intoId: "VG9vbDoy"',
    run: (inner, input, actor) =>
      publication.mergeTools(
        inner.session,
        contentKey(input.fromId, "fromId", ["tool"]).id,
        contentKey(input.intoId, "intoId", ["tool"]).id,
        actor,
      ),
  }),
];

const topicMutations = [
  editMutation("reorderTopicTools", {
    input: inputs.ReorderTopicToolsInput,
    description: "Saves a revision of a topic with its tools in another order.",
    example: 'topicId: "VG9waWM6MQ", expectedVersion: 1, toolIds: []',
    run: async (inner, input) => {
      const slugs = await slugsInOrder(inner, "tool", input.toolIds, "toolIds");
      return editTopic(inner, input, "reorderTopicTools", content => ({
        ...content,
        tools: reordered(content.tools, ({ tool }) => tool, slugs, "toolIds"),
      }));
    },
  }),
  editMutation("reorderTopicSections", {
    input: inputs.ReorderTopicSectionsInput,
    description: "Saves a revision of a topic with its sections in another order.",
    example: 'topicId: "VG9waWM6MQ", expectedVersion: 1, anchors: ["overview"]',
    run: (inner, input) =>
      editTopic(inner, input, "reorderTopicSections", content => ({
        ...content,
        sections: reordered(content.sections, ({ anchor = "" }) => anchor, input.anchors, "anchors"),
      })),
  }),
  editMutation("addTopicTool", {
    input: inputs.AddTopicToolInput,
    description: "Saves a revision of a topic that shows one more tool.",
    example: 'topicId: "VG9waWM6MQ", expectedVersion: 1, toolId: "VG9vbDox", blurb: "Why it matters here."',
    run: async (inner, input) => {
      const [tool = ""] = await slugsInOrder(inner, "tool", [input.toolId], "toolId");
      return editTopic(inner, input, "addTopicTool", content => {
        const tools = [...content.tools];
        const entry = { tool, blurb: input.blurb, ...(input.isFeatured ? { featured: true } : {}) };
        tools.splice((input.rank ?? tools.length + 1) - 1, 0, entry);
        return { ...content, tools };
      });
    },
  }),
  editMutation("removeTopicTool", {
    input: inputs.RemoveTopicToolInput,
    description: "Saves a revision of a topic that shows a tool no longer.",
    example: 'topicId: "VG9waWM6MQ", expectedVersion: 1, toolId: "VG9vbDox"',
    run: async (inner, input) => {
      const [slug] = await slugsInOrder(inner, "tool", [input.toolId], "toolId");
      return editTopic(inner, input, "removeTopicTool", content => {
        const tools = content.tools.filter(({ tool }) => tool !== slug);
        if (tools.length === content.tools.length) throw expected("NOT_FOUND", "The topic does not show it.", "toolId");
        return { ...content, tools };
      });
    },
  }),
];

const otherMutations = [
  editMutation("reorderModuleLessons", {
    input: inputs.ReorderModuleLessonsInput,
    description: "Saves a revision of a module with its lessons in another order.",
    example: 'moduleId: "TW9kdWxlOjE", expectedVersion: 1, lessonIds: []',
    run: async (inner, input) => {
      const slugs = await slugsInOrder(inner, "lesson", input.lessonIds, "lessonIds");
      const content = contentKey(input.moduleId, "moduleId", ["module"]);
      return saveDraft(
        inner,
        { content, ...versionOf(input), action: "reorderModuleLessons", at: null },
        withContent<"module">(module => ({
          ...module,
          lessons: reordered(module.lessons, slug => slug, slugs, "lessonIds"),
        })),
      );
    },
  }),
  editMutation("setFact", {
    input: inputs.SetFactInput,
    description: "Saves a revision of a tool or a topic with one fact more, or another one under the same key.",
    example:
      'subjectId: "VG9vbDox", expectedVersion: 1, fact: { key: "users", kind: USERS, statement: "A million people use it.", value: "1000000", comparison: AT_LEAST, unit: "users", asOf: "2026-06-24", source: { name: "The vendor" } }',
    run: (inner, input) =>
      editFacts(inner, input, "setFact", facts => {
        const fact = plain(input.fact) as Fact;
        const at = facts.findIndex(({ key }) => key === fact.key);
        return at === -1 ? [...facts, fact] : facts.with(at, fact);
      }),
  }),
  editMutation("removeFact", {
    input: inputs.RemoveFactInput,
    description: "Saves a revision of a tool or a topic without one of its facts.",
    example: 'subjectId: "VG9vbDox", expectedVersion: 1, key: "users"',
    run: (inner, input) =>
      editFacts(inner, input, "removeFact", facts => {
        const left = facts.filter(({ key }) => key !== input.key);
        if (left.length === facts.length) throw expected("NOT_FOUND", "There is no such fact.", "key");
        return left;
      }),
  }),
];

export const editResolvers: readonly (new () => object)[] = [
  ...createMutations,
  ...updateMutations,
  ...reviewMutations,
  ...contentMutations,
  ...topicMutations,
  ...otherMutations,
];

type Fact = NonNullable<SourceOf["tool"]["facts"]>[number];

const versionOf = ({ expectedVersion, note }: { expectedVersion: number; note: string }) => ({ expectedVersion, note });

const withContent =
  <Kind extends ContentKind>(change: (content: SourceOf[Kind]) => SourceOf[Kind]): ((source: Source) => Source) =>
  source =>
    ({ ...source, content: change(source.content as SourceOf[Kind]) }) as Source;

function editTopic(
  inner: RequestContext,
  input: { topicId: string; expectedVersion: number; note: string },
  action: string,
  change: (content: SourceOf["topic"]) => SourceOf["topic"],
) {
  const edit: Edit = {
    ...{ content: contentKey(input.topicId, "topicId", ["topic"]), action, at: null },
    ...versionOf(input),
  };
  return saveDraft(inner, edit, withContent<"topic">(change));
}

function editFacts(
  inner: RequestContext,
  input: { subjectId: string; expectedVersion: number; note: string },
  action: string,
  change: (facts: readonly Fact[]) => Fact[],
) {
  const content = contentKey(input.subjectId, "subjectId", ["tool", "topic"]);
  return saveDraft(
    inner,
    { content, ...versionOf(input), action, at: action === "setFact" ? ["input"] : null },
    withContent<"tool">(subject => ({ ...subject, facts: change(subject.facts ?? []) })),
  );
}

/** @throws ExpectedFailure NOT_FOUND for an id of nothing that is live */
async function slugsInOrder(
  { session }: RequestContext,
  kind: ContentKind,
  ids: readonly string[],
  field: string,
): Promise<string[]> {
  const keys = ids.map(id => integerKey(decodeNodeId(id, `input.${field}`), typeOf(kind)));
  const slugs = await slugsOf(
    session,
    kind,
    keys.filter(key => key !== null),
  );
  return keys.map(key => {
    const slug = key === null ? undefined : slugs.get(key);
    if (slug === undefined) throw expected("NOT_FOUND", `There is no such ${kind}.`, field);
    return slug;
  });
}

/** @throws ExpectedFailure INVALID unless `order` names each item once */
function reordered<Item>(
  items: readonly Item[],
  keyOf: (item: Item) => string,
  order: readonly string[],
  field: string,
): Item[] {
  const byKey = new Map(items.map(item => [keyOf(item), item]));
  const result = [...new Set(order)].flatMap(key => byKey.get(key) ?? []);
  if (result.length !== items.length || order.length !== items.length) {
    throw expected("INVALID", `${field} must name each of the ${items.length} there are, once.`, field);
  }
  return result;
}
