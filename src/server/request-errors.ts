// An AppError that concerns the whole request, in the form in which Apollo answers with its HTTP status.
import { GraphQLError } from "graphql";
import { AppError } from "../errors/app-error";
import { httpStatus } from "./error-format";

/** Runs `work`; an AppError from it becomes an error of the whole request. */
export async function asRequestErrors<T>(work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw requestError(error);
  }
}

/** An AppError as an error of the whole request; anything else as it is. */
export function requestError(error: unknown): unknown {
  if (!(error instanceof AppError)) return error;
  const extensions = { http: { status: httpStatus[error.code] } };
  return new GraphQLError(error.message, { originalError: error, extensions });
}
