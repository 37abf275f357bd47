// The mutations of learning, for viewers and for guests with a token, and what their payloads show.
import { Arg, Ctx, FieldResolver, Info, Mutation, Resolver, Root } from "type-graphql";
import type { GraphQLResolveInfo } from "graphql";
import { RequireAccess } from "../../graphql/access";
import { find } from "../../graphql/lookup";
import { mutate } from "../../graphql/mutation";
import { decodeNodeId, integerKey } from "../../graphql/node-id";
import type { RequestContext } from "../../request/context";
import { lessonEntity } from "../lesson/lesson.rows";
import { Lesson } from "../lesson/lesson.type";
import { readTarget } from "./bookmark.target";
import * as inputs from "./learning.inputs";
import { bookmarkKinds, type BookmarkKind } from "./learning.rows";
import * as learning from "./learning.service";
import * as types from "./learning.type";

const example = (name: string) =>
  `\n\nExample: \`mutation { ${name}(input: { lessonId: "TGVzc29uOjE" }) { lesson { progress { state } } userErrors { code message } } }\``;

@Resolver()
export class LearningResolver {
  @RequireAccess("PUBLIC")
  @Mutation(() => types.StartLessonPayload, {
    description: `Begins a lesson; one that is begun or completed stays as it is.${example("startLesson")}`,
  })
  startLesson(
    @Arg("input", () => inputs.StartLessonInput, { description: "The lesson." }) input: inputs.StartLessonInput,
    @Ctx() ctx: RequestContext,
  ) {
    return mutate(ctx, input, async inner => ({
      lesson: await learning.startLesson(inner, lessonKey(input.lessonId)),
    }));
  }

  @RequireAccess("PUBLIC")
  @Mutation(() => types.CompleteLessonPayload, {
    description: `Completes a lesson, begun or not; one that is completed stays so since the first time.${example("completeLesson")}`,
  })
  completeLesson(
    @Arg("input", () => inputs.CompleteLessonInput, { description: "The lesson." }) input: inputs.CompleteLessonInput,
    @Ctx() ctx: RequestContext,
  ) {
    return mutate(ctx, input, async inner => ({
      lesson: await learning.completeLesson(inner, lessonKey(input.lessonId)),
    }));
  }

  @RequireAccess("PUBLIC")
  @Mutation(() => types.ResetLessonPayload, {
    description: `Forgets the progress with a lesson.${example("resetLesson")}`,
  })
  resetLesson(
    @Arg("input", () => inputs.ResetLessonInput, { description: "The lesson." }) input: inputs.ResetLessonInput,
    @Ctx() ctx: RequestContext,
  ) {
    return mutate(ctx, input, async inner => ({
      lesson: await learning.resetLesson(inner, lessonKey(input.lessonId)),
    }));
  }

  @RequireAccess("PUBLIC")
  @Mutation(() => types.SetBookmarkPayload, {
    description: `Sets or removes the bookmark of a lesson, a topic or a tool; at most ${learning.maxBookmarks} in all.\n\nExample: \`mutation { setBookmark(input: { targetId: "VG9vbDox", isBookmarked: true }) { target { ... on Tool { name isBookmarked } } userErrors { code message } } }\``,
  })
  setBookmark(
    @Arg("input", () => inputs.SetBookmarkInput, { description: "What, and whether." }) input: inputs.SetBookmarkInput,
    @Ctx() ctx: RequestContext,
  ) {
    const id = decodeNodeId(input.targetId, "input.targetId");
    const key = id.type in bookmarkKinds ? integerKey(id, id.type) : null;
    const target = key === null ? null : { kind: id.type as BookmarkKind, id: key };
    return mutate(ctx, input, async inner => ({
      target: await learning.setBookmark(inner, target, input.isBookmarked),
    }));
  }
}

const lessonKey = (id: string) => integerKey(decodeNodeId(id, "input.lessonId"), "Lesson");

interface WithLesson {
  lesson?: number;
}

function lessonOf({ lesson }: WithLesson, ctx: RequestContext, info: GraphQLResolveInfo) {
  return find(lessonEntity, "id", lesson ?? null, ctx, info);
}

const lessonField = { nullable: true, description: "The lesson as it is now; null when nothing was done." } as const;

@Resolver(() => types.StartLessonPayload)
export class StartLessonPayloadResolver {
  @FieldResolver(() => Lesson, lessonField)
  lesson(@Root() payload: WithLesson, @Ctx() ctx: RequestContext, @Info() info: GraphQLResolveInfo) {
    return lessonOf(payload, ctx, info);
  }
}

@Resolver(() => types.CompleteLessonPayload)
export class CompleteLessonPayloadResolver {
  @FieldResolver(() => Lesson, lessonField)
  lesson(@Root() payload: WithLesson, @Ctx() ctx: RequestContext, @Info() info: GraphQLResolveInfo) {
    return lessonOf(payload, ctx, info);
  }
}

@Resolver(() => types.ResetLessonPayload)
export class ResetLessonPayloadResolver {
  @FieldResolver(() => Lesson, lessonField)
  lesson(@Root() payload: WithLesson, @Ctx() ctx: RequestContext, @Info() info: GraphQLResolveInfo) {
    return lessonOf(payload, ctx, info);
  }
}

@Resolver(() => types.SetBookmarkPayload)
export class SetBookmarkPayloadResolver {
  @FieldResolver(() => types.BookmarkTarget, {
    nullable: true,
    description: "What the bookmark is of, as it is now; null when nothing was done.",
  })
  target(
    @Root() { target }: { target?: learning.BookmarkTargetKey },
    @Ctx() ctx: RequestContext,
    @Info() info: GraphQLResolveInfo,
  ) {
    return target ? readTarget(ctx, target, info) : null;
  }
}
