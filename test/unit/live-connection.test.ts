// What waits to be sent is bounded by its number too: a connection whose client reads nothing takes more than the bytes of its messages.
import { EventEmitter } from "node:events";
import type { FastifyRequest } from "fastify";
import type { WebSocket } from "ws";
import type { Authentication } from "../../src/server/authentication";
import { LiveConnection } from "../../src/server/live-connection";
import { defaultLiveLimits } from "../../src/server/live-limits";
import { createTestLog } from "../support/log";

it("a connection ends when too many messages wait to be sent, however short they are", () => {
  const sent: string[] = [];
  const closed: unknown[] = [];
  // The system takes nothing any more, so no message is ever on its way.
  const socket = Object.assign(new EventEmitter(), {
    ...{ OPEN: 1, readyState: 1, bufferedAmount: 0, protocol: "graphql-transport-ws" },
    send: (text: string) => void sent.push(text),
    close: (...how: unknown[]) => void closed.push(how),
    terminate: () => undefined,
  });
  const request = { ip: "192.0.2.1", id: "request", headers: {}, socket: { remoteAddress: "192.0.2.1" } };
  const { transport } = new LiveConnection(socket as unknown as WebSocket, request as unknown as FastifyRequest, {
    authentication: {} as Authentication,
    limits: { ...defaultLiveLimits, maxBufferedMessages: 20 },
    load: { turn: () => Promise.resolve() },
    log: createTestLog().log,
  });
  for (let count = 0; count < 21; count++) void transport.onPing();
  expect(sent).toHaveLength(20);
  expect(closed).toEqual([[1013, "Events come faster than they are read."]]);
});
