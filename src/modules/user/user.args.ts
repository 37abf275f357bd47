// What users can be filtered by; for admins.
import { ArgsType, Field } from "type-graphql";
import { choice, defineFilter, key } from "../../graphql/filter";
import type { FilterInput } from "../../request/filter";
import { PageArgs } from "../../graphql/page.args";
import { Role } from "./user.enums";

export const userFilter = defineFilter("User", "app_user", "users", {
  email: key("email_key", "The email address, in lower case."),
  role: choice("role", { values: Role, name: "Role", type: "role" }, "What the user may do."),
});

@ArgsType()
export class UserListArgs extends PageArgs {
  @Field(() => userFilter.input, { nullable: true, description: "Only users that fit." })
  readonly filter?: FilterInput | null;
}
