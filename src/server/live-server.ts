// Subscriptions over WebSockets, by the protocol graphql-transport-ws: who may connect, for how long, and how much at once (docs/live.md).
import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import type { FastifyRequest } from "fastify";
import { GraphQLError, type ExecutionArgs, type ExecutionResult, type GraphQLFormattedError } from "graphql";
import { handleProtocols, makeServer } from "graphql-ws";
import type { Logger } from "pino";
import { WebSocketServer } from "ws";
import { networkOf } from "../auth/attempts";
import { createGate } from "../auth/gate";
import type { Change } from "../db/change-set";
import type { Database } from "../db/database";
import { AppError, unavailable } from "../errors/app-error";
import { within } from "../errors/deadline";
import type { Charge } from "../request/charge";
import { createContext, type Identity, type RequestContext, type RequestFacts } from "../request/context";
import type { OperationRecord } from "../request/operation-record";
import type { Services } from "../request/services";
import { assertOwnSite, type Authentication } from "./authentication";
import { addressOf } from "./client-address";
import { askerOf, type CostBudget } from "./cost-budget";
import { checkDocumentText } from "./document-limits";
import { formatError, maskedError, type ErrorListeners } from "./error-format";
import type { GraphQLServer } from "./graphql-server";
import { maxBodyBytes } from "./http-errors";
import { closings, LiveConnection } from "./live-connection";
import type { LiveLimits } from "./live-limits";
import type { Load } from "./load";
import type { Observation } from "./observation";
import type { PersistedDocuments } from "./persisted-documents";
import type { Refusals } from "./refusals";
import { checkParameters } from "./request-parameters";
import { resultOf, startSubscription, type RunningSubscription } from "./subscriptions";
import type { Upgrade } from "./upgrade";

export interface LiveServerOptions {
  graphql: GraphQLServer;
  database: Database;
  services: Services;
  authentication: Authentication;
  documents: PersistedDocuments;
  limits: LiveLimits;
  load: Load;
  /** Longest time for the answer to one event; then the client gets an error in its place. */
  operationTimeoutMs: number;
  /** What subscriptions and their events are paid from; left out, they cost nothing. */
  budget?: CostBudget | undefined;
  /** Told of connections and subscriptions that are too many; left out where nobody wants to know. */
  refusals?: Refusals | undefined;
  observation?: Observation | undefined;
  log: Logger;
}

export interface LiveServer {
  /** How many connections are open. */
  readonly size: number;
  /**
   * Makes a WebSocket of a request that asks for one.
   * @throws AppError FORBIDDEN for a page of another site, RATE_LIMITED when there are too many; then nothing has been sent.
   */
  accept(request: FastifyRequest, upgrade: Upgrade): void;
  /** Closes all connections, and resolves when they are closed and nothing runs for them any more. */
  stop(): Promise<void>;
}

/** So many events are worked on at once: thousands of clients may be sent the same change, and requests must be served beside them. */
const concurrentEvents = 4;
/** How often it is looked whether a budget that was used up has room again. */
const payEveryMs = 1_000;
/** Ids of subscriptions are the client's, and are repeated in each message. */
const maxIdLength = 100;

export function createLiveServer(options: LiveServerOptions): LiveServer {
  const {
    graphql,
    database,
    services,
    authentication,
    documents,
    limits,
    load,
    budget,
    refusals,
    observation,
    log,
    operationTimeoutMs,
  } = options;
  const connections = new Set<LiveConnection>();
  const running = new Set<Promise<unknown>>();
  const inTurn = createGate(concurrentEvents, Infinity, () => new Error("too many events wait"));
  const listeners: ErrorListeners = {
    onFault: (error, requestId) => log.error({ err: error, requestId }, "a subscription met a fault"),
    onError: code => observation?.failed(code),
  };
  const sockets = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    maxPayload: maxBodyBytes,
    handleProtocols: protocols => handleProtocols(protocols),
  });

  const protocol = makeServer<Record<string, unknown>, { connection: LiveConnection }>({
    connectionInitWaitTimeout: limits.initTimeoutMs,
    onConnect: context => {
      const { connectionParams = {}, extra } = context;
      // Kept by the library for as long as the connection lasts.
      Object.assign(context, { connectionParams: {} });
      return extra.connection.identify(connectionParams);
    },
    onSubscribe: async ({ extra: { connection }, subscriptions }, id, payload) => {
      const requestId = randomUUID();
      try {
        const charge = budget?.open(connection.asker);
        charge?.begin();
        if (id.length > maxIdLength) throw new AppError("BAD_REQUEST", `An id has at most ${maxIdLength} characters.`);
        if (Object.keys(subscriptions).length > limits.maxSubscriptions) {
          refusals?.add("subscriptions", askerOf(null, connection.client.address));
          throw new AppError("RATE_LIMITED", `A connection has at most ${limits.maxSubscriptions} subscriptions.`);
        }
        checkDocumentText(checkParameters({ ...payload }, documents));
        const identity = await connection.checkedIdentity();
        if (!identity) return [new ClientError({ message: "The connection is closed." })];
        const context = contextOf(connection, identity, { requestId, ...(charge ? { charge } : {}) });
        const { query, variables, operationName } = payload;
        await load.turn(connection.client.address);
        const started = await startSubscription(
          graphql,
          { query, variables: variables ?? {}, operationName: operationName ?? undefined },
          context,
          listeners,
        );
        // Kept by the library for as long as the subscription runs, which needs its id alone.
        Object.assign(payload, { query: "", variables: null, extensions: null });
        return "args" in started
          ? { ...started.args, started, connection }
          : started.map(error => new ClientError(error));
      } catch (error) {
        return [new ClientError(formatted(error, requestId))];
      }
    },
    // The library's own, and what it was thrown, in its own words.
    onError: (_context, _id, _payload, errors) =>
      errors.map(error =>
        error instanceof ClientError ? error.toJSON() : maskedError(error, { ...listeners, requestId: randomUUID() }),
      ),
    subscribe: args => {
      const { started, connection } = args as unknown as Prepared;
      return resultsOf(started, connection);
    },
  });

  function contextOf(
    { client }: LiveConnection,
    identity: Identity,
    facts: Pick<RequestFacts, "requestId" | "charge" | "record" | "isOver">,
  ): RequestContext {
    return createContext({ ...{ database, services, client }, ...identity, ...facts });
  }

  /** Ends when the connection does. By hand: an async generator cannot be ended while it waits. */
  function resultsOf(
    started: RunningSubscription,
    connection: LiveConnection,
  ): AsyncIterableIterator<object, undefined> {
    const { events } = started;
    const ending = new AbortController();
    const end = async () => {
      ending.abort();
      await events.return?.();
      return { done: true, value: undefined } as const;
    };
    return {
      [Symbol.asyncIterator]() {
        return this;
      },
      next: async () => {
        try {
          const event = await events.next();
          const value = event.done ? null : await tracked(deliver(started, connection, event.value, ending.signal));
          return value && !ending.signal.aborted ? { done: false, value } : await end();
        } catch (error) {
          await end();
          throw error;
        }
      },
      return: end,
    };
  }

  function formatted(error: unknown, requestId: string): GraphQLFormattedError {
    const graphqlError =
      error instanceof GraphQLError ? error : new GraphQLError("", { originalError: error as Error });
    return formatError(graphqlError.toJSON(), graphqlError, { ...listeners, requestId });
  }

  /**
   * The answer to an event, once the asker's budget has room for what it may cost; what changes meanwhile is one event after this one. It is
   * paid in its turn, so that what waits for that keeps nothing from others. Null when nobody waits for it any more.
   */
  async function deliver(
    started: RunningSubscription,
    connection: LiveConnection,
    event: unknown,
    ending: AbortSignal,
  ): Promise<ExecutionResult | null> {
    const hasRoom = () => !budget || budget.remaining(connection.asker) >= started.cost;
    const isOver = () => ending.aborted || !connection.isOpen();
    while (!isOver()) {
      if (hasRoom()) {
        const outcome = await inTurn(async () => {
          if (isOver()) return { result: null };
          const charge = budget?.tryOpen(connection.asker, started.cost);
          return charge === null ? null : { result: await answer(started, connection, event, charge, isOver) };
        }, connection.network);
        if (outcome) return outcome.result;
      }
      await delay(payEveryMs, undefined, { ref: false, signal: ending }).catch(() => undefined);
    }
    return null;
  }

  async function answer(
    started: RunningSubscription,
    connection: LiveConnection,
    event: unknown,
    charge: Charge | undefined,
    isOver: () => boolean,
  ): Promise<ExecutionResult | null> {
    // Null when the connection was closed, perhaps because its token does not count any more.
    const identity = await connection.checkedIdentity();
    if (!identity) {
      charge?.settle(0);
      return null;
    }
    const requestId = randomUUID();
    const make = async (record?: OperationRecord) => {
      const time = { isOver: false };
      const facts = { requestId, charge, isOver: () => time.isOver || isOver(), ...(record ? { record } : {}) };
      if (record) record.cost = started.cost;
      const work = resultOf(started, event, contextOf(connection, identity, facts), listeners).then(made => {
        charge?.settle(started.costOf(made.data));
        return made;
      });
      const made = await within(operationTimeoutMs, work, () => {
        time.isOver = true;
        return unavailable(new Error(`an event took longer than ${operationTimeoutMs} ms`));
      }).catch((error: unknown) => ({ data: null, errors: [formatted(error, requestId)] }));
      record?.failed(made.errors);
      return made;
    };
    const { errors, ...result } = await (observation?.event(requestId, started.facts, make) ?? make());
    return {
      ...result,
      ...(charge ? { extensions: { cost: charge.report } } : {}),
      ...(errors ? { errors: errors.map(error => new ClientError(error)) } : {}),
    };
  }

  async function tracked<T>(work: Promise<T>): Promise<T> {
    running.add(work);
    try {
      return await work;
    } finally {
      running.delete(work);
    }
  }

  const endListening = database.changes.subscribe({ changed: change => recheck(connections, change) });
  const pingAll = () => connections.forEach(connection => connection.ping());
  // After whatever has arrived was read: a server that was busy itself has not heard the last answers yet.
  const keepAlive = setInterval(() => setImmediate(pingAll), limits.keepAliveMs).unref();

  return {
    get size() {
      return connections.size;
    },
    accept: (request, { socket, head }) => {
      assertOwnSite(request, authentication.trustedOrigins);
      const address = addressOf(request);
      const asking = networkOf(address);
      const ofAddress = [...connections].filter(({ network }) => network === asking).length;
      if (connections.size >= limits.maxConnections || ofAddress >= limits.maxConnectionsPerAddress) {
        refusals?.add("connections", askerOf(null, address));
        throw new AppError("RATE_LIMITED", "There are too many connections.", { retryAfterSeconds: 10 });
      }
      sockets.handleUpgrade(request.raw, socket, head, webSocket => {
        const connection = new LiveConnection(webSocket, request, { authentication, limits, load, log });
        connections.add(connection);
        const closed = protocol.opened(connection.transport, { connection });
        webSocket.once("close", (code, reason) => {
          connections.delete(connection);
          connection.closed(code);
          void closed(code, String(reason));
        });
      });
    },
    stop: async () => {
      endListening();
      clearInterval(keepAlive);
      await Promise.all([...connections].map(connection => connection.end(closings.stopping)));
      await Promise.allSettled(running);
    },
  };
}

type Prepared = ExecutionArgs & { started: RunningSubscription; connection: LiveConnection };

/** Sign-ins that end, roles that change: connections of these people are looked at now, and not only when they are sent something. */
function recheck(connections: Iterable<LiveConnection>, { type, ids }: Change): void {
  if (type !== "Learner") return;
  for (const connection of connections) {
    if (ids === "all" || ids.some(id => connection.isOf(id))) void connection.checkedIdentity();
  }
}

/** An error in the very form in which a client is to get it. */
class ClientError extends GraphQLError {
  readonly #formatted: GraphQLFormattedError;

  constructor(formatted: GraphQLFormattedError) {
    super(formatted.message);
    this.#formatted = formatted;
  }

  override toJSON(): GraphQLFormattedError {
    return this.#formatted;
  }
}
