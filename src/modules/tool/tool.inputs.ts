// How a client names one tool.
import { InputType } from "type-graphql";
import { IdOrSlug } from "../../graphql/lookup";

@InputType("ToolBy", { description: "Names one tool: exactly one of the fields." })
export class ToolBy extends IdOrSlug {}
