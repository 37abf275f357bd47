// Subscriptions as a client has them: the real client of graphql-ws on a real socket.
import { request } from "node:http";
import type { TypedDocumentNode } from "@graphql-typed-document-node/core";
import { print, type GraphQLFormattedError } from "graphql";
import { createClient, type Client, type ClientOptions } from "graphql-ws";
import { WebSocket } from "ws";

export interface Result<Data> {
  data: Data;
  errors?: readonly GraphQLFormattedError[];
}

export interface Followed<Data> {
  /** The next result; fails the test when the stream ends instead. */
  next(): Promise<Result<Data>>;
  /** How it ended: a code of the socket, or the errors of the operation, or null for a regular end. */
  readonly ended: Promise<{ code: number; reason: string } | readonly GraphQLFormattedError[] | null>;
  /** Ends it. */
  stop(): void;
}

export interface LiveClient {
  readonly client: Client;
  /** The codes with which the server has closed a connection so far. */
  readonly codes: readonly number[];
  /** Resolves with the next code. */
  closed(): Promise<number>;
  /** The sockets that were opened so far. */
  readonly sockets: readonly WebSocket[];
  follow<Data, Variables extends Record<string, unknown>>(
    document: TypedDocumentNode<Data, Variables> | string,
    variables?: Variables,
  ): Followed<Data>;
  close(): Promise<void>;
}

export interface LiveOptions extends Partial<ClientOptions> {
  /** Headers of the request for the socket, such as a browser sends. */
  headers?: Record<string, string>;
}

/** @param url of the server, such as http://127.0.0.1:4000 */
export function openLive(url: string, { headers = {}, ...options }: LiveOptions = {}): LiveClient {
  const sockets: WebSocket[] = [];
  const codes: number[] = [];
  const waiting: ((code: number) => void)[] = [];
  class Socket extends WebSocket {
    constructor(address: string, protocols: string) {
      super(address, protocols, { headers });
      sockets.push(this);
      this.on("close", code => {
        codes.push(code);
        for (const resolve of waiting.splice(0)) resolve(code);
      });
    }
  }
  const client = createClient({
    url: `${url.replace(/^http/, "ws")}/graphql`,
    webSocketImpl: Socket,
    retryAttempts: 0,
    ...options,
  });
  return {
    client,
    codes,
    sockets,
    closed: () => new Promise(resolve => waiting.push(resolve)),
    follow: (document, variables) =>
      follow(client, typeof document === "string" ? document : print(document), variables),
    close: async () => {
      const closing = sockets.filter(socket => socket.readyState !== WebSocket.CLOSED);
      await client.dispose();
      await Promise.all(closing.map(socket => new Promise(resolve => socket.once("close", resolve))));
    },
  };
}

function follow<Data>(client: Client, query: string, variables: Record<string, unknown> = {}): Followed<Data> {
  const results: Result<Data>[] = [];
  const waiting: ((result: Result<Data>) => void)[] = [];
  const failing: ((error: Error) => void)[] = [];
  let stop: () => void = () => undefined;
  let hasEnded: Error | null = null;
  const ended = new Promise<Awaited<Followed<Data>["ended"]>>(resolve => {
    const end = (how: Awaited<Followed<Data>["ended"]>) => {
      hasEnded = new Error(`the stream has ended: ${JSON.stringify(how)}`);
      for (const fail of failing.splice(0)) fail(hasEnded);
      resolve(how);
    };
    stop = client.subscribe<Data>(
      { query, variables },
      {
        next: result => {
          const taker = waiting.shift();
          failing.shift();
          if (taker) taker(result as Result<Data>);
          else results.push(result as Result<Data>);
        },
        error: error => {
          if (Array.isArray(error)) return end(error as readonly GraphQLFormattedError[]);
          const { code = 0, reason = "" } = error as { code?: number; reason?: string };
          end({ code, reason });
        },
        complete: () => end(null),
      },
    );
  });
  return {
    ended,
    stop: () => stop(),
    next: () =>
      new Promise((resolve, reject) => {
        const result = results.shift();
        if (result) return resolve(result);
        if (hasEnded) return reject(hasEnded);
        waiting.push(resolve);
        failing.push(reject);
      }),
  };
}

/** Runs `change` again and again until something comes: a subscription says nothing when it begins. */
export function begun<Data>(followed: Followed<Data>, change: () => Promise<unknown>): Promise<Result<Data>> {
  return meanwhile(followed.next(), change);
}

/** Runs `change` again and again until `awaited` has come. */
export async function meanwhile<T>(awaited: Promise<T>, change: () => Promise<unknown>): Promise<T> {
  for (let hasCome = false; !hasCome;) {
    await change();
    const aWhile = new Promise<false>(resolve => setTimeout(() => resolve(false), 50));
    hasCome = await Promise.race([awaited.then(() => true), aWhile]);
  }
  return awaited;
}

/** What comes up to the first result that fits, that one included. */
export async function upTo<Data>(followed: Followed<Data>, fits: (data: Data) => boolean): Promise<Data[]> {
  const taken: Data[] = [];
  for (;;) {
    const { data, errors } = await followed.next();
    if (errors) throw new Error(JSON.stringify(errors));
    taken.push(data);
    if (fits(data)) return taken;
  }
}

/** The status with which the server answers a request for a WebSocket: 101 when it opens one, which is closed at once then. */
export function handshake(url: string, headers: Record<string, string> = {}): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const sent = request(`${url}/graphql`, {
      headers: {
        connection: "Upgrade",
        upgrade: "websocket",
        "sec-websocket-version": "13",
        "sec-websocket-key": "bm90ZXMtb24tdGhlLWVuZw==",
        "sec-websocket-protocol": "graphql-transport-ws",
        ...headers,
      },
    });
    sent.on("upgrade", (response, socket) => {
      socket.destroy();
      resolve(response.statusCode);
    });
    sent.on("response", response => {
      response.resume();
      resolve(response.statusCode);
    });
    sent.on("error", reject);
    sent.end();
  });
}
