// Apollo Server over our schema: safe defaults, limits before execution, errors masked.
import { randomUUID } from "node:crypto";
import { ApolloServer, type ApolloServerPlugin } from "@apollo/server";
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginLandingPageDisabled,
  ApolloServerPluginUsageReportingDisabled,
} from "@apollo/server/plugin/disabled";
import { getVariableValues, GraphQLError, type ASTVisitor, type GraphQLSchema, type ValidationContext } from "graphql";
import type { Logger } from "pino";
import { AppError } from "../errors/app-error";
import type { RequestContext } from "../request/context";
import { checkOperation, fixedLimits, type OperationLimits } from "./document-limits";
import { explainFields, explainOperations } from "./explain";
import { formatError, httpStatus } from "./error-format";

export interface GraphQLServerOptions {
  schema: GraphQLSchema;
  limits: OperationLimits;
  introspection: boolean;
  /** Whether contexts may hold an explanation, which then goes out with the answer. */
  explain: boolean;
  log: Logger;
}

export type GraphQLServer = ApolloServer<RequestContext>;

/** How many errors of one document, or of one request's variables, are listed. */
const maxErrors = 10;

export function createGraphQLServer(options: GraphQLServerOptions): GraphQLServer {
  const { schema, limits, introspection, explain, log } = options;
  if (explain) explainFields(schema);
  const requestIds: RequestIds = new WeakMap();
  return new ApolloServer<RequestContext>({
    schema,
    introspection,
    // Decided by Config alone: Apollo would be lenient wherever NODE_ENV is not "production".
    nodeEnv: "production",
    includeStacktraceInErrorResponses: false,
    hideSchemaDetailsFromClientErrors: !introspection,
    csrfPrevention: true,
    allowBatchedHttpRequests: false,
    persistedQueries: false,
    stopOnTerminationSignals: false,
    maxRecursiveSelections: 5_000,
    parseOptions: { maxTokens: fixedLimits.maxTokens },
    validationRules: [knownOperationTypes],
    validationOptions: { maxErrors },
    executionOptions: { maxCoercionErrors: maxErrors },
    logger: log,
    plugins: [
      ApolloServerPluginCacheControlDisabled(),
      ApolloServerPluginLandingPageDisabled(),
      ApolloServerPluginUsageReportingDisabled(),
      limitOperations(limits),
      rememberRequests(requestIds),
      sayWhenUnavailable,
      ...(explain ? [explainOperations] : []),
    ],
    formatError: (formatted, error) =>
      formatError(formatted, error, {
        requestId: (typeof error === "object" && error !== null && requestIds.get(error)) || randomUUID(),
        onFault: (fault, requestId) => log.error({ err: fault, requestId }, "a request met a fault"),
      }),
  });
}

/** graphql-js would find out only while it executes. */
function knownOperationTypes(context: ValidationContext): ASTVisitor {
  return {
    OperationDefinition: node => {
      if (context.getSchema().getRootType(node.operation)) return;
      context.reportError(new GraphQLError(`The schema has no ${node.operation} operations.`, { nodes: node }));
    },
  };
}

/** Refuses operations that ask for too much, after validation and before any resolver runs. */
function limitOperations(limits: OperationLimits): ApolloServerPlugin<RequestContext> {
  return {
    requestDidStart: async () => ({
      didResolveOperation: async ({ schema, document, operation, request }) => {
        if (!operation) return;
        const { coerced } = getVariableValues(schema, operation.variableDefinitions ?? [], request.variables ?? {});
        // Variables that do not fit: execution says so, before any resolver.
        if (coerced) asRequestErrors(() => checkOperation(schema, document, operation, coerced, limits));
      },
    }),
  };
}

/** An AppError from `work` becomes an error of the whole request, with its HTTP status. */
function asRequestErrors<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    throw new GraphQLError(error.message, {
      originalError: error,
      extensions: { http: { status: httpStatus[error.code] } },
    });
  }
}

/** Which request an error belongs to: Apollo's formatError is not told. */
type RequestIds = WeakMap<object, string>;

function rememberRequests(requestIds: RequestIds): ApolloServerPlugin<RequestContext> {
  return {
    requestDidStart: async () => ({
      didEncounterErrors: async ({ errors, contextValue }) => {
        for (const error of errors) requestIds.set(error, contextValue.requestId);
      },
    }),
  };
}

/** A field that could not be read because the database is away makes the whole answer one to try again (RFC 9110, 15.6.4). */
const sayWhenUnavailable: ApolloServerPlugin<RequestContext> = {
  requestDidStart: async () => ({
    willSendResponse: async ({ response: { body, http } }) => {
      if (body.kind !== "single") return;
      if (!body.singleResult.errors?.some(error => error.extensions?.["code"] === "SERVICE_UNAVAILABLE")) return;
      http.status = httpStatus.SERVICE_UNAVAILABLE;
      http.headers.set("retry-after", "1");
    },
  }),
};
