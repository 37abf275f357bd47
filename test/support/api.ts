// Runs operations through the real schema and the real pipeline (limits, access, masking), without a socket.
import type { TypedDocumentNode } from "@graphql-typed-document-node/core";
import type { GraphQLFormattedError } from "graphql";
import { randomUUID } from "node:crypto";
import type { Database } from "../../src/db/database";
import { createContext, type Client, type Viewer } from "../../src/request/context";
import type { SharedBatches } from "../../src/request/shared-batches";
import type { OperationLimits } from "../../src/server/document-limits";
import { createGraphQLServer } from "../../src/server/graphql-server";
import { buildGraphQLSchema } from "../../src/server/schema";
import { resultOf, startSubscription } from "../../src/server/subscriptions";
import type { Services } from "../../src/request/services";
import { openTestDatabase } from "./database";
import type { Golden } from "./golden";
import { assertNoSecretsSaid, createTestLog, overhear } from "./log";
import { createTestServices } from "./services";
import { statementsOf } from "./statements";

export interface Result<Data> {
  data: Data;
  errors: readonly GraphQLFormattedError[];
  extensions?: Record<string, unknown>;
}

export interface ExecuteOptions {
  /** Who asks; nobody when left out. */
  as?: Viewer;
  /** The learner of a guest token. */
  guestId?: string;
  client?: Client;
  startedAt?: Date;
  /** Joins its reads with those of others. */
  sharing?: SharedBatches;
}

export interface TestApi {
  readonly database: Database;
  readonly services: Services;
  /** Lines that the server logged. */
  readonly log: readonly string[];
  /** Data and errors as a client gets them. */
  execute<Data, Variables extends Record<string, unknown>>(
    document: TypedDocumentNode<Data, Variables> | string,
    variables?: Variables,
    options?: ExecuteOptions,
  ): Promise<Result<Data>>;
  /** The data alone; fails the test when there are errors. */
  data<Data, Variables extends Record<string, unknown>>(
    document: TypedDocumentNode<Data, Variables> | string,
    variables?: Variables,
    options?: ExecuteOptions,
  ): Promise<Data>;
  /** Begins a subscription, runs `change`, and gives the first event; or why it did not begin. */
  firstEvent<Data>(document: string, change: () => Promise<unknown>, options?: ExecuteOptions): Promise<Result<Data>>;
  /** The SQL statements that `work` sends. */
  statements(work: () => Promise<unknown>): Promise<string[]>;
  close(): Promise<void>;
}

export interface TestApiOptions {
  golden: Golden;
  explain?: boolean;
  limits?: OperationLimits;
  services?: Partial<Services>;
}

export async function createTestApi({
  golden,
  services: givenServices,
  explain = false,
  limits = { maxDepth: 15, maxCost: 10_000 },
}: TestApiOptions): Promise<TestApi> {
  const database = await openTestDatabase({ golden });
  const services = await createTestServices(givenServices);
  const { log, lines } = createTestLog();
  const graphql = createGraphQLServer({
    schema: buildGraphQLSchema(),
    limits,
    introspection: true,
    operationTimeoutMs: 9_000,
    explain,
    log,
  });
  // Otherwise the first operation would start it, and a server that was never started refuses to stop.
  await graphql.start();
  const contextOf = ({ as, ...facts }: ExecuteOptions = {}) =>
    createContext({
      ...{ database, services, explain, ...facts },
      viewer: as ?? null,
      requestId: randomUUID(),
    });
  const execute: TestApi["execute"] = async (document, variables, options) => {
    const response = await graphql.executeOperation(
      { query: document, ...(variables ? { variables } : {}) },
      { contextValue: contextOf(options) },
    );
    if (response.body.kind !== "single") throw new Error("an answer in parts");
    const { errors } = response.body.singleResult;
    if (errors) overhear(JSON.stringify(errors));
    return asReceived(response.body.singleResult);
  };
  const onFault = (error: unknown) => log.error({ err: error });
  return {
    database,
    services,
    log: lines,
    execute,
    data: async (document, variables, options) => {
      const { data, errors } = await execute(document, variables, options);
      if (errors.length > 0) throw new Error(JSON.stringify(errors));
      return data;
    },
    firstEvent: async (document, change, options) => {
      await database.changes.start();
      const started = await startSubscription(graphql, { query: document }, contextOf(options), { onFault });
      if (!("args" in started)) return asReceived({ errors: started });
      try {
        await change();
        const { value } = await started.events.next();
        return asReceived(await resultOf(started, value, contextOf(options), { onFault }));
      } finally {
        await started.events.return?.();
      }
    },
    statements: work => statementsOf(database, work),
    close: async () => {
      await graphql.stop();
      await database.close();
      assertNoSecretsSaid();
    },
  };
}

/** Through JSON, as a client gets it: without prototypes. */
function asReceived<Data>({ data, errors, extensions }: Partial<Result<unknown>>): Result<Data> {
  return JSON.parse(JSON.stringify({ data: data ?? null, errors: errors ?? [], extensions })) as Result<Data>;
}

/** Fails unless `work` sends exactly `count` SQL statements; then it shows them. */
export async function expectStatements(api: TestApi, count: number, work: () => Promise<unknown>): Promise<void> {
  const sent = await api.statements(work);
  if (sent.length !== count)
    throw new Error(`expected ${count} statements, got ${sent.length}:\n${sent.join("\n---\n")}`);
}

/** Fails unless there is exactly one error and it has this code; returns it. */
export function expectCode(result: Result<unknown>, code: string): GraphQLFormattedError {
  expect(result.errors.map(error => error.extensions?.["code"])).toEqual([code]);
  return result.errors[0] as GraphQLFormattedError;
}
