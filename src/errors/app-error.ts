// The errors that clients may see: a closed list of codes and the one class that carries them. Imports nothing.

/** Every value that `extensions.code` can have. Documented in docs/api.md; a guard test holds the two together. */
export const errorCodes = [
  "ANSWER_LOST",
  "BAD_REQUEST",
  "BAD_USER_INPUT",
  "CONFLICT",
  "FORBIDDEN",
  "GRAPHQL_PARSE_FAILED",
  "GRAPHQL_VALIDATION_FAILED",
  "INTERNAL_SERVER_ERROR",
  "METHOD_NOT_ALLOWED",
  "NOT_FOUND",
  "PAYLOAD_TOO_LARGE",
  "QUERY_TOO_COMPLEX",
  "RATE_LIMITED",
  "SERVICE_UNAVAILABLE",
  "UNAUTHENTICATED",
  "UNSUPPORTED_MEDIA_TYPE",
] as const;

export type ErrorCode = (typeof errorCodes)[number];

/** An error whose message is written for the client. Anything else that is thrown is masked. */
export class AppError extends Error {
  override readonly name = "AppError";

  /** @param details further `extensions` of the error; must hold nothing private and no submitted value. */
  constructor(
    readonly code: ErrorCode,
    message: string,
    readonly details: Readonly<Record<string, unknown>> = {},
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** Input that breaks a rule; `argument` names the field or argument, as a client wrote it. */
export function badInput(argument: string, problem: string): AppError {
  return new AppError("BAD_USER_INPUT", `${argument} ${problem}`, { argument });
}

export function forbidden(message = "You are not allowed to do this."): AppError {
  return new AppError("FORBIDDEN", message);
}

export function unauthenticated(message = "Sign in to do this."): AppError {
  return new AppError("UNAUTHENTICATED", message);
}

export function unavailable(cause: unknown): AppError {
  return new AppError("SERVICE_UNAVAILABLE", "The service is unavailable for a moment. Try again.", {}, { cause });
}

/** Whether trying again may help: nothing is wrong with what was asked. */
export function isUnavailable(error: unknown): boolean {
  return error instanceof AppError && error.code === "SERVICE_UNAVAILABLE";
}
