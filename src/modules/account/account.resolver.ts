// The mutations of accounts and sessions: one call each.
import { Arg, Ctx, Mutation, Resolver } from "type-graphql";
import { Cost } from "../../graphql/cost";
import { RequireAccess } from "../../graphql/access";
import { answer, mutate } from "../../graphql/mutation";
import { decodeNodeId } from "../../graphql/node-id";
import { SecretAnswer } from "../../graphql/secret-answer";
import type { RequestContext } from "../../request/context";
import { isUserKey } from "../user/user.service";
import * as inputs from "./account.inputs";
import * as accounts from "./account.service";
import * as payloads from "./account.type";
import { createGuest } from "./guest.service";
import * as sessions from "./session.service";

/** The cost of what hashes a password or gathers everything about somebody: as long as many objects take. */
const slow = 50;

@Resolver()
export class AccountResolver {
  @RequireAccess("PUBLIC")
  @Cost(slow)
  @Mutation(() => payloads.SignUpPayload, {
    description:
      'Creates an account, free and without a card. Sign in right after it, in the same operation if you like.\n\nExample: `mutation { signUp(input: { email: "ada@example.org", password: "notes-on-the-engine", displayName: "Ada" }) { email userErrors { code message path } } }`',
  })
  signUp(
    @Arg("input", () => inputs.SignUpInput, { description: "The new account." }) input: inputs.SignUpInput,
    @Ctx() ctx: RequestContext,
  ) {
    return answer(input, () => accounts.signUp(ctx, input));
  }

  @RequireAccess("PUBLIC")
  @SecretAnswer()
  @Cost(slow)
  @Mutation(() => payloads.SignInPayload, {
    description:
      'Signs in, and takes over the progress of the guest whose token comes along.\n\nExample: `mutation { signIn(input: { email: "ada@example.org", password: "notes-on-the-engine" }) { tokens { accessToken refreshToken } userErrors { code message } } }`',
  })
  signIn(
    @Arg("input", () => inputs.SignInInput, { description: "Who signs in." }) input: inputs.SignInInput,
    @Ctx() ctx: RequestContext,
  ) {
    return answer(input, () => sessions.signIn(ctx, input));
  }

  @RequireAccess("PUBLIC")
  @SecretAnswer()
  @Mutation(() => payloads.RefreshSessionPayload, {
    description:
      'Gives the next tokens. Each refresh token is good for one use.\n\nExample: `mutation { refreshSession(input: { refreshToken: "…" }) { tokens { accessToken refreshToken } userErrors { code } } }`',
  })
  refreshSession(
    @Arg("input", () => inputs.RefreshSessionInput, { description: "What to go on with." })
    input: inputs.RefreshSessionInput,
    @Ctx() ctx: RequestContext,
  ) {
    return answer(input, () => sessions.refreshSession(ctx, input));
  }

  @RequireAccess("PUBLIC")
  @Mutation(() => payloads.VerifyEmailPayload, {
    description:
      'Proves that an address belongs to an account, by the link in a mail; makes a new address count.\n\nExample: `mutation { verifyEmail(input: { token: "…" }) { email userErrors { code message } } }`',
  })
  verifyEmail(
    @Arg("input", () => inputs.VerifyEmailInput, { description: "What the mail says." }) input: inputs.VerifyEmailInput,
    @Ctx() ctx: RequestContext,
  ) {
    return answer(input, () => accounts.verifyEmail(ctx, input));
  }

  @RequireAccess("PUBLIC")
  @Mutation(() => payloads.RequestPasswordResetPayload, {
    description:
      'Sends a mail with a link to set a new password, if there is an account.\n\nExample: `mutation { requestPasswordReset(input: { email: "ada@example.org" }) { userErrors { code message } } }`',
  })
  requestPasswordReset(
    @Arg("input", () => inputs.RequestPasswordResetInput, { description: "Whose password is lost." })
    input: inputs.RequestPasswordResetInput,
    @Ctx() ctx: RequestContext,
  ) {
    return answer(input, () => accounts.requestPasswordReset(ctx, input));
  }

  @RequireAccess("PUBLIC")
  @Cost(slow)
  @Mutation(() => payloads.ResetPasswordPayload, {
    description:
      'Sets a new password by the link in a mail, and signs out everywhere.\n\nExample: `mutation { resetPassword(input: { token: "…", newPassword: "weaving-algebraic-patterns" }) { userErrors { code message path } } }`',
  })
  resetPassword(
    @Arg("input", () => inputs.ResetPasswordInput, { description: "The token and the new password." })
    input: inputs.ResetPasswordInput,
    @Ctx() ctx: RequestContext,
  ) {
    return answer(input, () => accounts.resetPassword(ctx, input));
  }

  @RequireAccess("PUBLIC")
  @SecretAnswer()
  @Mutation(() => payloads.CreateGuestPayload, {
    description:
      "Lets somebody without an account keep progress and bookmarks.\n\nExample: `mutation { createGuest(input: {}) { guestToken userErrors { code } } }`",
  })
  createGuest(
    @Arg("input", () => inputs.CreateGuestInput, { description: "How the token comes back." })
    input: inputs.CreateGuestInput,
    @Ctx() ctx: RequestContext,
  ) {
    return answer(input, () => createGuest(ctx, input));
  }

  @RequireAccess("LEARNER")
  @Cost(slow)
  @Mutation(() => payloads.ChangePasswordPayload, {
    description:
      'Changes the password of the viewer, and signs out all other devices.\n\nExample: `mutation { changePassword(input: { currentPassword: "notes-on-the-engine", newPassword: "weaving-algebraic-patterns" }) { userErrors { code message path } } }`',
  })
  changePassword(
    @Arg("input", () => inputs.ChangePasswordInput, { description: "The password so far and the new one." })
    input: inputs.ChangePasswordInput,
    @Ctx() ctx: RequestContext,
  ) {
    return answer(input, () => accounts.changePassword(ctx, input));
  }

  @RequireAccess("LEARNER")
  @Mutation(() => payloads.ChangeEmailPayload, {
    description:
      'Sends a mail to a new address; the link in it makes the address count.\n\nExample: `mutation { changeEmail(input: { email: "ada@example.com", password: "notes-on-the-engine" }) { userErrors { code message path } } }`',
  })
  changeEmail(
    @Arg("input", () => inputs.ChangeEmailInput, { description: "The new address, and the password." })
    input: inputs.ChangeEmailInput,
    @Ctx() ctx: RequestContext,
  ) {
    return answer(input, () => accounts.changeEmail(ctx, input));
  }

  @RequireAccess("LEARNER")
  @Mutation(() => payloads.UpdateProfilePayload, {
    description:
      'Changes the profile of the viewer.\n\nExample: `mutation { updateProfile(input: { timeZone: "Europe/London" }) { user { displayName timeZone } userErrors { code message path } } }`',
  })
  updateProfile(
    @Arg("input", () => inputs.UpdateProfileInput, { description: "What to change." }) input: inputs.UpdateProfileInput,
    @Ctx() ctx: RequestContext,
  ) {
    return mutate(ctx, input, async inner => {
      const { id } = await accounts.updateProfile(inner, input);
      return { user: { id } };
    });
  }

  @RequireAccess("LEARNER")
  @SecretAnswer()
  @Cost(slow)
  @Mutation(() => payloads.ExportMyDataPayload, {
    description:
      'Gives everything that is kept about the viewer.\n\nExample: `mutation { exportMyData(input: { password: "notes-on-the-engine" }) { json userErrors { code } } }`',
  })
  exportMyData(
    @Arg("input", () => inputs.ExportMyDataInput, { description: "The password." }) input: inputs.ExportMyDataInput,
    @Ctx() ctx: RequestContext,
  ) {
    return answer(input, () => accounts.exportMyData(ctx, input));
  }

  @RequireAccess("LEARNER")
  @Cost(slow)
  @Mutation(() => payloads.DeleteMyAccountPayload, {
    description:
      'Deletes the account of the viewer, with everything that is kept about them, at once and for good.\n\nExample: `mutation { deleteMyAccount(input: { password: "notes-on-the-engine" }) { userErrors { code message } } }`',
  })
  deleteMyAccount(
    @Arg("input", () => inputs.DeleteMyAccountInput, { description: "The password." })
    input: inputs.DeleteMyAccountInput,
    @Ctx() ctx: RequestContext,
  ) {
    return answer(input, () => accounts.deleteMyAccount(ctx, input));
  }

  @RequireAccess("LEARNER")
  @Mutation(() => payloads.SignOutPayload, {
    description:
      "Ends the session of the viewer; its tokens count no more.\n\nExample: `mutation { signOut { userErrors { code } } }`",
  })
  signOut(@Ctx() ctx: RequestContext) {
    return answer({}, () => sessions.signOut(ctx));
  }

  @RequireAccess("LEARNER")
  @Mutation(() => payloads.SignOutEverywherePayload, {
    description:
      "Ends all sessions of the viewer, on all devices.\n\nExample: `mutation { signOutEverywhere { userErrors { code } } }`",
  })
  signOutEverywhere(@Ctx() ctx: RequestContext) {
    return answer({}, () => sessions.signOutEverywhere(ctx));
  }

  @RequireAccess("ADMIN")
  @Mutation(() => payloads.SetUserRolePayload, {
    description:
      'Sets what a user may do, from the next request on. The last admin cannot be made something else.\n\nExample: `mutation { setUserRole(input: { userId: "VXNlcjox", role: EDITOR }) { user { role } userErrors { code message } } }`',
  })
  setUserRole(
    @Arg("input", () => inputs.SetUserRoleInput, { description: "The user and the role." })
    input: inputs.SetUserRoleInput,
    @Ctx() ctx: RequestContext,
  ) {
    const { type, key } = decodeNodeId(input.userId, "input.userId");
    const userId = type === "User" && isUserKey(key) ? key : null;
    return mutate(ctx, input, async inner => ({ user: await accounts.setUserRole(inner, userId, input.role) }));
  }
}
