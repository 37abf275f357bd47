// Subscriptions: started in Apollo's own pipeline, so that every limit and rule that requests have to keep holds for them too; then one
// execution for each event, in a context of its own.
import { HeaderMap, type ApolloServer, type ApolloServerPlugin } from "@apollo/server";
import type { GraphQLError } from "graphql";
import {
  createSourceEventStream,
  execute,
  getOperationAST,
  OperationTypeNode,
  type ExecutionArgs,
  type ExecutionResult,
  type GraphQLFormattedError,
  type OperationDefinitionNode,
} from "graphql";
import { AsyncScope } from "../db/async-scope";
import { AppError } from "../errors/app-error";
import type { RequestContext } from "../request/context";
import { OperationFacts } from "../request/operation-record";
import { fixedLimits } from "./document-limits";
import { formatError, type ErrorContext, type ErrorListeners } from "./error-format";
import { AnswerCost } from "./operation-cost";
import { asRequestErrors } from "./request-errors";

/** Where the pipeline leaves an operation that may start. */
interface Start {
  args?: ExecutionArgs;
}

const starts = new AsyncScope<Start>();

/** Sends subscriptions to the socket, and everything else away from it. */
export const subscriptionsOverSockets: ApolloServerPlugin<RequestContext> = {
  requestDidStart: async () => ({
    didResolveOperation: async ({ operation }) => {
      const isSubscription = operation?.operation === OperationTypeNode.SUBSCRIPTION;
      await asRequestErrors(() => {
        if (isSubscription && !starts.current) {
          throw new AppError(
            "BAD_REQUEST",
            "Subscriptions run over a WebSocket at this address (graphql-transport-ws).",
          );
        }
        if (!isSubscription && starts.current) {
          throw new AppError(
            "BAD_REQUEST",
            "Only subscriptions run over the WebSocket: send this operation with POST.",
          );
        }
      });
    },
    responseForOperation: async ({ schema, document, request, operation, operationName, contextValue }) => {
      const start = starts.current;
      if (!start) return null;
      start.args = {
        ...{ schema, document, operationName, contextValue },
        // What is held while it runs is what it needs.
        variableValues: declaredOf(request.variables, operation),
        options: { maxCoercionErrors: fixedLimits.maxErrors },
      };
      return { body: { kind: "single", singleResult: {} }, http: { headers: new HeaderMap() } };
    },
  }),
};

function declaredOf(variables: Record<string, unknown> | undefined, { variableDefinitions }: OperationDefinitionNode) {
  const declared = (variableDefinitions ?? []).map(({ variable }) => variable.name.value);
  return Object.fromEntries(Object.entries(variables ?? {}).filter(([name]) => declared.includes(name)));
}

export interface SubscriptionRequest {
  query: string;
  variables?: Record<string, unknown> | undefined;
  operationName?: string | undefined;
}

/** A subscription that was allowed to start. */
export interface RunningSubscription {
  readonly args: ExecutionArgs;
  readonly events: AsyncIterator<unknown, unknown>;
  readonly facts: OperationFacts;
  /** What one event may cost. */
  readonly cost: number;
  /** What it did. */
  readonly costOf: (data: ExecutionResult["data"]) => number;
}

/** @returns the running subscription, or why there is none, in the form for clients. */
export async function startSubscription(
  apollo: ApolloServer<RequestContext>,
  request: SubscriptionRequest,
  contextValue: RequestContext,
  listeners: ErrorListeners,
): Promise<RunningSubscription | readonly GraphQLFormattedError[]> {
  const start: Start = {};
  const { query, variables = {}, operationName } = request;
  const { body } = await starts.run(start, () =>
    apollo.executeOperation(
      { query, variables, ...(operationName === undefined ? {} : { operationName }) },
      { contextValue },
    ),
  );
  if (!start.args) return body.kind === "single" ? (body.singleResult.errors ?? []) : [];
  const events = await createSourceEventStream(start.args);
  if (Symbol.asyncIterator in events) return running(start.args, events[Symbol.asyncIterator](), request, contextValue);
  return formatErrors(events.errors ?? [], { ...listeners, requestId: contextValue.requestId });
}

function running(
  args: ExecutionArgs,
  events: AsyncIterator<unknown, unknown>,
  { query, operationName }: SubscriptionRequest,
  { charge }: RequestContext,
): RunningSubscription {
  const operation = getOperationAST(args.document, operationName);
  if (!operation) throw new Error("a subscription without an operation");
  const answers = new AnswerCost(args.schema, args.document, operation);
  return {
    ...{ args, events },
    facts: new OperationFacts(operation.name?.value ?? null, OperationTypeNode.SUBSCRIPTION, query),
    cost: charge?.report.requested ?? 0,
    costOf: data => answers.of(data),
  };
}

/** What the client gets for one event. */
export async function resultOf(
  { args }: RunningSubscription,
  event: unknown,
  contextValue: RequestContext,
  listeners: ErrorListeners,
): Promise<Omit<ExecutionResult, "errors"> & { errors?: readonly GraphQLFormattedError[] }> {
  const { errors, ...result } = await execute({ ...args, rootValue: event, contextValue });
  return errors
    ? { ...result, errors: formatErrors(errors, { ...listeners, requestId: contextValue.requestId }) }
    : result;
}

function formatErrors(errors: readonly GraphQLError[], context: ErrorContext): GraphQLFormattedError[] {
  return errors.map(error => formatError(error.toJSON(), error, context));
}
