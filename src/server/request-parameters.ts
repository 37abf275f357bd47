// What a GraphQL request over HTTP must look like before Apollo sees it: its parameters, and that no other site could have made a browser
// send it. Knows nothing of the schema.
import type { FastifyRequest } from "fastify";
import { AppError, badInput } from "../errors/app-error";
import type { OperationRequest } from "./known-operations";
import type { PersistedDocuments } from "./persisted-documents";

/** A browser asks the server first (preflight) before it lets a page of another origin send one of these. */
export const preflightHeader = "apollo-require-preflight";
const preflightHeaders = [preflightHeader, "x-apollo-operation-name"];
const json = /^application\/json\s*(;|$)/i;
/** Deeper than any input of the schema. Whoever walks variables, graphql-js too, calls itself once for each level. */
const deepestVariables = 50;

/**
 * What the request asks for.
 * @throws AppError BAD_REQUEST that names the parameter; see also PersistedDocuments.
 */
export function readRequest(request: FastifyRequest, documents: PersistedDocuments): OperationRequest {
  const parameters = request.method === "GET" ? parametersOfUrl(request) : parametersOfBody(request.body);
  const query = checkParameters(parameters, documents);
  const { operationName, variables } = parameters as { operationName?: string | null; variables?: object | null };
  return { query, operationName: operationName ?? null, variables: { ...variables } };
}

/**
 * The document among the parameters of one operation. Everything else has the right type afterwards, and a bounded depth.
 * @throws AppError BAD_REQUEST that names the parameter, BAD_USER_INPUT for variables that are nested too deeply.
 */
export function checkParameters(parameters: Readonly<Record<string, unknown>>, documents: PersistedDocuments): string {
  const { query, documentId, operationName, variables, extensions } = parameters;
  if (!isAbsent(operationName) && typeof operationName !== "string") throw badRequest("operationName must be text.");
  for (const [name, value] of Object.entries({ variables, extensions })) {
    if (!isAbsent(value) && !isObject(value)) throw badRequest(`${name} must be a JSON object.`);
  }
  if (isDeeper(variables, deepestVariables)) {
    throw badInput("variables", `must not be nested deeper than ${deepestVariables} levels.`);
  }
  // In these words, clients that try persisted queries by themselves go on without them.
  if (isObject(extensions) && extensions["persistedQuery"]) throw badRequest("PersistedQueryNotSupported");
  if (!isAbsent(documentId)) {
    if (typeof documentId !== "string") throw badRequest("documentId must be text.");
    if (!isAbsent(query)) throw badRequest("Send query or documentId, not both.");
    return documents.textOf(documentId);
  }
  if (typeof query !== "string" || query.trim() === "") throw badRequest("query must be the text of a document.");
  documents.check(query);
  return query;
}

/**
 * JSON with a POST needs a preflight by itself. A persisted document that is a query is the operator's own and changes nothing: it may be
 * asked for by its address alone, so that a CDN can keep it.
 * @throws AppError BAD_REQUEST
 */
export function checkPreflight({ method, headers, query }: FastifyRequest): void {
  if (method !== "GET" || json.test(headers["content-type"] ?? "")) return;
  if (preflightHeaders.some(name => headers[name]) || (isObject(query) && typeof query["documentId"] === "string"))
    return;
  throw badRequest(`Send the header ${preflightHeader} with a GET request: it keeps other sites from sending it.`);
}

function parametersOfBody(body: unknown): Readonly<Record<string, unknown>> {
  if (Array.isArray(body)) throw badRequest("Send one operation in each request.");
  if (!isObject(body)) throw badRequest("The body must be a JSON object.");
  return body;
}

function parametersOfUrl(request: FastifyRequest): Readonly<Record<string, unknown>> {
  const parameters = request.query as Readonly<Record<string, unknown>>;
  return {
    ...parameters,
    variables: parsed("variables", parameters["variables"]),
    extensions: parsed("extensions", parameters["extensions"]),
  };
}

function parsed(name: string, value: unknown): unknown {
  if (value === undefined) return undefined;
  try {
    if (typeof value === "string") return JSON.parse(value) as unknown;
  } catch {
    // Falls through: it is not JSON.
  }
  throw badRequest(`${name} must be a JSON object.`);
}

function isDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== "object" || value === null) return false;
  return levels === 0 || Object.values(value).some(inner => isDeeper(inner, levels - 1));
}

function isAbsent(value: unknown): value is null | undefined {
  return value === null || value === undefined;
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function badRequest(message: string): AppError {
  return new AppError("BAD_REQUEST", message);
}
