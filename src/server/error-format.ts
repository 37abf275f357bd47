// What clients see of an error. Everything that was not written for them is masked and logged under the request's id.
import { GraphQLError, type GraphQLFormattedError } from "graphql";
import { AppError, errorCodes, type ErrorCode } from "../errors/app-error";
import { translateDatabaseError } from "../db/database-errors";

/** Codes of Apollo's own that stand for one of ours. */
const renamed: Readonly<Record<string, ErrorCode>> = {
  OPERATION_RESOLUTION_FAILURE: "BAD_REQUEST",
  PERSISTED_QUERY_NOT_FOUND: "BAD_REQUEST",
  PERSISTED_QUERY_NOT_SUPPORTED: "BAD_REQUEST",
};

/** The HTTP status of an error that concerns the whole request. */
export const httpStatus: Readonly<Record<ErrorCode, number>> = {
  ANSWER_LOST: 409,
  BAD_REQUEST: 400,
  BAD_USER_INPUT: 400,
  CONFLICT: 409,
  FORBIDDEN: 403,
  GRAPHQL_PARSE_FAILED: 400,
  GRAPHQL_VALIDATION_FAILED: 400,
  INTERNAL_SERVER_ERROR: 500,
  METHOD_NOT_ALLOWED: 405,
  NOT_FOUND: 404,
  PAYLOAD_TOO_LARGE: 413,
  QUERY_TOO_COMPLEX: 400,
  RATE_LIMITED: 429,
  SERVICE_UNAVAILABLE: 503,
  UNAUTHENTICATED: 401,
  UNSUPPORTED_MEDIA_TYPE: 415,
};

export interface ErrorContext {
  /** Goes out with a masked error, so that its log entry can be found. */
  requestId: string;
  /** Told of each fault: what was masked, and a database that is away. */
  onFault: (error: unknown, requestId: string) => void;
  /** Told of the code of each error that goes out. */
  onError?: (code: string) => void;
}

/** The same for all requests. */
export type ErrorListeners = Omit<ErrorContext, "requestId">;

export function formatError(
  formatted: GraphQLFormattedError,
  error: unknown,
  context: ErrorContext,
): GraphQLFormattedError {
  const made = errorForClients(formatted, error, context);
  context.onError?.(String(made.extensions?.["code"]));
  return made;
}

function errorForClients(
  formatted: GraphQLFormattedError,
  error: unknown,
  context: ErrorContext,
): GraphQLFormattedError {
  const cause = translateDatabaseError(originOf(error));
  const place = { ...pick(formatted, "locations"), ...pick(formatted, "path") };
  if (cause instanceof AppError) {
    if (cause.code === "SERVICE_UNAVAILABLE" && cause.cause) context.onFault(cause, context.requestId);
    return { message: cause.message, ...place, extensions: { ...cause.details, code: cause.code } };
  }
  const limit = cause instanceof GraphQLError ? limitOfLibrary(formatted.message) : undefined;
  if (limit !== undefined) return { message: limit, ...place, extensions: { code: "QUERY_TOO_COMPLEX" } };
  if (formatted.message.startsWith("GraphQL introspection is not allowed")) {
    return { message: "Introspection is switched off.", ...place, extensions: { code: "GRAPHQL_VALIDATION_FAILED" } };
  }
  // Apollo gives it the status and the header, and a code of its own.
  if (formatted.message.startsWith("GET requests only support query operations")) {
    return { message: "GET runs queries only: send mutations with POST.", extensions: { code: "METHOD_NOT_ALLOWED" } };
  }
  const code = clientCode(formatted) ?? (isInputProblem(formatted.message) ? "BAD_USER_INPUT" : undefined);
  if (code !== undefined && cause instanceof GraphQLError) {
    return { message: withoutValues(formatted.message, cause.message), ...place, extensions: { code } };
  }
  return { ...maskedError(cause, context), ...place };
}

/** Limits that graphql-js and Apollo hold for us, as if document-limits.ts had said it. */
function limitOfLibrary(message: string): string | undefined {
  const tokens = /^Syntax Error: Document contains more \w+ (\d+) tokens\./.exec(message)?.[1];
  if (tokens !== undefined) return `The document has more than ${tokens} tokens.`;
  if (message === "Maximum introspection depth exceeded") return "The operation nests introspection too deeply.";
  if (message.endsWith(" recursively requests too many selections.")) {
    return "The operation has too many selections, its fragments spread.";
  }
  return undefined;
}

/**
 * Whether graphql-js says that input does not fit, where it gives no code: variables do not fit, or an argument has no value that it can take, such as `null` from a variable that may be null but has a default.
 */
function isInputProblem(message: string): boolean {
  return (
    message.startsWith("Too many errors processing variables, error limit reached.") ||
    message.startsWith('Variable "$') ||
    /^Argument "\w+" (?:of (?:required|non-null) type|has invalid value) /.test(message)
  );
}

/** What a client sees of an error that was not written for it. */
export function maskedError(error: unknown, { requestId, onFault }: ErrorContext): GraphQLFormattedError {
  onFault(error, requestId);
  return { message: "Internal server error", extensions: { code: "INTERNAL_SERVER_ERROR", requestId } };
}

/** What a resolver or a check threw, without graphql-js's wrapping. */
function originOf(error: unknown): unknown {
  return error instanceof GraphQLError && error.originalError ? originOf(error.originalError) : error;
}

function clientCode({ extensions }: GraphQLFormattedError): ErrorCode | undefined {
  const code = String(extensions?.["code"]);
  const ours = renamed[code] ?? (errorCodes as readonly string[]).find(known => known === code);
  return ours === "INTERNAL_SERVER_ERROR" ? undefined : (ours as ErrorCode | undefined);
}

/** graphql-js repeats a value that does not fit, from a variable or the document; it may be a password. What was expected stays. */
function withoutValues(message: string, problem: string): string {
  const name = /^Variable "\$(\w+)" got invalid value /.exec(message)?.[1];
  if (name === undefined) return message.replace(literalValue, "$1$2$3.");
  // The message ends in what is wrong; before it stands the value, which may look like anything.
  const path = / at "([\w.[\]]+)"$/.exec(message.slice(0, -`; ${problem}`.length))?.[1];
  const expected = valueFreeProblems.exec(problem)?.[0];
  return `Variable "$${name}" has an invalid value${path ? ` at "${path}"` : ""}${expected ? `: ${expected}` : ""}.`;
}

const literalValue = new RegExp(
  '^(Expected value of type "[\\w![\\]]+"), found [^]*$|^(Argument "\\w+" has (?:an )?invalid value) [^]*$|^((?:Int|Float|String|Boolean|ID|Enum "\\w+") cannot represent [a-z0-9 -]+): [^]*$',
);

/** The problems that graphql-js and our scalars state without the value, each at the start of the text. */
const valueFreeProblems = new RegExp(
  [
    'Expected (?:non-nullable )?type "[\\w![\\]]+"(?: not to be null| to be an object)?',
    'Field "\\w+" of required type "[\\w![\\]]+" was not provided',
    'Field "\\w+" is not defined by type "\\w+"',
    'Exactly one key must be specified for OneOf type "\\w+"',
    'Enum "\\w+" cannot represent',
    "(?:Int|Float|String|Boolean|ID) cannot represent [a-z0-9 -]+",
    "[A-Z]\\w+ must be an? [\\w :.-]*\\w",
  ]
    .map(pattern => `^${pattern}`)
    .join("|"),
);

function pick<K extends "locations" | "path">(
  formatted: GraphQLFormattedError,
  key: K,
): Pick<GraphQLFormattedError, K> | object {
  return formatted[key] === undefined ? {} : { [key]: formatted[key] };
}
