// All that the server needs of this module.
import type { DomainModule } from "../../graphql/domain-module";
import { integerNode } from "../../graphql/node-reader";
import { FactResolver, ToolPlanResolver, ToolResolver } from "./tool.resolver";
import { factEntity, planEntity, toolEntity } from "./tool.rows";
import { SectionToolFields, TopicToolEdgeResolver, TopicToolFields } from "./topic.fields";

export const toolModule: DomainModule = {
  resolvers: [ToolResolver, ToolPlanResolver, FactResolver, TopicToolFields, SectionToolFields, TopicToolEdgeResolver],
  nodes: [integerNode(toolEntity), integerNode(planEntity), integerNode(factEntity)],
};
