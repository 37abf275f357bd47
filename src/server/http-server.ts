// The HTTP surface: GraphQL over HTTP on /graphql, health checks, the playground. Everything is bounded before it is read.
import { randomUUID } from "node:crypto";
import type { Server } from "node:http";
import cookie from "@fastify/cookie";
import cors from "@fastify/cors";
import fastify, { LogController, type FastifyError, type FastifyInstance, type FastifyRequest } from "fastify";
import { HeaderMap } from "@apollo/server";
import type { Logger } from "pino";
import type { Database } from "../db/database";
import { AppError } from "../errors/app-error";
import { sql } from "../db/sql";
import { createContext, type ClientCookies } from "../request/context";
import type { Services } from "../request/services";
import { createPeopleReader, guestHeader, identify, type Authentication, type Credentials } from "./authentication";
import { addressOf } from "./client-address";
import { cookiesOf } from "./client-cookies";
import { checkDocumentText } from "./document-limits";
import type { GraphQLServer } from "./graphql-server";
import { answerBrokenRequest, headersOfAll, maxBodyBytes, sendError, unsupportedType } from "./http-errors";
import type { LiveLimits } from "./live-limits";
import { createLiveServer, type LiveServer } from "./live-server";
import { registerPlayground, sendPlayground, wantsPlayground } from "./playground";
import { checkPreflight, checkRequest } from "./request-parameters";
import { listenForUpgrades, upgradeOf } from "./upgrade";

export interface HttpServerOptions {
  graphql: GraphQLServer;
  database: Database;
  services: Services;
  /** Whether cookies are for HTTPS only. */
  secureCookies: boolean;
  /** Whether each operation is explained. */
  explain: boolean;
  live: LiveLimits;
  log: Logger;
  corsOrigins: readonly string[];
  trustedProxyHops: number;
  /** Where the built playground is; left out: there is none. */
  playgroundDirectory?: string | undefined;
  /** Whether to take new work; false as soon as the server is asked to stop. */
  isReady: () => boolean;
}

const endpoint = "/graphql";
const jsonInUtf8 = /^application\/json\s*(;\s*charset\s*=\s*"?utf-?8"?\s*)?$/i;

/** Wires everything up; does not listen. */
export async function createHttpServer(options: HttpServerOptions): Promise<FastifyInstance> {
  const { log, database, services, corsOrigins, trustedProxyHops, playgroundDirectory } = options;
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
    genReqId: request => acceptedRequestId(request.headers["x-request-id"]) ?? randomUUID(),
    exposeHeadRoutes: false,
    http: { headersTimeout: 10_000, connectionsCheckingInterval: 5_000, maxHeaderSize: 16_384 },
    frameworkErrors: (error, request, reply) => void sendError(reply, request, error, log),
    clientErrorHandler: answerBrokenRequest,
  });
  app.server.maxConnections = 10_000;
  // JSON alone: a browser sends any other type across origins without asking first.
  app.removeContentTypeParser("text/plain");

  app.addHook("onRequest", async (request, reply) => {
    reply.headers(headersOfAll(request));
  });
  app.addHook("onResponse", async (request, reply) => {
    log.info(
      {
        requestId: request.id,
        method: request.method,
        path: pathOf(request),
        status: reply.statusCode,
        ms: Math.round(reply.elapsedTime),
      },
      "request",
    );
  });
  app.addHook("onSend", (_request, reply, payload, done) => {
    if (!options.isReady()) reply.header("connection", "close");
    done(null, payload);
  });
  app.setErrorHandler((error: FastifyError | AppError, request, reply) => sendError(reply, request, error, log));
  app.setNotFoundHandler((request, reply) =>
    sendError(reply, request, new AppError("NOT_FOUND", "There is nothing at this address."), log),
  );

  await app.register(cookie);
  if (corsOrigins.length > 0) {
    await app.register(cors, {
      // A list of ours would still give the other headers to every origin.
      origin: (origin, done) => done(null, origin !== undefined && corsOrigins.includes(origin) ? origin : false),
      credentials: true,
      methods: ["GET", "POST"],
      exposedHeaders: ["x-request-id", "retry-after"],
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
  // Connections that stay open would keep the server from closing.
  app.addHook("preClose", () => live.stop());
  listenForUpgrades(app);
  registerGraphQL(app, options, authentication, live);
  return app;
}

function registerHealth(app: FastifyInstance, { database, isReady }: HttpServerOptions): void {
  app.get("/livez", async (_request, reply) => reply.header("cache-control", "no-store").send({ status: "ok" }));
  app.get("/readyz", async (_request, reply) => {
    reply.header("cache-control", "no-store");
    const problem = !isReady() ? "stopping" : (await isReachable(database)) ? undefined : "database";
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

async function isReachable(database: Database): Promise<boolean> {
  try {
    await database.query(sql`SELECT 1`);
    return true;
  } catch {
    return false;
  }
}

function registerGraphQL(
  app: FastifyInstance,
  options: HttpServerOptions,
  authentication: Authentication,
  live: LiveServer,
): void {
  const { graphql, database, services, explain, playgroundDirectory, isReady } = options;
  const { cookies } = authentication;
  app.route({
    method: ["GET", "POST"],
    url: endpoint,
    onRequest: async request => {
      const type = request.headers["content-type"];
      if (request.method === "POST" && type !== undefined && !jsonInUtf8.test(type)) {
        throw new AppError("UNSUPPORTED_MEDIA_TYPE", unsupportedType);
      }
      // A compressed body would be read before its real size is known.
      if (request.headers["content-encoding"] !== undefined && request.headers["content-encoding"] !== "identity") {
        throw new AppError("UNSUPPORTED_MEDIA_TYPE", "Send the body uncompressed.");
      }
    },
    handler: async (request, reply) => {
      const upgrade = upgradeOf(request);
      if (upgrade) {
        if (!isReady()) throw new AppError("SERVICE_UNAVAILABLE", "The server is stopping. Try again.");
        live.accept(request, upgrade);
        return reply.hijack();
      }
      if (playgroundDirectory !== undefined && wantsPlayground(request)) return sendPlayground(reply);
      checkPreflight(request);
      checkDocumentText(checkRequest(request));
      const client = {
        address: addressOf(request),
        userAgent: request.headers["user-agent"]?.slice(0, 200) ?? null,
        cookies: cookiesOf(request, reply, cookies),
      };
      const { viewer, guestId } = await identify(request, credentialsOf(request, client.cookies), authentication);
      const response = await graphql.executeHTTPGraphQLRequest({
        httpGraphQLRequest: {
          method: request.method,
          headers: headerMap(request),
          search: request.url.includes("?") ? request.url.slice(request.url.indexOf("?")) : "",
          body: request.body,
        },
        context: async () =>
          createContext({ database, services, viewer, guestId, client, requestId: request.id, explain }),
      });
      for (const [name, value] of response.headers) reply.header(name, value);
      if (!reply.hasHeader("cache-control")) reply.header("cache-control", "no-store");
      reply.code(response.status ?? 200);
      if (response.body.kind === "complete") return reply.send(response.body.string);
      // Incremental delivery is not in the schema, so Apollo has nothing to send in parts.
      throw new Error("an answer in parts");
    },
  });
  // After CORS, whose preflights are OPTIONS.
  app.addHook("onRequest", async (request, reply) => {
    if (pathOf(request) !== endpoint || request.method === "GET" || request.method === "POST") return;
    reply.header("allow", "GET, POST");
    throw new AppError("METHOD_NOT_ALLOWED", "Use POST, or GET for queries.");
  });
}

function credentialsOf({ headers }: FastifyRequest, cookies: ClientCookies): Credentials {
  const guestToken = headers[guestHeader];
  return {
    authorization: headers.authorization,
    guestToken: typeof guestToken === "string" ? guestToken : undefined,
    forgetCookie: token => cookies.clear(token),
  };
}

function headerMap(request: FastifyRequest): HeaderMap {
  const headers = new HeaderMap();
  for (const [name, value] of Object.entries(request.headers)) {
    if (value !== undefined) headers.set(name, Array.isArray(value) ? value.join(", ") : value);
  }
  return headers;
}

/** A request id from outside is kept when it can do no harm in a log. */
function acceptedRequestId(header: string | string[] | undefined): string | undefined {
  return typeof header === "string" && /^[\w-]{8,64}$/.test(header) ? header : undefined;
}

function pathOf(request: FastifyRequest): string {
  return request.url.split("?", 1)[0] ?? request.url;
}
