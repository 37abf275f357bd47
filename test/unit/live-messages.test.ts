// Messages of live connections are handed over in their order, each with what is needed of it and nothing else.
import { EventEmitter } from "node:events";
import type { WebSocket } from "ws";
import { readMessages } from "../../src/server/live-messages";

/** @returns what is handed over, once all of it was. */
async function handedOver(texts: readonly string[], turn = () => Promise.resolve()): Promise<(object | null)[]> {
  const taken: (object | null)[] = [];
  const socket = Object.assign(new EventEmitter(), {
    ...{ OPEN: 1, readyState: 1 },
    pause: () => undefined,
    resume: () => undefined,
  });
  await new Promise<void>(resolve => {
    readMessages(socket as unknown as WebSocket, {
      ...{ turn, maxMessagesPerSecond: 1_000 },
      take: message => {
        taken.push(message);
        if (taken.length === texts.length) resolve();
      },
    });
    for (const text of texts) socket.emit("message", Buffer.from(text));
  });
  return taken;
}

const junk = Array.from({ length: 1_000 }, () => ({}));
const json = (message: object) => JSON.stringify(message);

it("whatever is not needed of a message is dropped, at every level that is kept", async () => {
  const payload = { query: "subscription { a }", variables: { a: 1 }, operationName: "A", junk };
  expect(
    await handedOver([
      json({ type: "connection_init", junk, payload: { authorization: "Bearer x", "x-guest-token": "y", junk } }),
      json({ type: "subscribe", id: "1", junk, payload }),
      json({ type: "complete", id: "1", junk }),
      json({ type: "ping", payload: junk }),
      json({ type: "pong", payload: junk }),
    ]),
  ).toEqual([
    { type: "connection_init", payload: { authorization: "Bearer x", "x-guest-token": "y" } },
    { type: "subscribe", id: "1", payload: { query: payload.query, variables: { a: 1 }, operationName: "A" } },
    { type: "complete", id: "1" },
    { type: "ping" },
    { type: "pong" },
  ]);
});

it.each([["no JSON"], ["null"], ["[]"], ['"ping"'], ["{}"], ['{"type":"next","id":"1"}'], ['{"type":"__proto__"}']])(
  "%s is no message",
  async text => {
    expect(await handedOver([text])).toEqual([null]);
  },
);

it("long messages wait for their turn, and those after them for these", async () => {
  const turn = () => new Promise<void>(resolve => setImmediate(resolve));
  const texts = Array.from({ length: 20 }, (_, id) =>
    json({ type: "complete", id: String(id).padEnd((id % 3) * 150) }),
  );
  const ids = (await handedOver(texts, turn)).map(message => Number((message as { id: string }).id));
  expect(ids).toEqual([...texts.keys()]);
});
