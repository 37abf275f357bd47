// Queries of editors, and what starts from a revision.
import { Arg, Args, Ctx, FieldResolver, ID, Info, Query, Resolver, Root } from "type-graphql";
import { mostFindings } from "../../content/health/health.check";
import { Cost, ListSize } from "../../graphql/cost";
import type { GraphQLResolveInfo } from "graphql";
import { RequireAccess } from "../../graphql/access";
import { connect } from "../../graphql/connection";
import { find } from "../../graphql/lookup";
import { decodeNodeId, integerKey } from "../../graphql/node-id";
import type { RequestContext } from "../../request/context";
import { DateTimeScalar } from "../../graphql/scalars";
import { RevisionComparison } from "./comparison.type";
import { compareRevisions } from "./comparison.service";
import { ContentKind } from "./editorial.enums";
import { HealthFinding } from "./health.type";
import { readContent, previewRevision } from "./preview";
import { RevisionListArgs } from "./revision.args";
import { revisionEntity, revisions, type RevisionRow } from "./revision.rows";
import { contentHealth, fileOfRevision } from "./revision.service";
import { Content, Revision, RevisionConnection } from "./revision.type";

@Resolver(() => Revision)
export class RevisionResolver {
  @RequireAccess("EDITOR")
  @Query(() => Revision, {
    nullable: true,
    description:
      'One revision, or null when there is none.\n\nExample: `{ revision(id: "UmV2aXNpb246MQ") { number state authorName preview { ... on Topic { title } ... on Tool { name } } } }`',
  })
  revision(
    @Arg("id", () => ID, { description: "The revision." }) id: string,
    @Ctx() ctx: RequestContext,
    @Info() info: GraphQLResolveInfo,
  ) {
    return find(revisionEntity, "id", integerKey(decodeNodeId(id), "Revision"), ctx, info);
  }

  @RequireAccess("EDITOR")
  @Query(() => RevisionConnection, {
    description:
      "Revisions of all content, the newest first unless told.\n\nExample: `{ revisions(first: 10, filter: { kind: { eq: TOPIC }, state: { in: [DRAFT, IN_REVIEW] } }) { nodes { id slug number state authorName note } } }`",
  })
  revisions(
    @Args(() => RevisionListArgs) args: RevisionListArgs,
    @Ctx() ctx: RequestContext,
    @Info() info: GraphQLResolveInfo,
  ) {
    return connect(revisions, null, args, ctx, info);
  }

  @RequireAccess("EDITOR")
  @Cost(10)
  @Query(() => RevisionComparison, {
    nullable: true,
    description:
      'In what two revisions of the same content differ, by field, with the words of changed texts; null when one of them does not exist.\n\nExample: `{ compareRevisions(a: "UmV2aXNpb246MQ", b: "UmV2aXNpb246MQ") { changes { path kind before after words { kind text } } isTruncated } }`',
  })
  compareRevisions(
    @Arg("a", () => ID, { description: "The earlier revision." }) a: string,
    @Arg("b", () => ID, { description: "The later revision." }) b: string,
    @Ctx() ctx: RequestContext,
  ) {
    const key = (id: string, argument: string) => integerKey(decodeNodeId(id, argument), "Revision");
    return compareRevisions(ctx, key(a, "a"), key(b, "b"));
  }

  @RequireAccess("EDITOR")
  @ListSize(mostFindings)
  @Query(() => [HealthFinding], {
    description:
      'What an editor should mend about something that is live, or about a revision, the worst first; at most 200; none for what does not exist.\n\nExample: `{ contentHealth(id: "VG9vbDox") { severity rule path line message remedy } }`',
  })
  contentHealth(
    @Arg("id", () => ID, { description: "A topic, a tool, a module, a lesson or a revision." }) id: string,
    @Ctx() ctx: RequestContext,
  ) {
    return contentHealth(ctx, decodeNodeId(id));
  }

  @FieldResolver(() => ContentKind, { description: "What it is a version of." })
  kind(@Root() revision: RevisionRow) {
    return revision.entity;
  }

  @FieldResolver(() => Content, {
    nullable: true,
    description: "What it is a version of, as readers see it now; null when that is not published.",
  })
  content(@Root() revision: RevisionRow, @Ctx() ctx: RequestContext, @Info() info: GraphQLResolveInfo) {
    return readContent(ctx, revision, info);
  }

  @Cost(10)
  @FieldResolver(() => Content, {
    nullable: true,
    description:
      "What readers would see if it were published now, with everything around it as it would be then. Asked for alone, as `revision(id: …) { preview { … } }` without other root fields. Null when the content breaks a rule.",
  })
  preview(@Root() revision: RevisionRow, @Ctx() ctx: RequestContext, @Info() info: GraphQLResolveInfo) {
    return previewRevision(ctx, revision, info);
  }

  @FieldResolver(() => String, {
    description: "All that it says, in the form of its content file: Markdown with YAML front matter.",
  })
  file(@Root() revision: RevisionRow, @Ctx() ctx: RequestContext) {
    return fileOfRevision.load(ctx, revision.id);
  }

  @FieldResolver(() => DateTimeScalar, {
    nullable: true,
    description: "When it will be published, or was to be; null when it was never scheduled.",
  })
  scheduledAt(@Root() revision: RevisionRow) {
    return revision.scheduledFor;
  }
}
