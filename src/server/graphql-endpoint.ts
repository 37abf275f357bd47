// GraphQL over HTTP on /graphql: who asks, what is asked, and the shortest way to the answer.
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { HeaderMap } from "@apollo/server";
import type { Database } from "../db/database";
import { AppError } from "../errors/app-error";
import { createContext, type Client, type ClientCookies } from "../request/context";
import { Reads } from "../request/reads";
import type { Services } from "../request/services";
import type { SharedBatches } from "../request/shared-batches";
import { AcceptedTypes } from "./accepted-types";
import { guestHeader, identify, type Authentication, type Credentials, type Identified } from "./authentication";
import { canonicalJson } from "./canonical-json";
import { addressOf } from "./client-address";
import { cookiesOf } from "./client-cookies";
import { checkDocumentText } from "./document-limits";
import type { GraphQLServer } from "./graphql-server";
import { unsupportedType } from "./http-errors";
import type { KnownOperations, OperationRequest } from "./known-operations";
import { sendPlayground, wantsPlayground } from "./playground";
import { checkPreflight, readRequest } from "./request-parameters";
import { answerOf, isKeepable, typeOfTag, type CachedAnswer, type ResponseCache } from "./response-cache";
import { upgradeOf, type Upgrade } from "./upgrade";

export interface GraphQLEndpointOptions {
  graphql: GraphQLServer;
  database: Database;
  services: Services;
  authentication: Authentication;
  /** Whether each operation is explained. */
  explain: boolean;
  /** Queries that need not go through Apollo Server; left out, all do. */
  known?: KnownOperations | undefined;
  /** Keeps answers; left out, each is made anew. */
  cache?: ResponseCache | undefined;
  /** Joins the reads of concurrent requests; left out, each reads for itself. */
  sharing?: SharedBatches | undefined;
  /** Takes a connection over for subscriptions. */
  acceptLive: (request: FastifyRequest, upgrade: Upgrade) => void;
  /** Where the built playground is; left out: there is none. */
  playgroundDirectory?: string | undefined;
  /** Whether to take new work; false as soon as the server is asked to stop. */
  isReady: () => boolean;
}

export const endpoint = "/graphql";
const jsonInUtf8 = /^application\/json\s*(;\s*charset\s*=\s*"?utf-?8"?\s*)?$/i;

export function registerGraphQL(app: FastifyInstance, options: GraphQLEndpointOptions): void {
  const { authentication, acceptLive, playgroundDirectory, isReady } = options;
  const answer = answering(options);
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
        acceptLive(request, upgrade);
        return reply.hijack();
      }
      if (playgroundDirectory !== undefined && wantsPlayground(request)) return sendPlayground(reply);
      checkPreflight(request);
      const asked = readRequest(request);
      checkDocumentText(asked.query);
      const client = {
        address: addressOf(request),
        userAgent: request.headers["user-agent"]?.slice(0, 200) ?? null,
        cookies: cookiesOf(request, reply, authentication.cookies),
      };
      const identified = await identify(request, credentialsOf(request, client.cookies), authentication);
      return answer(request, reply, asked, identified, client);
    },
  });
}

type Answering = (
  request: FastifyRequest,
  reply: FastifyReply,
  asked: OperationRequest,
  identified: Identified,
  client: Client,
) => Promise<FastifyReply>;

function answering(options: GraphQLEndpointOptions): Answering {
  const { graphql, database, services, explain, known, sharing, cache } = options;
  const types = new AcceptedTypes();
  return async (request, reply, asked, { viewer, guestId }, client) => {
    const isAnonymous = viewer === null && guestId === null;
    const context = (reads?: Reads) =>
      createContext({
        ...{ database, services, viewer, guestId, client, explain, requestId: request.id },
        ...(sharing ? { sharing } : {}),
        ...(reads ? { reads } : {}),
      });
    const { accept } = request.headers;
    const type = known && types.of(accept);
    if (known && type !== undefined) {
      const key = cache && keyOf(asked);
      const kept = key === undefined ? null : cache?.get(key, isAnonymous);
      if (kept) return sendAnswer(request, reply, kept, type);
      const making = cache?.begin();
      const reads = new Reads();
      const found = await known.execute(asked, () => context(reads));
      if (found) {
        const text = `${JSON.stringify(found.result)}\n`;
        if (!isKeepable(reads, isAnonymous))
          return reply.header("content-type", type).headers(privateHeaders).send(text);
        const answer = answerOf(text, reads, found.maxAge);
        if (key !== undefined && making) cache?.keep(key, answer, reads, making, isAnonymous);
        return sendAnswer(request, reply, answer, type);
      }
    }
    const {
      headers,
      body,
      status = 200,
    } = await graphql.executeHTTPGraphQLRequest({
      httpGraphQLRequest: {
        method: request.method,
        headers: headerMap(request),
        search: request.url.includes("?") ? request.url.slice(request.url.indexOf("?")) : "",
        body: request.body,
      },
      context: async () => context(),
    });
    // Incremental delivery is not in the schema, so Apollo has nothing to send in parts.
    if (body.kind !== "complete") throw new Error("an answer in parts");
    for (const [name, value] of headers) reply.header(name, value);
    if (!reply.hasHeader("cache-control")) reply.headers(privateHeaders);
    if (status === 200) types.learn(accept, headers.get("content-type"));
    return reply.code(status).send(body.string);
  };
}

const privateHeaders = { "cache-control": "no-store" };

/** What the answer depends on beside the address and the body. */
const varyingHeaders = "accept, authorization, cookie, x-guest-token, origin";

/** Of more entities than this, a CDN is told the types. */
const mostTags = 100;

/** An answer that is the same for everybody who asks as this client does. */
function sendAnswer(request: FastifyRequest, reply: FastifyReply, answer: CachedAnswer, type: string): FastifyReply {
  reply.header("content-type", type).header("etag", answer.etag).header("vary", varyingHeaders);
  if (request.method !== "GET") return reply.headers(privateHeaders).send(answer.body);
  const { body, etag, tags, maxAge } = answer;
  reply.header("cache-control", maxAge === 0 ? "no-cache" : `public, max-age=${maxAge}`);
  reply.header("cache-tag", tags.length <= mostTags ? tags.join() : [...new Set(tags.map(typeOfTag))].join());
  return hasTag(request.headers["if-none-match"], etag) ? reply.code(304).send() : reply.send(body);
}

/** RFC 9110, 13.1.2; weakly compared. */
function hasTag(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false;
  return header.trim() === "*" || header.split(",").some(given => given.trim().replace(/^W\//, "") === etag);
}

const keyOf = ({ query, operationName, variables }: OperationRequest): string =>
  `${operationName ?? ""}\n${canonicalJson(variables)}\n${query}`;

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
