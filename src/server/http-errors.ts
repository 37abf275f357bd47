// Errors of HTTP itself, in the same form as GraphQL's: Fastify's refusals, unexpected faults, and what is no HTTP at all.
import type { Socket } from "node:net";
import type { FastifyError, FastifyReply, FastifyRequest } from "fastify";
import type { Logger } from "pino";
import { AppError } from "../errors/app-error";
import { acceptsJsonAlone } from "./accepted-types";
import { privateHeaders, reportOf } from "./charged-request";
import { httpStatus, maskedError } from "./error-format";

export const maxBodyBytes = 100_000;
export const unsupportedType = "Send the content type application/json in UTF-8.";

/** The headers that every answer has. */
export function headersOfAll({ id }: Pick<FastifyRequest, "id">): Record<string, string> {
  return { "x-request-id": id, "x-content-type-options": "nosniff" };
}

/** Answers with `error` where it was written for clients, masked and logged where it was not. */
export function sendError(
  reply: FastifyReply,
  request: FastifyRequest,
  error: FastifyError | AppError,
  log: Logger,
  onError?: (code: string) => void,
): FastifyReply {
  const extensions = reportOf(request);
  const known = error instanceof AppError ? error : httpError(error);
  // Again, for requests that no hook has seen.
  reply.headers(headersOfAll(request)).headers(privateHeaders(extensions));
  onError?.(known?.code ?? "INTERNAL_SERVER_ERROR");
  if (!known) {
    const onFault = (fault: unknown) => log.error({ err: fault, requestId: request.id }, "a request met a fault");
    return reply.code(500).send({ errors: [maskedError(error, { requestId: request.id, onFault })] });
  }
  if (known.code === "UNAUTHENTICATED") reply.header("www-authenticate", 'Bearer error="invalid_token"');
  if (known.code === "SERVICE_UNAVAILABLE") reply.header("retry-after", "1");
  const { retryAfterSeconds } = known.details;
  if (typeof retryAfterSeconds === "number") reply.header("retry-after", String(retryAfterSeconds));
  const isOfGraphQL = known.code === "QUERY_TOO_COMPLEX" && acceptsJsonAlone(request.headers.accept);
  return reply.code(isOfGraphQL ? 200 : httpStatus[known.code]).send({
    errors: [{ message: known.message, extensions: { ...known.details, code: known.code } }],
    ...(extensions ? { extensions } : {}),
  });
}

/** Fastify's own refusals (https://fastify.dev/docs/latest/Reference/Errors/) in our codes. */
function httpError(error: FastifyError): AppError | undefined {
  if (error.statusCode === 413)
    return new AppError("PAYLOAD_TOO_LARGE", `The body is larger than ${maxBodyBytes} bytes.`);
  if (error.statusCode === 415) return new AppError("UNSUPPORTED_MEDIA_TYPE", unsupportedType);
  if (error.statusCode === 503) return new AppError("SERVICE_UNAVAILABLE", "The server is stopping. Try again.");
  if (error.code === "FST_ERR_BAD_URL") return new AppError("BAD_REQUEST", "The address is not a valid URL.");
  if (error.statusCode !== undefined && error.statusCode < 500)
    return new AppError("BAD_REQUEST", "The body is not valid JSON.");
  return undefined;
}

/** What is no HTTP, has headers that are too large or arrives too slowly has no request yet: answered on the bare socket, which is closed. */
export function answerBrokenRequest(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === "ECONNRESET" || socket.destroyed) return;
  const [status, message] = brokenRequests[error.code ?? ""] ?? ["400 Bad Request", "The request is not valid HTTP."];
  const body = JSON.stringify({ errors: [{ message, extensions: { code: "BAD_REQUEST" } }] });
  const head = `HTTP/1.1 ${status}\r\ncontent-type: application/json; charset=utf-8\r\ncontent-length: ${Buffer.byteLength(body)}\r\nx-content-type-options: nosniff\r\ncache-control: no-store\r\nconnection: close`;
  if (socket.writable) socket.write(`${head}\r\n\r\n${body}`);
  socket.destroySoon();
}

const brokenRequests: Readonly<Record<string, readonly [status: string, message: string]>> = {
  HPE_HEADER_OVERFLOW: ["431 Request Header Fields Too Large", "The headers are too large."],
  ERR_HTTP_REQUEST_TIMEOUT: ["408 Request Timeout", "The request took too long to arrive."],
};
