// Rows for tests: each function makes one valid thing, with what the test cares about given.
import type { Database } from "../../src/db/database";
import type { Prisma } from "../../src/generated/prisma/client";
import { LessonAccess, LessonKind, Level, Role, TopicCategory, ToolCategory, PricingModel } from "../../src/generated/prisma/enums";

let counter = 0;
const next = (): number => ++counter;
const day = new Date("2026-06-24T00:00:00Z");

export function createTopic(database: Database, given: Partial<Prisma.TopicUncheckedCreateInput> = {}) {
  const n = next();
  return database.models.topic.create({
    data: {
      slug: `topic-${n}`,
      title: `Topic ${n}`,
      emoji: "📘",
      summary: `Summary of topic ${n}.`,
      category: TopicCategory.DATA,
      position: n,
      updatedOn: day,
      seoTitle: `Topic ${n}`,
      seoDescription: `About topic ${n}.`,
      ...given,
    },
  });
}

export function createTool(database: Database, given: Partial<Prisma.ToolUncheckedCreateInput> = {}) {
  const n = next();
  return database.models.tool.create({
    data: {
      slug: `tool-${n}`,
      name: `Tool ${n}`,
      vendor: "Vendor",
      category: ToolCategory.ASSISTANT,
      tagline: `Tagline of tool ${n}.`,
      descriptionMarkdown: `Description *${n}*`,
      descriptionHtml: `<p>Description <em>${n}</em></p>`,
      descriptionText: `Description ${n}`,
      website: "https://example.org",
      pricingModel: PricingModel.FREE,
      ...given,
    },
  });
}

export function createLesson(database: Database, given: Partial<Prisma.LessonUncheckedCreateInput> = {}) {
  const n = next();
  return database.models.lesson.create({
    data: {
      slug: `lesson-${n}`,
      title: `Lesson ${n}`,
      summary: `Summary of lesson ${n}.`,
      kind: LessonKind.LESSON,
      level: Level.BEGINNER,
      durationMinutes: 10,
      access: LessonAccess.PUBLIC,
      updatedOn: day,
      bodyMarkdown: `Body *${n}*`,
      bodyHtml: `<p>Body <em>${n}</em></p>`,
      bodyText: `Body ${n}`,
      ...given,
    },
  });
}

export function createUser(database: Database, given: Partial<Prisma.UserUncheckedCreateInput> = {}) {
  const n = next();
  return database.models.user.create({
    data: { email: `User${n}@example.org`, emailKey: `user${n}@example.org`, displayName: `User ${n}`, role: Role.LEARNER, ...given },
  });
}
