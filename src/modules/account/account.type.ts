// What the mutations of accounts answer.
import { Field, ObjectType } from "type-graphql";
import { MutationPayload } from "../../graphql/mutation";
import { DateTimeScalar, EmailAddressScalar } from "../../graphql/scalars";
import { User } from "../user/user.type";
import { Viewer } from "./viewer.type";

@ObjectType("SessionTokens", {
  simpleResolvers: true,
  description: "What a client keeps while somebody is signed in. Secrets: never in a log, never in a URL.",
})
export class SessionTokens {
  @Field(() => String, { description: "Goes with each request, as `Authorization: Bearer …`." })
  readonly accessToken!: string;

  @Field(() => DateTimeScalar, { description: "Until when the access token counts: 15 minutes." })
  readonly accessTokenExpiresAt!: string;

  @Field(() => String, { description: "Gives the next tokens, once. Used a second time, it ends the session." })
  readonly refreshToken!: string;

  @Field(() => DateTimeScalar, { description: "Until when the refresh token counts." })
  readonly refreshTokenExpiresAt!: string;
}

@ObjectType("SignUpPayload", {
  simpleResolvers: true,
  description:
    "The same whether there was an account with this address already or not: only the mail tells, to its owner. A new account can sign in at once.",
})
export class SignUpPayload extends MutationPayload {
  @Field(() => EmailAddressScalar, { nullable: true, description: "Where the mail went; null when nothing was done." })
  readonly email!: string | null;
}

@ObjectType("SignInPayload", { simpleResolvers: true, description: "Somebody is signed in." })
export class SignInPayload extends MutationPayload {
  @Field(() => Viewer, {
    nullable: true,
    description:
      "Who is signed in now; fields after this mutation in the same operation are answered for them. Null when nothing was done.",
  })
  readonly viewer!: Viewer | null;

  @Field(() => SessionTokens, { nullable: true, description: "The tokens; null when they went into cookies." })
  readonly tokens!: SessionTokens | null;
}

@ObjectType("RefreshSessionPayload", { simpleResolvers: true, description: "The session goes on." })
export class RefreshSessionPayload extends MutationPayload {
  @Field(() => Viewer, { nullable: true, description: "Who is signed in; null when nothing was done." })
  readonly viewer!: Viewer | null;

  @Field(() => SessionTokens, { nullable: true, description: "The next tokens; null when they went into cookies." })
  readonly tokens!: SessionTokens | null;
}

@ObjectType("SignOutPayload", { simpleResolvers: true, description: "The session has ended, and its tokens with it." })
export class SignOutPayload extends MutationPayload {}

@ObjectType("SignOutEverywherePayload", {
  simpleResolvers: true,
  description: "All sessions of the viewer have ended, and their tokens with them.",
})
export class SignOutEverywherePayload extends MutationPayload {}

@ObjectType("VerifyEmailPayload", { simpleResolvers: true, description: "The address belongs to the account." })
export class VerifyEmailPayload extends MutationPayload {
  @Field(() => EmailAddressScalar, { nullable: true, description: "The address; null when nothing was done." })
  readonly email!: string | null;
}

@ObjectType("RequestPasswordResetPayload", {
  simpleResolvers: true,
  description: "The same whether there is an account with this address or not: only the mail tells, to its owner.",
})
export class RequestPasswordResetPayload extends MutationPayload {}

@ObjectType("ResetPasswordPayload", {
  simpleResolvers: true,
  description: "The new password counts, and all sessions have ended.",
})
export class ResetPasswordPayload extends MutationPayload {}

@ObjectType("ChangePasswordPayload", {
  simpleResolvers: true,
  description: "The new password counts, and all other sessions have ended.",
})
export class ChangePasswordPayload extends MutationPayload {}

@ObjectType("ChangeEmailPayload", {
  simpleResolvers: true,
  description: "A mail to the new address has the link that makes it count.",
})
export class ChangeEmailPayload extends MutationPayload {}

@ObjectType("UpdateProfilePayload", { simpleResolvers: true, description: "The profile is changed." })
export class UpdateProfilePayload extends MutationPayload {
  @Field(() => User, { nullable: true, description: "The user as stored now; null when nothing was done." })
  readonly user!: User | null;
}

@ObjectType("ExportMyDataPayload", { simpleResolvers: true, description: "Everything that is kept about the viewer." })
export class ExportMyDataPayload extends MutationPayload {
  @Field(() => String, {
    nullable: true,
    description:
      "A JSON document with the profile, the sessions, the progress and the bookmarks. No secret is in it. Null when nothing was done.",
  })
  readonly json!: string | null;
}

@ObjectType("DeleteMyAccountPayload", {
  simpleResolvers: true,
  description: "The account is gone, with its sessions, progress and bookmarks.",
})
export class DeleteMyAccountPayload extends MutationPayload {}

@ObjectType("SetUserRolePayload", { simpleResolvers: true, description: "The role counts from the next request on." })
export class SetUserRolePayload extends MutationPayload {
  @Field(() => User, { nullable: true, description: "The user as stored now; null when nothing was done." })
  readonly user!: User | null;
}

@ObjectType("CreateGuestPayload", { simpleResolvers: true, description: "Somebody learns without an account." })
export class CreateGuestPayload extends MutationPayload {
  @Field(() => String, {
    nullable: true,
    description:
      "Goes with each request, as `X-Guest-Token: …`, until somebody signs in, who then takes the progress over; null when it went into a cookie.",
  })
  readonly guestToken!: string | null;

  @Field(() => DateTimeScalar, {
    nullable: true,
    description: "Until when the token counts; null when nothing was done.",
  })
  readonly guestTokenExpiresAt!: string | null;
}
