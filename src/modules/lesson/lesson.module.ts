// All that the server needs of this module.
import type { DomainModule } from "../../graphql/domain-module";
import { integerNode } from "../../graphql/node-reader";
import { LessonResolver } from "./lesson.resolver";
import { lessonEntity, moduleEntity } from "./lesson.rows";
import { ModuleResolver } from "./module.resolver";
import { ToolLessonFields } from "./tool.fields";
import { TopicLessonFields } from "./topic.fields";

export const lessonModule: DomainModule = {
  resolvers: [LessonResolver, ModuleResolver, TopicLessonFields, ToolLessonFields],
  nodes: [integerNode(lessonEntity), integerNode(moduleEntity)],
};
