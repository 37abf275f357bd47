// All that the server needs of this module.
import type { DomainModule } from "../../graphql/domain-module";
import { TopicCategoryGroupResolver, TopicResolver, TopicSectionResolver } from "./topic.resolver";
import { sectionEntity, topicEntity } from "./topic.rows";
import { integerNode } from "../../graphql/node-reader";

export const topicModule: DomainModule = {
  resolvers: [TopicResolver, TopicCategoryGroupResolver, TopicSectionResolver],
  nodes: [integerNode(topicEntity), integerNode(sectionEntity)],
};
