// The HTTP surface: GraphQL over HTTP on /graphql, health checks, the playground. Everything is bounded before it is read.
import { randomUUID } from "node:crypto";
import type { Server } from "node:http";
import { isIP } from "node:net";
import cookie from "@fastify/cookie";
import cors from "@fastify/cors";
import fastify, { LogController, type FastifyError, type FastifyInstance, type FastifyRequest } from "fastify";
import { HeaderMap } from "@apollo/server";
import type { Logger } from "pino";
import type { Database } from "../db/database";
import { AppError } from "../errors/app-error";
import { sql } from "../db/sql";
import { createContext } from "../request/context";
import type { Services } from "../request/services";
import { identify } from "./authentication";
import { cookiesOf } from "./client-cookies";
import { checkDocumentText } from "./document-limits";
import type { GraphQLServer } from "./graphql-server";
import { answerBrokenRequest, headersOfAll, maxBodyBytes, sendError, unsupportedType } from "./http-errors";
import { registerPlayground, sendPlayground, wantsPlayground } from "./playground";
import { checkPreflight, checkRequest } from "./request-parameters";

export interface HttpServerOptions {
  graphql: GraphQLServer;
  database: Database;
  services: Services;
  /** Whether cookies are for HTTPS only. */
  secureCookies: boolean;
  /** Whether each operation is explained. */
  explain: boolean;
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
  const { log, corsOrigins, trustedProxyHops, playgroundDirectory } = options;
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
  registerGraphQL(app, options);
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

function registerGraphQL(app: FastifyInstance, options: HttpServerOptions): void {
  const { graphql, database, services, explain, playgroundDirectory, corsOrigins } = options;
  const cookies = { secure: options.secureCookies };
  // The site that people open may be on this host behind a proxy that does not say so.
  const trustedOrigins = [...corsOrigins, new URL(services.publicUrl).origin];
  const authentication = { database, tokens: services.tokens, cookies, trustedOrigins };
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
      if (playgroundDirectory !== undefined && wantsPlayground(request)) return sendPlayground(reply);
      checkPreflight(request);
      checkDocumentText(checkRequest(request));
      const identity = await identify(request, reply, authentication);
      const client = {
        address: addressOf(request),
        userAgent: request.headers["user-agent"]?.slice(0, 200) ?? null,
        cookies: cookiesOf(request, reply, cookies),
      };
      const response = await graphql.executeHTTPGraphQLRequest({
        httpGraphQLRequest: {
          method: request.method,
          headers: headerMap(request),
          search: request.url.includes("?") ? request.url.slice(request.url.indexOf("?")) : "",
          body: request.body,
        },
        context: async () => createContext({ database, services, ...identity, client, requestId: request.id, explain }),
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

/** Without the port that some proxies add. What a proxy tells that is no address counts as its own: never as one for each text. */
function addressOf({ ip, socket }: FastifyRequest): string {
  const told = ip.replace(/^\[(.+)\](:\d+)?$/, "$1").replace(/^([\d.]+):\d+$/, "$1");
  return isIP(told) === 0 ? (socket.remoteAddress ?? "::") : told;
}

function pathOf(request: FastifyRequest): string {
  return request.url.split("?", 1)[0] ?? request.url;
}
