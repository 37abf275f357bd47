// What learngraph's own stack is when written as its tutorials do: Apollo Server, TypeGraphQL, Prisma, and DataLoaders made for each request.
import "reflect-metadata";
import { ApolloServer } from "@apollo/server";
import { startStandaloneServer } from "@apollo/server/standalone";
import { PrismaPg } from "@prisma/adapter-pg";
import DataLoader from "dataloader";
import {
  Arg,
  buildSchema,
  Ctx,
  Field,
  FieldResolver,
  Int,
  ObjectType,
  Query,
  registerEnumType,
  Resolver,
  Root,
} from "type-graphql";
import { Level, PrismaClient } from "../generated/prisma/client";

const prisma = new PrismaClient({
  adapter: new PrismaPg({ connectionString: process.env.DATABASE_URL, max: Number(process.env.POOL_SIZE) }),
});

registerEnumType(Level, { name: "Level" });

@ObjectType()
class TopicSection {
  @Field(() => String) heading!: string;
  @Field(() => String) bodyMarkdown!: string;
}

@ObjectType()
class Tool {
  @Field(() => String) slug!: string;
  @Field(() => String) name!: string;
  @Field(() => String) vendor!: string;
  @Field(() => String) descriptionMarkdown!: string;
}

@ObjectType()
class TopicTool {
  topicId!: number;
  toolId!: number;
  @Field(() => Int) rank!: number;
  @Field(() => String) blurb!: string;
}

@ObjectType()
class Lesson {
  @Field(() => String) slug!: string;
  @Field(() => String) title!: string;
  @Field(() => Level) level!: Level;
  @Field(() => Int) durationMinutes!: number;
}

@ObjectType()
class Topic {
  @Field(() => Int) id!: number;
  @Field(() => String) slug!: string;
  @Field(() => String) title!: string;
  @Field(() => String) emoji!: string;
  @Field(() => String) summary!: string;
  updatedOn!: Date;
}

interface Context {
  loaders: ReturnType<typeof makeLoaders>;
}

function makeLoaders() {
  return {
    sections: new DataLoader(async (topicIds: readonly number[]) => {
      const where = { topicId: { in: [...topicIds] } };
      return grouped(topicIds, await prisma.topicSection.findMany({ where, orderBy: { position: "asc" } }));
    }),
    tools: new DataLoader(async (topicIds: readonly number[]) => {
      const where = { topicId: { in: [...topicIds] } };
      return grouped(topicIds, await prisma.topicTool.findMany({ where, orderBy: { rank: "asc" } }));
    }),
    lessons: new DataLoader(async (topicIds: readonly number[]) => {
      const places = await prisma.lessonTopic.findMany({
        where: { topicId: { in: [...topicIds] } },
        orderBy: [{ position: "asc" }, { lessonId: "asc" }],
        include: { lesson: true },
      });
      return grouped(topicIds, places).map(group => group.map(({ lesson }) => lesson));
    }),
    tool: new DataLoader(async (ids: readonly number[]) => {
      const rows = await prisma.tool.findMany({ where: { id: { in: [...ids] } } });
      const tools = new Map(rows.map(row => [row.id, row]));
      return ids.map(id => tools.get(id) ?? new Error(`There is no tool ${id}.`));
    }),
  };
}

function grouped<Row extends { topicId: number }>(topicIds: readonly number[], rows: readonly Row[]): Row[][] {
  const groups = new Map<number, Row[]>(topicIds.map(id => [id, []]));
  for (const row of rows) groups.get(row.topicId)?.push(row);
  return topicIds.map(id => groups.get(id) ?? []);
}

@Resolver(() => Topic)
class TopicResolver {
  @Query(() => Topic, { nullable: true })
  topic(@Arg("slug", () => String) slug: string) {
    return prisma.topic.findUnique({ where: { slug } });
  }

  @Query(() => [Topic])
  topics(@Arg("first", () => Int) first: number) {
    return prisma.topic.findMany({ orderBy: [{ position: "asc" }, { id: "asc" }], take: first });
  }

  @FieldResolver(() => String)
  updatedOn(@Root() topic: Topic) {
    return topic.updatedOn.toISOString().slice(0, 10);
  }

  @FieldResolver(() => [TopicSection])
  sections(@Root() topic: Topic, @Ctx() { loaders }: Context) {
    return loaders.sections.load(topic.id);
  }

  @FieldResolver(() => [TopicTool])
  tools(@Root() topic: Topic, @Ctx() { loaders }: Context) {
    return loaders.tools.load(topic.id);
  }

  @FieldResolver(() => [Lesson])
  async lessons(@Root() topic: Topic, @Arg("first", () => Int) first: number, @Ctx() { loaders }: Context) {
    return (await loaders.lessons.load(topic.id)).slice(0, first);
  }
}

@Resolver(() => TopicTool)
class TopicToolResolver {
  @FieldResolver(() => Tool)
  tool(@Root() place: TopicTool, @Ctx() { loaders }: Context) {
    return loaders.tool.load(place.toolId);
  }
}

const schema = await buildSchema({ resolvers: [TopicResolver, TopicToolResolver] });
await startStandaloneServer(new ApolloServer<Context>({ schema }), {
  listen: { port: Number(process.env.PORT), host: "127.0.0.1" },
  context: async () => ({ loaders: makeLoaders() }),
});
