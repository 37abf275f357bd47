// What the mutations of accounts take, and the rules of each field.
import { IsEmail, IsIn, IsOptional, IsTimeZone, Length, Matches, MaxLength, ValidateNested } from "class-validator";
import { Field, ID, InputType } from "type-graphql";
import { MutationInput } from "../../graphql/argument-validation";
import { defineEnum } from "../../graphql/enums";
import { ColorScheme, Level, Role } from "../user/user.enums";

export const TokenDelivery = { RESPONSE: "RESPONSE", COOKIE: "COOKIE" } as const;
export type TokenDelivery = keyof typeof TokenDelivery;

defineEnum(TokenDelivery, "TokenDelivery", "How tokens reach the client.", {
  RESPONSE: "In the answer, for clients that keep them safe themselves and send them as `Authorization: Bearer …`.",
  COOKIE: "In cookies that scripts cannot read, for browsers: they are sent by themselves, and only to their own site.",
});

const email = { message: "email must be an email address of at most 254 characters." };
const displayName = { message: "displayName must have 1 to 80 characters on one line, and not only blanks." };
/** Mails greet with the name, also those that somebody else caused: it must not make a text of its own. */
const oneLine = /^(?=.*\S)[^\p{Cc}\p{Zl}\p{Zp}]{1,80}$/u;
const timeZone = { message: "timeZone must be a name of the IANA database, such as Europe/Berlin." };
/** Node knows abbreviations too, of which PostgreSQL takes some for another zone (IST) and refuses others (AET). */
const zoneName =
  /^(UTC|GMT|(Africa|America|Antarctica|Arctic|Asia|Atlantic|Australia|Etc|Europe|Indian|Pacific)\/.+)$/i;
/** How long a password may be is decided where it is judged; this only bounds the work. */
const password = (name: string) => ({ message: `${name} must be at most 1000 characters long.` });
const token = { message: "token must have 1 to 200 characters." };
const passwordRule =
  "10 to 128 characters; not a common one, and not made of the email address or the name. Anything else is allowed.";

@InputType("SignUpInput", { description: "A new account." })
export class SignUpInput extends MutationInput {
  @IsEmail({}, email)
  @MaxLength(254, email)
  @Field(() => String, { description: "The email address; its case does not matter." })
  readonly email!: string;

  @MaxLength(1000, password("password"))
  @Field(() => String, { description: `The password: ${passwordRule}` })
  readonly password!: string;

  @Matches(oneLine, displayName)
  @Field(() => String, { description: "The name to show; 1 to 80 characters." })
  readonly displayName!: string;

  @IsOptional()
  @IsTimeZone(timeZone)
  @Matches(zoneName, timeZone)
  @Field(() => String, {
    nullable: true,
    description: "The time zone in which the user's days begin, such as `Europe/Berlin`; UTC when left out.",
  })
  readonly timeZone?: string | null;
}

@InputType("SignInInput", { description: "Who signs in." })
export class SignInInput extends MutationInput {
  @MaxLength(254, email)
  @Field(() => String, { description: "The email address; its case does not matter." })
  readonly email!: string;

  @MaxLength(1000, password("password"))
  @Field(() => String, { description: "The password." })
  readonly password!: string;

  @Field(() => TokenDelivery, { defaultValue: TokenDelivery.RESPONSE, description: "How the tokens come back." })
  readonly delivery!: TokenDelivery;
}

@InputType("RefreshSessionInput", { description: "What to go on with." })
export class RefreshSessionInput extends MutationInput {
  @IsOptional()
  @Length(1, 200, { message: "refreshToken must have 1 to 200 characters." })
  @Field(() => String, {
    nullable: true,
    description:
      "The refresh token of the last answer; left out where it is in a cookie, and the answer's is then too.",
  })
  readonly refreshToken?: string | null;
}

@InputType("VerifyEmailInput", { description: "What the mail says." })
export class VerifyEmailInput extends MutationInput {
  @Length(1, 200, token)
  @Field(() => String, { description: "The token in the mail's link." })
  readonly token!: string;
}

@InputType("RequestPasswordResetInput", { description: "Whose password is lost." })
export class RequestPasswordResetInput extends MutationInput {
  @IsEmail({}, email)
  @MaxLength(254, email)
  @Field(() => String, { description: "The email address of the account." })
  readonly email!: string;
}

@InputType("ResetPasswordInput", { description: "A new password instead of a lost one." })
export class ResetPasswordInput extends MutationInput {
  @Length(1, 200, token)
  @Field(() => String, { description: "The token in the mail's link." })
  readonly token!: string;

  @MaxLength(1000, password("newPassword"))
  @Field(() => String, { description: `The new password: ${passwordRule}` })
  readonly newPassword!: string;
}

@InputType("ChangePasswordInput", { description: "A new password." })
export class ChangePasswordInput extends MutationInput {
  @MaxLength(1000, password("currentPassword"))
  @Field(() => String, { description: "The password so far." })
  readonly currentPassword!: string;

  @MaxLength(1000, password("newPassword"))
  @Field(() => String, { description: `The new password: ${passwordRule}` })
  readonly newPassword!: string;
}

@InputType("ChangeEmailInput", { description: "A new email address." })
export class ChangeEmailInput extends MutationInput {
  @IsEmail({}, email)
  @MaxLength(254, email)
  @Field(() => String, {
    description:
      "The new address. It counts from when the link in the mail to it is followed. The present one gets another link to verify it.",
  })
  readonly email!: string;

  @MaxLength(1000, password("password"))
  @Field(() => String, { description: "The password." })
  readonly password!: string;
}

@InputType("UpdateProfileInput", { description: "What to change; what is null or left out stays." })
export class UpdateProfileInput extends MutationInput {
  @IsOptional()
  @Matches(oneLine, displayName)
  @Field(() => String, { nullable: true, description: "The name to show; 1 to 80 characters." })
  readonly displayName?: string | null;

  @IsOptional()
  @IsTimeZone(timeZone)
  @Matches(zoneName, timeZone)
  @Field(() => String, { nullable: true, description: "The time zone, such as `Europe/Berlin`." })
  readonly timeZone?: string | null;

  @IsOptional()
  @ValidateNested()
  @Field(() => UserPreferencesInput, { nullable: true, description: "What to prefer." })
  readonly preferences?: UserPreferencesInput | null;
}

@InputType("UserPreferencesInput", { description: "What to prefer from now on; what is null or left out stays." })
export class UserPreferencesInput {
  @IsOptional()
  @IsIn(Object.values(Level))
  @Field(() => Level, { nullable: true, description: "Where to begin." })
  readonly level?: Level | null;

  @IsOptional()
  @IsIn(Object.values(ColorScheme))
  @Field(() => ColorScheme, { nullable: true, description: "The colours of the pages." })
  readonly colorScheme?: ColorScheme | null;
}

@InputType("ExportMyDataInput", { description: "Proof that it is the owner who asks." })
export class ExportMyDataInput extends MutationInput {
  @MaxLength(1000, password("password"))
  @Field(() => String, { description: "The password." })
  readonly password!: string;
}

@InputType("DeleteMyAccountInput", { description: "Proof that it is the owner who asks." })
export class DeleteMyAccountInput extends MutationInput {
  @MaxLength(1000, password("password"))
  @Field(() => String, { description: "The password." })
  readonly password!: string;
}

@InputType("SetUserRoleInput", { description: "Who may do what from now on." })
export class SetUserRoleInput extends MutationInput {
  @Field(() => ID, { description: "The user." })
  readonly userId!: string;

  @IsIn(Object.values(Role))
  @Field(() => Role, { description: "The role." })
  readonly role!: Role;
}

@InputType("CreateGuestInput", { description: "How a guest begins." })
export class CreateGuestInput extends MutationInput {
  @Field(() => TokenDelivery, { defaultValue: TokenDelivery.RESPONSE, description: "How the token comes back." })
  readonly delivery!: TokenDelivery;
}
