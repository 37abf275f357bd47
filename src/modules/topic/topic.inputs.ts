// How a client names one topic.
import { InputType } from "type-graphql";
import { IdOrSlug } from "../../graphql/lookup";

@InputType("TopicBy", { description: "Names one topic: exactly one of the fields." })
export class TopicBy extends IdOrSlug {}
