// Rows for tests: each function makes one valid thing, with what the test cares about given.
import type { DatabaseSession } from "../../src/db/database";
import type { Prisma } from "../../src/generated/prisma/client";
import {
  FactKind,
  LessonAccess,
  LessonKind,
  Level,
  PlanUnit,
  PricingModel,
  Role,
  SectionKind,
  ToolCategory,
  TopicCategory,
} from "../../src/generated/prisma/enums";

let counter = 0;
const next = (): number => ++counter;
const day = new Date("2026-06-24T00:00:00Z");

export function createTopic(database: DatabaseSession, given: Partial<Prisma.TopicUncheckedCreateInput> = {}) {
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

export function createTool(database: DatabaseSession, given: Partial<Prisma.ToolUncheckedCreateInput> = {}) {
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

export function createLesson(database: DatabaseSession, given: Partial<Prisma.LessonUncheckedCreateInput> = {}) {
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

export function createUser(database: DatabaseSession, given: Partial<Prisma.UserUncheckedCreateInput> = {}) {
  const n = next();
  return database.models.user.create({
    data: {
      email: `User${n}@example.org`,
      emailKey: `user${n}@example.org`,
      displayName: `User ${n}`,
      role: Role.LEARNER,
      ...given,
    },
  });
}

export function createCallToAction(
  database: DatabaseSession,
  given: Partial<Prisma.CallToActionUncheckedCreateInput> & { topicId: number },
) {
  const n = next();
  return database.models.callToAction.create({
    data: {
      headline: `Headline ${n}`,
      body: `Body of the invitation ${n}.`,
      buttonLabel: "Start",
      href: "/sign-up",
      finePrint: "Free",
      ...given,
    },
  });
}

export function createSection(
  database: DatabaseSession,
  given: Partial<Prisma.TopicSectionUncheckedCreateInput> & { topicId: number; position: number },
) {
  const n = next();
  return database.models.topicSection.create({
    data: {
      kind: SectionKind.CUSTOM,
      emoji: "📘",
      heading: `Section ${n}`,
      anchor: `section-${n}`,
      bodyMarkdown: `Section *${n}*`,
      bodyHtml: `<p>Section <em>${n}</em></p>`,
      bodyText: `Section ${n}`,
      ...given,
    },
  });
}

export function createPlan(
  database: DatabaseSession,
  given: Partial<Prisma.ToolPlanUncheckedCreateInput> & { toolId: number; position: number },
) {
  const n = next();
  return database.models.toolPlan.create({
    data: {
      name: `Plan ${n}`,
      amount: "20",
      currency: "USD",
      unit: PlanUnit.MONTH,
      asOf: day,
      sourceName: `Price page ${n}`,
      ...given,
    },
  });
}

/** Of a tool or of a topic: exactly one of `toolId` and `topicId` must be given. */
export function createFact(
  database: DatabaseSession,
  given: Partial<Prisma.FactUncheckedCreateInput> & { position: number } & ({ toolId: number } | { topicId: number }),
) {
  const n = next();
  return database.models.fact.create({
    data: {
      key: `fact-${n}`,
      kind: FactKind.CAPABILITY,
      statement: `Statement ${n}.`,
      asOf: day,
      sourceName: `Page ${n}`,
      ...given,
    },
  });
}

export function createModule(
  database: DatabaseSession,
  given: Partial<Prisma.ModuleUncheckedCreateInput> & { topicId: number; position: number },
) {
  const n = next();
  return database.models.module.create({
    data: {
      slug: `module-${n}`,
      title: `Module ${n}`,
      summary: `Summary of module ${n}.`,
      level: Level.BEGINNER,
      ...given,
    },
  });
}
