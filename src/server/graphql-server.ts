// Apollo Server over our schema: safe defaults, limits before execution, errors masked.
import { randomUUID } from "node:crypto";
import { setImmediate as nextTurn } from "node:timers/promises";
import { ApolloServer, type ApolloServerPlugin } from "@apollo/server";
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginLandingPageDisabled,
  ApolloServerPluginUsageReportingDisabled,
} from "@apollo/server/plugin/disabled";
import {
  getVariableValues,
  GraphQLError,
  OperationTypeNode,
  type ASTVisitor,
  type GraphQLSchema,
  type ValidationContext,
} from "graphql";
import type { Logger } from "pino";
import { hasRole } from "../graphql/access";
import type { RequestContext } from "../request/context";
import { createDocumentStore } from "./document-store";
import { checkOperation, fixedLimits, type OperationLimits } from "./document-limits";
import { explainFields, explainOperations } from "./explain";
import { formatError, httpStatus } from "./error-format";
import type { KnownOperations } from "./known-operations";
import { idempotentMutations } from "./idempotency";
import type { Observation } from "./observation";
import { AnswerCost } from "./operation-cost";
import { OperationFacts } from "../request/operation-record";
import { requestError } from "./request-errors";
import { subscriptionsOverSockets } from "./subscriptions";

export interface GraphQLServerOptions {
  schema: GraphQLSchema;
  limits: OperationLimits;
  /** Told of each query that has passed every check. */
  known?: KnownOperations | undefined;
  introspection: boolean;
  /** Longest time for one operation. */
  operationTimeoutMs: number;
  /** Whether contexts may hold an explanation, which then goes out with the answer. */
  explain: boolean;
  /** Told of each error; left out where nobody watches. */
  observation?: Observation | undefined;
  log: Logger;
}

export type GraphQLServer = ApolloServer<RequestContext>;

export function createGraphQLServer(options: GraphQLServerOptions): GraphQLServer {
  const { schema, limits, known, introspection, operationTimeoutMs, explain, observation, log } = options;
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
    documentStore: createDocumentStore(),
    stopOnTerminationSignals: false,
    maxRecursiveSelections: 5_000,
    parseOptions: { maxTokens: fixedLimits.maxTokens },
    validationRules: [knownOperationTypes],
    validationOptions: { maxErrors: fixedLimits.maxErrors },
    executionOptions: { maxCoercionErrors: fixedLimits.maxErrors },
    logger: log,
    plugins: [
      ApolloServerPluginCacheControlDisabled(),
      ApolloServerPluginLandingPageDisabled(),
      ApolloServerPluginUsageReportingDisabled(),
      noteOperations,
      limitOperations(limits, known),
      runAfterTurn,
      idempotentMutations(operationTimeoutMs, log),
      subscriptionsOverSockets,
      rememberRequests(requestIds),
      answerWritesWhenHeard,
      sayWhenToTryAgain,
      tellCost,
      ...(explain ? [explainOperations] : []),
    ],
    formatError: (formatted, error) =>
      formatError(formatted, error, {
        requestId: (typeof error === "object" && error !== null && requestIds.get(error)) || randomUUID(),
        onFault: (fault, requestId) => log.error({ err: fault, requestId }, "a request met a fault"),
        onError: code => observation?.failed(code),
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

/** Which operation it is, as soon as it is valid, and which errors its answer has. */
const noteOperations: ApolloServerPlugin<RequestContext> = {
  requestDidStart: async () => ({
    didResolveOperation: async ({ operation, source, contextValue: { record } }) => {
      if (!record || !operation) return;
      record.facts = new OperationFacts(operation.name?.value ?? null, operation.operation, source);
    },
    willSendResponse: async ({ response: { body }, contextValue: { record } }) => {
      if (body.kind === "single") record?.failed(body.singleResult.errors);
    },
  }),
};

/**
 * Refuses operations that ask for too much, after validation and before any resolver runs; and before any other plugin begins: Apollo calls
 * them in their order without waiting, so what is wrong is thrown at once.
 */
function limitOperations(
  limits: OperationLimits,
  known: KnownOperations | undefined,
): ApolloServerPlugin<RequestContext> {
  return {
    requestDidStart: async () => ({
      didResolveOperation: ({ schema, document, operation, request, contextValue }) => {
        const { coerced } = getVariableValues(schema, operation?.variableDefinitions ?? [], request.variables ?? {});
        // Variables that do not fit: execution says so, before any resolver.
        if (!operation || !coerced) return Promise.resolve();
        try {
          const { query = "", operationName = null } = request;
          const { dependsOn, cost } = checkOperation(schema, document, operation, coerced, limits);
          if (contextValue.record) contextValue.record.cost = cost;
          known?.remember({ query, operationName }, document, dependsOn);
          contextValue.charge?.take(cost);
          return Promise.resolve();
        } catch (error) {
          throw requestError(error);
        }
      },
    }),
  };
}

/**
 * The turn of a document is for parsing and checking it (fair-turns.ts). What it then runs is not held against its client: with an embedded
 * database, that would be everything up to the answer.
 */
const runAfterTurn: ApolloServerPlugin<RequestContext> = {
  requestDidStart: async () => ({ didResolveOperation: () => nextTurn() }),
};

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

/** Counts what the operation did cost, and puts it into the answer. */
const tellCost: ApolloServerPlugin<RequestContext> = {
  requestDidStart: async () => ({
    willSendResponse: async ({ schema, document, operation, contextValue: { charge }, response: { body } }) => {
      if (!charge || body.kind !== "single") return;
      const { data, extensions } = body.singleResult;
      charge.settle(document && operation ? new AnswerCost(schema, document, operation).of(data) : 0);
      body.singleResult.extensions = { ...extensions, cost: charge.report };
    },
  }),
};

/**
 * Who changes the catalogue and then reads it through this server reads what was written: the answer waits until the change has been
 * heard, by which cached answers go. Learners change nothing that is cached.
 */
const answerWritesWhenHeard: ApolloServerPlugin<RequestContext> = {
  requestDidStart: async () => ({
    willSendResponse: async ({ operation, contextValue }) => {
      const { viewer, database } = contextValue;
      if (operation?.operation !== OperationTypeNode.MUTATION || !viewer || !hasRole(viewer, "EDITOR")) return;
      // Otherwise nothing is answered from a cache.
      if (database.changes.isProven) await database.changes.caughtUp();
    },
  }),
};

/**
 * A field that could not be read because the database is away, or that was asked too often, makes the whole answer one to try again
 * (RFC 9110, 15.6.4; RFC 6585, 4).
 */
const sayWhenToTryAgain: ApolloServerPlugin<RequestContext> = {
  requestDidStart: async () => ({
    willSendResponse: async ({ response: { body, http } }) => {
      if (body.kind !== "single") return;
      const extensions = (body.singleResult.errors ?? []).map(error => error.extensions);
      const found = (code: "SERVICE_UNAVAILABLE" | "RATE_LIMITED") =>
        extensions.find(given => given?.["code"] === code);
      const limited = found("RATE_LIMITED");
      if (!limited && !found("SERVICE_UNAVAILABLE")) return;
      http.status = httpStatus[limited ? "RATE_LIMITED" : "SERVICE_UNAVAILABLE"];
      const seconds = limited?.["retryAfterSeconds"];
      http.headers.set("retry-after", typeof seconds === "number" ? String(seconds) : "1");
    },
  }),
};
