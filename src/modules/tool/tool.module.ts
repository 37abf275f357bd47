// All that the server needs of this module.
import type { DomainModule } from "../../graphql/domain-module";
import { integerNode } from "../../graphql/node-reader";
import { ToolComparisonResolver } from "./tool-comparison.resolver";
import { FactResolver, ToolPlanResolver, ToolResolver } from "./tool.resolver";
import { factEntity, planEntity, toolEntity } from "./tool.rows";
import { SectionToolFields, TopicToolEdgeResolver, TopicToolFields, ToolTopicEdgeResolver } from "./topic.fields";

export const toolModule: DomainModule = {
  resolvers: [
    ToolResolver,
    ToolPlanResolver,
    FactResolver,
    ToolComparisonResolver,
    TopicToolFields,
    SectionToolFields,
    TopicToolEdgeResolver,
    ToolTopicEdgeResolver,
  ],
  nodes: [integerNode(toolEntity), integerNode(planEntity), integerNode(factEntity)],
};
