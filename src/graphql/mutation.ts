// The form of every mutation: one `input`, a payload with what changed and `userErrors`, one transaction.
import { Field, ObjectType } from "type-graphql";
import { ExpectedFailure, userErrorCodes, type UserErrorCode, type UserProblem } from "../errors/expected-failure";
import { inTransaction, type RequestContext } from "../request/context";
import { problemsOf } from "./argument-validation";
import { defineEnum } from "./enums";

const codes = Object.fromEntries(userErrorCodes.map(code => [code, code])) as Record<UserErrorCode, UserErrorCode>;

defineEnum(codes, "UserErrorCode", "Why a mutation was refused.", {
  CONFLICT: "Somebody else changed the same thing at the same time, or it was changed since it was read.",
  IN_USE: "Something else needs it; the message names what.",
  INVALID: "A field breaks its rule; `path` names it.",
  INVALID_CREDENTIALS: "Email and password do not belong together.",
  INVALID_TOKEN: "The token is unknown, used or too old.",
  LAST_ADMIN: "There has to be an admin.",
  NOT_ALLOWED: "Its present state does not allow it, or somebody else has to do it first.",
  NOT_FOUND: "What the input names does not exist.",
  TOO_MANY: "There are as many as there may be.",
});

const maxUserErrors = 20;

@ObjectType("UserError", {
  simpleResolvers: true,
  description: "Why a mutation did nothing, in a form to show to the user who asked for it.",
})
export class UserError {
  @Field(() => codes, { description: "The reason, for programs." })
  readonly code!: UserErrorCode;

  @Field(() => String, { description: "The reason, for people." })
  readonly message!: string;

  @Field(() => [String], {
    nullable: true,
    description: 'Leads to the field that is to blame, such as `["input", "email"]`; null when none is.',
  })
  readonly path!: readonly string[] | null;
}

/** What every payload has. The payload types extend it; their own fields are null when there are errors. */
@ObjectType({ simpleResolvers: true })
export abstract class MutationPayload {
  @Field(() => [UserError], {
    description: `Why nothing was done; empty when it was done, at most ${maxUserErrors}.`,
  })
  readonly userErrors!: readonly UserError[];
}

/** What a payload's fields read: of a refused mutation, the reasons and what tells more about them, so that its own fields are null. */
export type Payload<T> = (T & { userErrors: readonly [] }) | { userErrors: readonly UserProblem[] };

/**
 * Checks `input`, runs `work` in one transaction, and makes the payload. What was read before is forgotten, so that the payload shows
 * what is stored now. @throws what `work` throws, unless it is an ExpectedFailure.
 */
export function mutate<T extends object>(
  ctx: RequestContext,
  input: object,
  work: (inner: RequestContext) => Promise<T>,
): Promise<Payload<T>> {
  return answer(input, async () => {
    const result = await inTransaction(ctx, work);
    ctx.memo.clear();
    return result;
  });
}

/** Like `mutate`, for work that makes its transactions itself, since part of it must not hold one open or must outlast a refusal. */
export async function answer<T extends object>(input: object, work: () => Promise<T>): Promise<Payload<T>> {
  const problems = await problemsOf(input);
  if (problems.length > 0) {
    return {
      userErrors: problems
        .slice(0, maxUserErrors)
        .map(({ path, message }) => ({ code: "INVALID", message, path: ["input", ...path] })),
    };
  }
  try {
    return { ...(await work()), userErrors: [] };
  } catch (error) {
    if (error instanceof ExpectedFailure) return { ...error.payload, userErrors: error.problems };
    throw error;
  }
}
