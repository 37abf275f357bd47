// GraphQL over HTTP on /graphql: who asks, what is asked, and the shortest way to the answer.
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { HeaderMap } from "@apollo/server";
import type { Database } from "../db/database";
import { AppError, isUnavailable, unavailable } from "../errors/app-error";
import { within } from "../errors/deadline";
import { hasRole } from "../graphql/access";
import { createContext, type Client, type ClientCookies } from "../request/context";
import { Reads } from "../request/reads";
import type { Services } from "../request/services";
import type { SharedBatches } from "../request/shared-batches";
import { acceptsJsonAlone, type AcceptedTypes } from "./accepted-types";
import { guestHeader, identify, type Authentication, type Credentials, type Identified } from "./authentication";
import { canonicalJson } from "./canonical-json";
import { addressOf } from "./client-address";
import { cookiesOf } from "./client-cookies";
import { chargeRequests, commonReport, jsonOfReport, privateHeaders, reportOf } from "./charged-request";
import type { CostBudget } from "./cost-budget";
import { checkDocumentText } from "./document-limits";
import type { GraphQLServer } from "./graphql-server";
import { unsupportedType } from "./http-errors";
import type { KnownOperations, OperationRequest } from "./known-operations";
import type { Load } from "./load";
import type { Observation } from "./observation";
import type { OperationRecord } from "../request/operation-record";
import type { PersistedDocuments } from "./persisted-documents";
import { sendPlayground, wantsPlayground } from "./playground";
import { repeatedAnswer, textOf } from "./repeats";
import { checkPreflight, preflightHeader, readRequest } from "./request-parameters";
import {
  answerOf,
  bodyOf,
  cacheStatus,
  isKeepable,
  tailOf,
  typeOfTag,
  type CachedAnswer,
  type ResponseCache,
} from "./response-cache";
import type { SharedAnswers } from "./shared-answers";
import { upgradeOf, type Upgrade } from "./upgrade";
import { utf8 } from "./utf8";

export interface GraphQLEndpointOptions {
  graphql: GraphQLServer;
  database: Database;
  services: Services;
  authentication: Authentication;
  /** What is taken on, and what is refused at once. */
  load: Load;
  /** Whether each operation is explained. */
  explain: boolean;
  /** Longest time for one operation; then the client is told to try again. */
  operationTimeoutMs: number;
  /** Queries that need not go through Apollo Server; left out, all do. */
  known?: KnownOperations | undefined;
  documents: PersistedDocuments;
  /** Keeps answers; left out, each is made anew. */
  cache?: ResponseCache | undefined;
  /** Answers of other servers; left out, there are none. */
  shared?: SharedAnswers | undefined;
  /** Content types that were answered. */
  types: AcceptedTypes;
  /** What each asker may ask for; left out, there is no end to it. */
  budget?: CostBudget | undefined;
  /** Joins the reads of concurrent requests; left out, each reads for itself. */
  sharing?: SharedBatches | undefined;
  /** Takes a connection over for subscriptions. */
  acceptLive: (request: FastifyRequest, upgrade: Upgrade) => void;
  /** Where the built playground is; left out: there is none. */
  playgroundDirectory?: string | undefined;
  /** Told of each operation; left out where nobody watches. */
  observation?: Observation | undefined;
  /** Whether to take new work; false as soon as the server is asked to stop. */
  isReady: () => boolean;
}

export const endpoint = "/graphql";
/** Characters: longer JSON can be made to take milliseconds. */
const longestParsedAtOnce = 8_000;
const jsonInUtf8 = /^application\/json\s*(;\s*charset\s*=\s*"?utf-?8"?\s*)?$/i;

export function registerGraphQL(app: FastifyInstance, options: GraphQLEndpointOptions): void {
  const {
    authentication,
    cache,
    types,
    acceptLive,
    playgroundDirectory,
    documents,
    budget,
    load,
    observation,
    operationTimeoutMs,
    isReady,
  } = options;
  const parseJson = jsonParser(app);
  const answer = answering(options);
  const charge = chargeRequests(app, budget);
  const serve = (request: FastifyRequest, reply: FastifyReply, record: OperationRecord | null) => {
    checkPreflight(request);
    const text = textOf(request);
    const type = types.of(request.headers.accept);
    const repeated = type === undefined ? null : repeatedAnswer(cache, request, text);
    if (type !== undefined && repeated) {
      charge(request, null, addressOf(request));
      record?.answered("repeat", repeated.facts);
      return sendAnswer(request, reply, repeated, type, "hit");
    }
    const answer = () => read(request, reply, { text, type, record });
    return observation && record ? observation.within(record, answer) : answer();
  };
  const understand = async (request: FastifyRequest, reply: FastifyReply, address: string) => {
    if (typeof request.body === "string") {
      if (request.body.length > longestParsedAtOnce) await load.turn(address);
      request.body = parseJson(request, request.body);
    }
    const asked = readRequest(request, documents);
    const client = {
      address,
      userAgent: request.headers["user-agent"]?.slice(0, 200) ?? null,
      cookies: cookiesOf(request, reply, authentication.cookies),
    };
    const identified = await identify(request, credentialsOf(request, client.cookies), authentication);
    return { asked, client, identified };
  };
  const read = async (request: FastifyRequest, reply: FastifyReply, noted: Noted) => {
    const address = addressOf(request);
    const leave = load.enter(address);
    const work = async () => {
      try {
        const { asked, client, identified } = await understand(request, reply, address).catch((error: unknown) => {
          // Whose it is, nobody knows: what cannot be understood is not free either. Unless it is for a fault of the server's.
          if (!isUnavailable(error)) charge(request, null, address);
          throw error;
        });
        charge(request, identified.viewer, address);
        await answer(request, reply, asked, noted, identified, client);
      } finally {
        leave();
      }
    };
    await within(operationTimeoutMs, work(), () => {
      request.log.warn({ requestId: request.id }, "an operation took too long");
      return unavailable(new Error(`an operation took longer than ${operationTimeoutMs} ms`));
    });
    // Of a client that has left, there is nothing more to do.
    return reply.sent ? reply : reply.hijack();
  };
  app.route({
    method: ["GET", "POST"],
    url: endpoint,
    onRequest: ({ method, headers }, _reply, done) => {
      const { "content-type": type, "content-encoding": encoding } = headers;
      if (method === "POST" && type !== undefined && type !== "application/json" && !jsonInUtf8.test(type)) {
        return done(new AppError("UNSUPPORTED_MEDIA_TYPE", unsupportedType));
      }
      // A compressed body would be read before its real size is known.
      if (encoding !== undefined && encoding !== "identity") {
        return done(new AppError("UNSUPPORTED_MEDIA_TYPE", "Send the body uncompressed."));
      }
      done();
    },
    handler: async (request, reply) => {
      const upgrade = upgradeOf(request);
      if (upgrade) {
        if (!isReady()) throw new AppError("SERVICE_UNAVAILABLE", "The server is stopping. Try again.");
        charge(request, null, addressOf(request));
        acceptLive(request, upgrade);
        return reply.hijack();
      }
      if (playgroundDirectory !== undefined && wantsPlayground(request)) return sendPlayground(reply);
      if (!observation) return serve(request, reply, null);
      return observation.request(request, reply, record => serve(request, reply, record));
    },
  });
}

/** What is known of a request before it is read. */
interface Noted {
  /** The request, as it came. */
  readonly text: string;
  /** The content type of a good answer; undefined when Apollo Server has to find it out. */
  readonly type: string | undefined;
  /** What is noted of it; null where nobody watches. */
  readonly record: OperationRecord | null;
}

type Answering = (
  request: FastifyRequest,
  reply: FastifyReply,
  asked: OperationRequest,
  noted: Noted,
  identified: Identified,
  client: Client,
) => Promise<void>;

/** The ways to an answer, the shortest first. Resolves when it was sent, not when it has arrived; sends nothing when nobody waits for it. */
function answering(options: GraphQLEndpointOptions): Answering {
  const { types, graphql, database, services, load, explain, known, sharing, cache, shared, budget } = options;
  return async (request, reply, asked, { text, type, record }, { viewer, guestId }, client) => {
    const isAnonymous = viewer === null && guestId === null;
    const isOver = () => reply.sent || reply.raw.destroyed;
    // What an editor has just published through another instance may not have been heard here yet.
    const isEditor = viewer !== null && hasRole(viewer, "EDITOR");
    const context = (reads: Reads | null, mayLag: boolean) =>
      createContext({
        database,
        services,
        viewer,
        guestId,
        client,
        explain,
        sharing,
        reads,
        mayLag,
        isOver,
        record,
        requestId: request.id,
        charge: request.charge,
      });
    const key = cache ? keyOf(asked) : "";
    if (known && type !== undefined) {
      const kept = isEditor ? null : cache?.get(key, isAnonymous);
      if (kept) {
        cache?.learn(text, key);
        record?.answered("cache", kept.facts);
        sendAnswer(request, reply, kept, type, "hit");
        return;
      }
      // Nothing that is one asker's is there, so who may ask for that is not kept waiting.
      if (shared && isAnonymous && (await shared.fetch(key, asked))) {
        const found = cache?.get(key, isAnonymous);
        if (isOver()) return;
        if (found) {
          record?.answered("shared", found.facts);
          sendAnswer(request, reply, found, type, "hit");
          return;
        }
      }
      if (record) record.missed = cache !== undefined;
      const making = cache?.begin();
      // Where nobody keeps the answer, nobody has to know what it was made from.
      const reads = cache || request.method === "GET" ? new Reads() : null;
      const found = await known.execute(asked, () => context(reads, !isEditor));
      if (isOver()) return;
      if (found) {
        const { json, cost, maxAge, facts } = found;
        record?.answered("compiled", facts, cost);
        if (!reads || !isKeepable(reads, isAnonymous)) {
          const report = reportOf(request);
          reply.header("content-type", type).headers(privateHeaders(report));
          reply.send(utf8(`{"data":${json}${tailOf(jsonOfReport(report))}`));
          return;
        }
        const answer = answerOf({ json, reads, maxAge, cost, facts }, commonReport(cost, budget));
        if (cache && making && cache.keep(key, answer, reads, making, isAnonymous)) shared?.put(key, answer, reads);
        sendAnswer(request, reply, answer, type, "miss");
        return;
      }
    }

    await load.turn(client.address);
    checkDocumentText(asked.query);
    record?.answered("apollo");
    const { headers, body, ...rest } = await graphql.executeHTTPGraphQLRequest({
      httpGraphQLRequest: httpRequestOf(request, asked),
      context: async () => context(null, false),
    });
    // Incremental delivery is not in the schema, so Apollo has nothing to send in parts.
    if (body.kind !== "complete") throw new Error("an answer in parts");
    if (isOver()) return;
    const status = rest.status === 400 && acceptsJsonAlone(request.headers.accept) ? 200 : (rest.status ?? 200);
    for (const [name, value] of headers) reply.header(name, value);
    reply.headers(privateHeaders(reportOf(request)));
    if (rest.status === undefined || rest.status === 200)
      types.learn(request.headers.accept, headers.get("content-type"));
    reply.code(status).send(body.string);
  };
}

/** The request as Apollo Server reads it, the document in the place of its id. */
function httpRequestOf(request: FastifyRequest, { query, operationName, variables }: OperationRequest) {
  const { method } = request;
  const named: Record<string, string> = operationName === null ? {} : { operationName };
  const headers = headerMap(request);
  if (method !== "GET") return { method, headers, search: "", body: { query, variables, ...named } };
  // Whether it is needed, checkPreflight has said: of Apollo Server's own check, persisted documents are no exception.
  headers.set(preflightHeader, "1");
  const search = new URLSearchParams({ query, variables: JSON.stringify(variables), ...named });
  return { method, headers, search: `?${search.toString()}`, body: undefined };
}

/** Fastify's own parser, for a body that is still text. @throws FastifyError for what is no JSON. */
function jsonParser(app: FastifyInstance): (request: FastifyRequest, text: string) => unknown {
  const parse = app.getDefaultJsonParser("error", "ignore");
  return (request, text) => {
    const outcome: { error?: Error | null; value?: unknown } = {};
    // Calls back at once.
    void parse(request, text, (error, value: unknown) => void Object.assign(outcome, { error, value }));
    if (outcome.error) throw outcome.error;
    return outcome.value;
  };
}

/** What the answer depends on beside the address and the body. */
const varyingHeaders = "accept, authorization, cookie, x-guest-token, origin";

/** Of more entities than this, a CDN is told the types. */
const mostTags = 100;

/**
 * An answer that is the same for everybody who asks as this client does: with the state of the asker's budget where nobody else can get it,
 * and to the letter the same where a cache on the way may keep it.
 */
function sendAnswer(
  request: FastifyRequest,
  reply: FastifyReply,
  answer: CachedAnswer,
  type: string,
  status: keyof typeof cacheStatus,
): FastifyReply {
  reply.header("content-type", type).header("cache-status", cacheStatus[status]);
  if (request.method !== "GET") {
    const report = reportOf(request, answer.cost);
    return reply.headers(privateHeaders(report)).send(bodyOf(answer, tailOf(jsonOfReport(report))));
  }
  const { etag, tags, maxAge, commonTail } = answer;
  reply.header("etag", etag).header("vary", varyingHeaders);
  if (maxAge === null) reply.header("cache-control", "private, no-cache");
  else {
    reply.header("cache-control", maxAge === 0 ? "no-cache" : `public, max-age=${maxAge}`);
    reply.header("cache-tag", tags.length <= mostTags ? tags.join() : [...new Set(tags.map(typeOfTag))].join());
  }
  return hasTag(request.headers["if-none-match"], etag)
    ? reply.code(304).send()
    : reply.send(bodyOf(answer, commonTail));
}

/** RFC 9110, 13.1.2; weakly compared. */
function hasTag(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false;
  return header.trim() === "*" || header.split(",").some(given => given.trim().replace(/^W\//, "") === etag);
}

function keyOf({ query, operationName, variables }: OperationRequest): string {
  return `${operationName ?? ""}\n${canonicalJson(variables)}\n${query}`;
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
