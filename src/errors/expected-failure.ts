// What a mutation refuses for a reason that belongs to ordinary use: it goes into the payload's `userErrors`, not into `errors`. Imports nothing.

/** Every value that `UserError.code` can have. */
export const userErrorCodes = [
  "CONFLICT",
  "IN_USE",
  "INVALID",
  "INVALID_CREDENTIALS",
  "INVALID_TOKEN",
  "LAST_ADMIN",
  "NOT_ALLOWED",
  "NOT_FOUND",
  "TOO_MANY",
] as const;

export type UserErrorCode = (typeof userErrorCodes)[number];

export interface UserProblem {
  code: UserErrorCode;
  /** A sentence for people; repeats no submitted value. */
  message: string;
  /** Leads from the mutation's arguments to the field, such as `["input", "email"]`; null when no field is to blame. */
  path: readonly string[] | null;
}

/** Thrown by a service; whatever it wrote in its transaction is rolled back. */
export class ExpectedFailure extends Error {
  override readonly name = "ExpectedFailure";

  /** @param payload fields of the mutation's payload that tell more. */
  constructor(
    readonly problems: readonly UserProblem[],
    readonly payload: Readonly<Record<string, unknown>> = {},
  ) {
    super(problems.map(problem => problem.message).join("; "));
  }
}

/** @param field of `input`; left out when no field is to blame. */
export function expected(code: UserErrorCode, message: string, field?: string): ExpectedFailure {
  return new ExpectedFailure([{ code, message, path: field === undefined ? null : ["input", field] }]);
}
