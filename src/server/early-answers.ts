// Repeated requests, answered before the framework sees them: it would take several times as long as everything that has to be done for them.
// Only the plainest are: whatever else a request brings, a hook or the endpoint has to see, and what is no repeat goes there as it came.
import type { IncomingMessage, ServerResponse } from "node:http";
import type { FastifyInstance } from "fastify";
import type { Logger } from "pino";
import type { Charge } from "../request/charge";
import type { AcceptedTypes } from "./accepted-types";
import { guestHeader } from "./authentication";
import { addressOf, forwardedAddress } from "./client-address";
import { jsonOfReport, privateHeaders, reportOf } from "./charged-request";
import { askerOf, type CostBudget } from "./cost-budget";
import { headersOfAll, maxBodyBytes } from "./http-errors";
import { logRequest } from "./log";
import type { Observation } from "./observation";
import { cacheStatus, tailOf, type CachedAnswer, type ResponseCache } from "./response-cache";

export interface EarlyAnswersOptions {
  /** The address of the endpoint. */
  path: string;
  cache: ResponseCache;
  types: AcceptedTypes;
  budget?: CostBudget | undefined;
  observation?: Observation | undefined;
  trustedProxyHops: number;
  /** Of a request that has one, or a new one. */
  requestIdOf: (request: IncomingMessage) => string;
  log: Logger;
  isReady: () => boolean;
}

/** With one of these, somebody else has to look. */
const notPlain = [
  ...["authorization", "cookie", guestHeader, "origin"],
  ...["content-encoding", "transfer-encoding", "expect", "upgrade"],
];

/** To be called when all routes are there. */
export function answerEarly(app: FastifyInstance, options: EarlyAnswersOptions): void {
  const { path, cache, isReady, observation } = options;
  // Traces are of what the framework sees.
  if (observation?.traces) return;
  const others = app.server.listeners("request") as ((request: IncomingMessage, response: ServerResponse) => void)[];
  const passOn = (request: IncomingMessage, response: ServerResponse) => others.forEach(of => of(request, response));
  app.server.removeAllListeners("request");
  app.server.on("request", (request: IncomingMessage, response: ServerResponse) => {
    const startedAt = performance.now();
    const length = isReady() && request.url === path ? plainLength(request, response) : null;
    if (length === null) return passOn(request, response);
    request.once("readable", () => {
      // What did not come at once is not waited for.
      const body = request.readableLength === length ? (request.read(length) as Buffer | null) : null;
      const answer = body && cache.repeated(`POST ${body.toString()}`);
      if (answer && sendEarly(request, response, answer, startedAt, options)) return void request.resume();
      if (body) request.unshift(body);
      passOn(request, response);
    });
  });
}

/** The length of the body of a plain request for an operation, which has one; null for any other. */
function plainLength({ method, headers }: IncomingMessage, response: ServerResponse): number | null {
  if (method !== "POST" || headers["content-type"] !== "application/json") return null;
  if (notPlain.some(name => headers[name] !== undefined)) return null;
  // Behind another answer, or to a client that does not read, an answer would wait in memory: these are counted elsewhere.
  if (!response.socket || response.socket.writableLength > 0) return null;
  const length = Number(headers["content-length"]);
  return length > 0 && length <= maxBodyBytes ? length : null;
}

/** @returns false, and has done nothing, when this is not for here. */
function sendEarly(
  request: IncomingMessage,
  response: ServerResponse,
  answer: CachedAnswer,
  startedAt: number,
  { path, types, budget, observation, trustedProxyHops, requestIdOf, log }: EarlyAnswersOptions,
): boolean {
  const type = types.of(request.headers.accept);
  if (type === undefined) return false;
  let charge: Charge | null = null;
  if (budget) {
    const ip = forwardedAddress(request, trustedProxyHops);
    const asker = askerOf(null, addressOf({ ip, socket: request.socket }));
    charge = budget.tryOpen(asker);
    // It is told elsewhere that nothing is left.
    if (!charge) return false;
  }
  const report = reportOf({ charge }, answer.cost);
  const tail = tailOf(jsonOfReport(report));
  const id = requestIdOf(request);
  // A list is written as it is; an object would be looked through for each.
  const headers: string[] = [];
  addHeaders(headers, headersOfAll({ id }));
  addHeaders(headers, privateHeaders(report));
  headers.push("content-type", type, "cache-status", cacheStatus.hit);
  headers.push("content-length", String(answer.head.length + tail.length));
  response.writeHead(200, headers);
  response.cork();
  response.write(answer.head);
  response.end(tail, "latin1");
  response.uncork();
  const ms = performance.now() - startedAt;
  observation?.repeated(id, startedAt, answer.facts);
  logRequest(log, id, "POST", path, 200, ms);
  return true;
}

function addHeaders(list: string[], headers: Readonly<Record<string, string>>): void {
  for (const name in headers) list.push(name, headers[name] as string);
}
