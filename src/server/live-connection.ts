// One WebSocket: who it belongs to and for how long, and what may wait for it. Every way in which the server closes one stands here.
import type { FastifyRequest } from "fastify";
import type { Logger } from "pino";
import type { WebSocket } from "ws";
import { networkOf } from "../auth/attempts";
import { AppError } from "../errors/app-error";
import type { Client, Identity } from "../request/context";
import { guestHeader, identify, type Authentication, type Identified } from "./authentication";
import { addressOf } from "./client-address";
import { askerOf } from "./cost-budget";
import type { LiveLimits } from "./live-limits";
import { readMessages } from "./live-messages";
import type { Load } from "./load";

/** Codes and reasons (docs/live.md). Those from 4400 on are of the protocol; its clients connect again after all of these but 4400 and 4401. */
export const closings = {
  stopping: [1001, "The server is stopping."],
  unavailable: [1013, "The service is unavailable for a moment."],
  noMessage: [4400, "This is no message of the protocol."],
  tooSlow: [1013, "Events come faster than they are read."],
  signedOut: [4401, "The session has ended."],
  tokenExpired: [4403, "The access token has expired."],
  tokenNotValid: [4403, "The token is not valid."],
  roleChanged: [4403, "The role has changed."],
} as const;

/** What a client has to answer a closing in, in milliseconds, before the connection is cut. */
const goodbyeMs = 2_000;

const pong = JSON.stringify({ type: "pong" });

export interface ConnectionSettings {
  authentication: Authentication;
  limits: LiveLimits;
  load: Pick<Load, "turn">;
  log: Logger;
}

export class LiveConnection {
  readonly client: Client;
  /** What its address counts as. */
  readonly network: string;
  readonly #socket: WebSocket;
  readonly #request: FastifyRequest;
  readonly #settings: ConnectionSettings;
  readonly #openedAt = Date.now();
  readonly #isClosed: Promise<void>;
  #identity: Identified | null = null;
  #expiry: NodeJS.Timeout | undefined;
  #hasAnswered = true;
  /** Messages that are not on their way yet. */
  #unsent = 0;

  constructor(socket: WebSocket, request: FastifyRequest, settings: ConnectionSettings) {
    this.#socket = socket;
    this.#request = request;
    this.#settings = settings;
    this.#isClosed = new Promise(resolve => socket.once("close", () => resolve()));
    const address = addressOf(request);
    this.network = networkOf(address);
    this.client = {
      address,
      userAgent: request.headers["user-agent"]?.slice(0, 200) ?? null,
      cookies: null,
      overrun: () => void this.end(closings.tooSlow),
    };
    socket.on("pong", () => (this.#hasAnswered = true));
    // It closes by itself then, with the code that fits: a message that is too long, or none of the protocol's.
    socket.on("error", error => settings.log.debug({ err: error, requestId: request.id }, "a live connection failed"));
  }

  /** What the protocol needs. */
  get transport() {
    const socket = this.#socket;
    return {
      protocol: socket.protocol,
      send: (text: string) => this.#send(text),
      close: (code = 1000, reason = "") => void this.end([code, reason]),
      onMessage: (take: (text: string) => Promise<void>) => {
        const { load, limits, log } = this.#settings;
        readMessages(socket, {
          turn: () => load.turn(this.client.address),
          maxMessagesPerSecond: limits.maxMessagesPerSecond,
          take: message => {
            if (!message) return void this.end(closings.noMessage);
            // Declared to take the text; what is parsed already it takes as well.
            take(message as unknown as string).catch((error: unknown) => {
              log.error({ err: error, requestId: this.#request.id }, "a message met a fault");
              void this.end(closings.unavailable);
            });
          },
        });
      },
      onPing: () => this.#send(pong),
    };
  }

  isOpen(): boolean {
    return this.#socket.readyState === this.#socket.OPEN;
  }

  /** Whose budget it has. */
  get asker(): string {
    return askerOf(this.#identity?.viewer ?? null, this.client.address);
  }

  /** Whether it is of the learner with this id, signed in or as a guest. */
  isOf(learnerId: string): boolean {
    return this.#identity?.viewer?.userId === learnerId || this.#identity?.guestId === learnerId;
  }

  /** @param parameters as the headers of a request: `authorization`, `x-guest-token`. @returns false when it was closed instead. */
  async identify(parameters: Readonly<Record<string, unknown>>): Promise<boolean> {
    const credentials = {
      authorization: textOf(parameters["authorization"]),
      guestToken: textOf(parameters[guestHeader]),
      forgetCookie: () => undefined,
    };
    try {
      this.#identity = await identify(this.#request, credentials, this.#settings.authentication);
    } catch (error) {
      this.#refuse(error);
      return false;
    }
    if (!this.isOpen()) return false;
    const { expiresAt } = this.#identity;
    if (expiresAt) {
      const close = () => void this.end(closings.tokenExpired);
      this.#expiry = setTimeout(close, expiresAt.getTime() - Date.now()).unref();
    }
    return true;
  }

  /** Who it belongs to at this moment, read from the database; null when it is closed, or has to be. */
  async checkedIdentity(): Promise<Identity | null> {
    if (!this.#identity || !this.isOpen()) return null;
    const { viewer, guestId } = this.#identity;
    const { people } = this.#settings.authentication;
    try {
      const [now, guest] = await Promise.all([viewer && people.viewer(viewer), guestId && people.guest(guestId)]);
      if ((viewer && !now) || (guestId && guest !== "open")) void this.end(closings.signedOut);
      else if (viewer?.role !== now?.role) void this.end(closings.roleChanged);
      else return this.isOpen() ? { viewer: now, guestId } : null;
    } catch (error) {
      this.#refuse(error);
    }
    return null;
  }

  /** Asks whether the client is there; cuts a connection that did not answer the last time. */
  ping(): void {
    // Whatever waits to be read, it has sent something.
    if (this.#socket.isPaused) this.#hasAnswered = true;
    if (!this.#hasAnswered) return this.#socket.terminate();
    this.#hasAnswered = false;
    if (this.isOpen()) this.#socket.ping();
  }

  /** Closes it. Resolves when that is done, at the latest after the time that a client has to answer. */
  async end([code, reason]: readonly [code: number, reason: string]): Promise<void> {
    if (this.isOpen()) {
      this.#settings.log.debug({ requestId: this.#request.id, code, reason }, "closing a live connection");
      this.#socket.close(code, reason);
      setTimeout(() => this.#socket.terminate(), goodbyeMs).unref();
    }
    await this.#isClosed;
  }

  /** To be called when it is. */
  closed(code: number): void {
    clearTimeout(this.#expiry);
    const ms = Date.now() - this.#openedAt;
    this.#settings.log.info({ requestId: this.#request.id, code, ms }, "live connection closed");
  }

  #refuse(error: unknown): void {
    const isRefusal = error instanceof AppError && error.code !== "SERVICE_UNAVAILABLE";
    if (!isRefusal) this.#settings.log.error({ err: error, requestId: this.#request.id }, "a subscription met a fault");
    void this.end(isRefusal ? closings.tokenNotValid : closings.unavailable);
  }

  /** Resolves when it is on its way, so that nothing more is made for a client that does not read. */
  #send(text: string): Promise<void> {
    return new Promise(resolve => {
      if (!this.isOpen()) return resolve();
      const { maxBufferedBytes, maxBufferedMessages } = this.#settings.limits;
      if (this.#socket.bufferedAmount > maxBufferedBytes || this.#unsent >= maxBufferedMessages) {
        void this.end(closings.tooSlow);
        return resolve();
      }
      // A failure closes the socket, which says so.
      this.#unsent++;
      this.#socket.send(text, () => {
        this.#unsent--;
        resolve();
      });
    });
  }
}

/** What is no text is no token: it must be refused, and not passed over. */
function textOf(parameter: unknown): string | undefined {
  if (parameter === undefined || parameter === null) return undefined;
  return typeof parameter === "string" ? parameter : "";
}
