// The HTTP surface: GraphQL over HTTP on /graphql, health checks, the playground. Everything is bounded before it is read.
import { randomUUID } from "node:crypto";
import type { IncomingMessage, Server } from "node:http";
import cookie from "@fastify/cookie";
import cors from "@fastify/cors";
import fastify, {
  LogController,
  type FastifyError,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
} from "fastify";
import type { Logger } from "pino";
import { AppError } from "../errors/app-error";
import { AcceptedTypes } from "./accepted-types";
import { createPeopleReader, type Authentication } from "./authentication";
import { answerEarly } from "./early-answers";
import { endpoint, registerGraphQL, type GraphQLEndpointOptions } from "./graphql-endpoint";
import { answerBrokenRequest, headersOfAll, maxBodyBytes, sendError } from "./http-errors";
import type { LiveLimits } from "./live-limits";
import { createLiveServer } from "./live-server";
import { logRequest } from "./log";
import { registerPlayground } from "./playground";
import type { Refusals } from "./refusals";
import { listenForUpgrades } from "./upgrade";

export interface HttpServerOptions extends Omit<GraphQLEndpointOptions, "authentication" | "acceptLive" | "types"> {
  /** Whether cookies are for HTTPS only. */
  secureCookies: boolean;
  /** Whether the database answers. */
  isReachable: () => Promise<boolean>;
  live: LiveLimits;
  log: Logger;
  corsOrigins: readonly string[];
  trustedProxyHops: number;
  /** Further ones are closed at once; 10,000 when left out. */
  maxConnections?: number | undefined;
  /** Told of connections and subscriptions that are too many; left out where nobody wants to know. */
  refusals?: Refusals | undefined;
}

/** Wires everything up; does not listen. */
export async function createHttpServer(options: HttpServerOptions): Promise<FastifyInstance> {
  const { log, database, services, corsOrigins, trustedProxyHops, playgroundDirectory, observation } = options;
  const answerError = (reply: FastifyReply, request: FastifyRequest, error: FastifyError | AppError) =>
    sendError(reply, request, error, log, code => observation?.failed(code));
  const app: FastifyInstance = fastify<Server>({
    // Its own notes are not for every log: requests and the address are logged here.
    loggerInstance: log.isLevelEnabled("info") ? log.child({}, { level: "warn" }) : log,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: maxBodyBytes,
    requestTimeout: 15_000,
    connectionTimeout: 30_000,
    keepAliveTimeout: 10_000,
    forceCloseConnections: "idle",
    // What arrives on an open connection while stopping is still answered.
    return503OnClosing: false,
    trustProxy: (_address, hop) => hop < trustedProxyHops,
    requestIdHeader: false,
    // What is logged of a request names it: nothing has to be made for each.
    childLoggerFactory: logger => logger,
    genReqId: requestIdOf,
    exposeHeadRoutes: false,
    http: { headersTimeout: 10_000, connectionsCheckingInterval: 5_000, maxHeaderSize: 16_384 },
    frameworkErrors: (error, request, reply) => void answerError(reply, request, error),
    clientErrorHandler: answerBrokenRequest,
  });
  app.server.maxConnections = options.maxConnections ?? 10_000;
  acceptJsonAlone(app);
  limitPipelining(app);
  app.addHook("onRequest", (request, reply, done) => {
    reply.headers(headersOfAll(request));
    done();
  });
  app.addHook("onResponse", (request, reply, done) => {
    logRequest(log, request.id, request.method, pathOf(request), reply.statusCode, reply.elapsedTime);
    done();
  });
  app.addHook("onSend", (_request, reply, payload, done) => {
    if (!options.isReady()) reply.header("connection", "close");
    done(null, payload);
  });
  app.setErrorHandler((error: FastifyError | AppError, request, reply) => answerError(reply, request, error));
  app.setNotFoundHandler((request, reply) =>
    answerError(reply, request, new AppError("NOT_FOUND", "There is nothing at this address.")),
  );

  await app.register(cookie);
  if (corsOrigins.length > 0) {
    await app.register(cors, {
      // A list of ours would still give the other headers to every origin.
      origin: (origin, done) => done(null, origin !== undefined && corsOrigins.includes(origin) ? origin : false),
      credentials: true,
      methods: ["GET", "POST"],
      exposedHeaders: ["x-request-id", "retry-after", "ratelimit-limit", "ratelimit-remaining", "ratelimit-reset"],
      strictPreflight: false,
      maxAge: 600,
    });
  }
  if (playgroundDirectory !== undefined) registerPlayground(app, { directory: playgroundDirectory, endpoint });
  registerHealth(app, options);
  registerKeys(app, options);
  const authentication: Authentication = {
    tokens: services.tokens,
    cookies: { secure: options.secureCookies },
    // The site that people open may be on this host behind a proxy that does not say so.
    trustedOrigins: [...corsOrigins, new URL(services.publicUrl).origin],
    people: createPeopleReader(database),
  };
  const live = createLiveServer({ ...options, authentication, limits: options.live });
  if (observation) observation.liveConnections = () => live.size;
  // Connections that stay open would keep the server from closing.
  app.addHook("preClose", () => live.stop());
  listenForUpgrades(app);
  const types = new AcceptedTypes();
  registerGraphQL(app, {
    ...options,
    ...{ authentication, types },
    acceptLive: live.accept,
  });
  // After CORS, whose preflights are OPTIONS.
  app.addHook("onRequest", (request, reply, done) => {
    if (request.method === "GET" || request.method === "POST" || pathOf(request) !== endpoint) return done();
    reply.header("allow", "GET, POST");
    done(new AppError("METHOD_NOT_ALLOWED", "Use POST, or GET for queries."));
  });
  const { cache } = options;
  if (cache) answerEarly(app, { ...options, path: endpoint, cache, types, requestIdOf });
  return app;
}

/** A browser sends any other type across origins without asking first. The text of the body is parsed when that turns out to be needed. */
function acceptJsonAlone(app: FastifyInstance): void {
  app.removeContentTypeParser(["text/plain", "application/json"]);
  app.addContentTypeParser("application/json", { parseAs: "string" }, (_request, text, done) => done(null, text));
}

/** Requests of one connection whose answers have not gone out yet. Browsers and proxies send one at a time. */
const mostPipelined = 10;

/** A few bytes ask for a lot: the answers to a client that sends on without reading would wait in memory. Such a connection is closed. */
function limitPipelining(app: FastifyInstance): void {
  const pending = new WeakMap<object, number>();
  app.addHook("onRequest", ({ raw: { socket } }, reply, done) => {
    const count = (pending.get(socket) ?? 0) + 1;
    pending.set(socket, count);
    if (count <= mostPipelined) return done();
    reply.hijack();
    socket.destroy();
  });
  app.addHook("onResponse", ({ raw: { socket } }, _reply, done) => {
    pending.set(socket, (pending.get(socket) ?? 1) - 1);
    done();
  });
}

function registerHealth(app: FastifyInstance, { isReachable, isReady }: HttpServerOptions): void {
  app.get("/livez", async (_request, reply) => reply.header("cache-control", "no-store").send({ status: "ok" }));
  app.get("/readyz", async (_request, reply) => {
    reply.header("cache-control", "no-store");
    const problem = !isReady() ? "stopping" : (await isReachable()) ? undefined : "database";
    return problem === undefined
      ? reply.send({ status: "ok" })
      : reply.code(503).send({ status: "unavailable", problem });
  });
}

/** The public keys of our tokens (RFC 7517), for services that want to check them by themselves. */
function registerKeys(app: FastifyInstance, { services }: HttpServerOptions): void {
  app.get("/.well-known/jwks.json", async (_request, reply) =>
    reply.header("cache-control", "public, max-age=300").send(services.tokens.publicKeys()),
  );
}

/** A request id from outside is kept when it can do no harm in a log. */
function requestIdOf({ headers }: Pick<IncomingMessage, "headers">): string {
  const given = headers["x-request-id"];
  return typeof given === "string" && /^[\w-]{8,64}$/.test(given) ? given : randomUUID();
}

function pathOf(request: FastifyRequest): string {
  return request.url.split("?", 1)[0] ?? request.url;
}
