// How the playground talks to the API: one POST of JSON to our own origin for each execution, and what is known about the answer; or one
// WebSocket for each subscription.

import type { GraphiQLProps } from "graphiql";
import { getOperationAST, OperationTypeNode, parse, type OperationDefinitionNode } from "graphql";
import { createClient } from "graphql-ws/client";

export type Fetcher = GraphiQLProps["fetcher"];

/** How the latest execution of the visitor's own operation went. `status` is null when no answer arrived. */
export interface Exchange {
  readonly status: number | null;
  readonly milliseconds: number;
  readonly bytes: number;
}

interface Result {
  readonly data?: Record<string, unknown> | null;
  readonly errors?: readonly { readonly message: string }[];
}

interface Observer {
  next: (result: Result) => void;
  complete: () => void;
}

interface Subscription {
  unsubscribe: () => void;
}

interface Parameters {
  query: string;
  operationName?: string | null | undefined;
  variables?: Record<string, unknown> | null;
}

interface Options {
  headers?: Record<string, unknown>;
}

/**
 * A fetcher for GraphiQL. Its answer is an observable, so that the Stop button aborts the request and the server can free the work.
 * It never fails: an answer that is no GraphQL result, or none at all, is shown as a result with one error. Every execution except
 * GraphiQL's own introspection is told to `onExchange`; an aborted one is not.
 */
export function createFetcher(endpoint: string, onExchange: (exchange: Exchange) => void): Fetcher {
  const fetcher = (asked: Parameters, options?: Options) => ({
    subscribe(observer: Observer): Subscription {
      const operation = operationOf(asked);
      const parameters = operation ? { ...asked, operationName: operation.name?.value } : asked;
      if (operation?.operation === OperationTypeNode.SUBSCRIPTION) {
        return follow(endpoint, parameters, options?.headers ?? {}, observer);
      }
      const abort = new AbortController();
      const startedAt = performance.now();
      void send(endpoint, parameters, options?.headers ?? {}, abort.signal).then(({ status, bytes, result }) => {
        if (abort.signal.aborted) return;
        if (parameters.operationName !== "IntrospectionQuery") {
          onExchange({ status, milliseconds: performance.now() - startedAt, bytes });
        }
        observer.next(result);
        observer.complete();
      });
      return { unsubscribe: () => abort.abort() };
    },
  });
  // GraphiQL's type lists overloads of `subscribe` that it never calls; what it does call is the shape above.
  return fetcher as unknown as Fetcher;
}

/**
 * The operation that the text holds under the name that is asked for, or the only one it holds. GraphiQL tells the name (and its syntax
 * tree) of the text before, for a moment after a change: what the visitor sees in the editor is what runs. Null where the text leaves it open;
 * the server says what is wrong with it then.
 */
function operationOf({ query, operationName }: Parameters): OperationDefinitionNode | null {
  try {
    const document = parse(query);
    return getOperationAST(document, operationName) ?? getOperationAST(document) ?? null;
  } catch {
    return null;
  }
}

/** Until it is stopped, or ends with an error. The headers of the editor go with the first message: a browser sends none of ours. */
function follow(
  endpoint: string,
  parameters: Parameters,
  headersOfEditor: Record<string, unknown>,
  observer: Observer,
): Subscription {
  const url = new URL(endpoint, location.href);
  url.protocol = url.protocol.replace("http", "ws");
  const connectionParams = Object.fromEntries(
    Object.entries(headersOfEditor).map(([name, value]) => [name.toLowerCase(), String(value)]),
  );
  const client = createClient({ url: url.href, retryAttempts: 0, connectionParams });
  client.subscribe(parameters, {
    next: result => observer.next(result as Result),
    error: error => {
      observer.next(Array.isArray(error) ? { errors: error } : failure(reasonOf(error)));
      observer.complete();
    },
    complete: () => observer.complete(),
  });
  return { unsubscribe: () => void client.dispose() };
}

function reasonOf(closing: unknown): string {
  const { code, reason } = closing as Partial<CloseEvent>;
  return code === undefined ? "The connection failed." : `The connection was closed with ${code}. ${reason ?? ""}`;
}

async function send(
  endpoint: string,
  parameters: object,
  headersOfEditor: Record<string, unknown>,
  signal: AbortSignal,
): Promise<{ status: number | null; bytes: number; result: Result }> {
  let status: number | null = null;
  try {
    const headers = new Headers({
      accept: "application/graphql-response+json, application/json",
      "content-type": "application/json",
    });
    for (const [name, value] of Object.entries(headersOfEditor)) headers.set(name, String(value));

    const response = await fetch(endpoint, { method: "POST", headers, body: JSON.stringify(parameters), signal });
    status = response.status;
    const body = await response.text();
    return { status, bytes: new Blob([body]).size, result: parseResult(response, body) };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { status, bytes: 0, result: failure(`The request failed: ${reason}`) };
  }
}

function parseResult(response: Response, body: string): Result {
  try {
    const result: unknown = JSON.parse(body);
    if (typeof result === "object" && result !== null) return result;
  } catch {
    // Falls through to the one message for every answer that is no GraphQL result.
  }
  const type = response.headers.get("content-type") ?? "no content type";
  return failure(`The server answered ${response.status} with something that is no GraphQL result (${type}).`);
}

function failure(message: string): Result {
  return { errors: [{ message }] };
}
