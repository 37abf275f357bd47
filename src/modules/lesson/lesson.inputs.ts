// How a client names one lesson or one module.
import { InputType } from "type-graphql";
import { IdOrSlug } from "../../graphql/lookup";

@InputType("LessonBy", { description: "Names one lesson: exactly one of the fields." })
export class LessonBy extends IdOrSlug {}

@InputType("ModuleBy", { description: "Names one module: exactly one of the fields." })
export class ModuleBy extends IdOrSlug {}
