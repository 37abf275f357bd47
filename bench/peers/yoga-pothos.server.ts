// Yoga 5 with Pothos and its Prisma plugin, which makes one Prisma query of an operation; Prisma joins the relations of it in one statement.
import { createServer } from "node:http";
import SchemaBuilder from "@pothos/core";
import PrismaPlugin from "@pothos/plugin-prisma";
import { PrismaPg } from "@prisma/adapter-pg";
import { createYoga } from "graphql-yoga";
import type PrismaTypes from "../generated/pothos-types";
import { getDatamodel } from "../generated/pothos-types";
import { Level, PrismaClient } from "../generated/prisma/client";

const prisma = new PrismaClient({
  adapter: new PrismaPg({ connectionString: process.env.DATABASE_URL, max: Number(process.env.POOL_SIZE) }),
});
const builder = new SchemaBuilder<{ PrismaTypes: PrismaTypes }>({
  plugins: [PrismaPlugin],
  prisma: { client: prisma, dmmf: getDatamodel() },
});

const LevelEnum = builder.enumType(Level, { name: "Level" });

builder.prismaObject("TopicSection", {
  select: { id: true },
  fields: t => ({ heading: t.exposeString("heading"), bodyMarkdown: t.exposeString("bodyMarkdown") }),
});

builder.prismaObject("Tool", {
  select: { id: true },
  fields: t => ({
    slug: t.exposeString("slug"),
    name: t.exposeString("name"),
    vendor: t.exposeString("vendor"),
    descriptionMarkdown: t.exposeString("descriptionMarkdown"),
  }),
});

builder.prismaObject("TopicTool", {
  select: { topicId: true, toolId: true },
  fields: t => ({ rank: t.exposeInt("rank"), blurb: t.exposeString("blurb"), tool: t.relation("tool") }),
});

builder.prismaObject("Lesson", {
  select: { id: true },
  fields: t => ({
    slug: t.exposeString("slug"),
    title: t.exposeString("title"),
    level: t.expose("level", { type: LevelEnum }),
    durationMinutes: t.exposeInt("durationMinutes"),
  }),
});

builder.prismaObject("LessonTopic", {
  select: { lessonId: true, topicId: true },
  fields: t => ({ position: t.exposeInt("position"), lesson: t.relation("lesson") }),
});

builder.prismaObject("Topic", {
  select: { id: true },
  fields: t => ({
    id: t.exposeInt("id"),
    slug: t.exposeString("slug"),
    title: t.exposeString("title"),
    emoji: t.exposeString("emoji"),
    summary: t.exposeString("summary"),
    updatedOn: t.string({
      select: { updatedOn: true },
      resolve: topic => topic.updatedOn.toISOString().slice(0, 10),
    }),
    sections: t.relation("sections", { query: { orderBy: { position: "asc" } } }),
    tools: t.relation("tools", { query: { orderBy: { rank: "asc" } } }),
    lessons: t.relation("lessons", {
      args: { first: t.arg.int({ required: true }) },
      query: ({ first }) => ({ take: first, orderBy: [{ position: "asc" }, { lessonId: "asc" }] }),
    }),
  }),
});

builder.queryType({
  fields: t => ({
    topic: t.prismaField({
      type: "Topic",
      nullable: true,
      args: { slug: t.arg.string({ required: true }) },
      resolve: (query, _root, { slug }) => prisma.topic.findUnique({ ...query, where: { slug } }),
    }),
    topics: t.prismaField({
      type: ["Topic"],
      args: { first: t.arg.int({ required: true }) },
      resolve: (query, _root, { first }) =>
        prisma.topic.findMany({ ...query, orderBy: [{ position: "asc" }, { id: "asc" }], take: first }),
    }),
  }),
});

const yoga = createYoga({ schema: builder.toSchema(), logging: false, graphiql: false });
createServer(yoga).listen(Number(process.env.PORT), "127.0.0.1");
