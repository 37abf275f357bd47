// Clients that keep a connection and give nothing for it: each is cut within its time, and honest ones are answered beside them. All at
// once, since waiting for one takes as long as waiting for all.
import { connect, type Socket } from "node:net";
import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import { startTestServer, type TestServer } from "../../support/server";

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());

const query = JSON.stringify({ query: "{ topics(first: 1) { nodes { slug } } }" });
const head = (length: number) =>
  `POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: ${length}\r\n\r\n`;

async function open(): Promise<Socket> {
  const { hostname, port } = new URL(server.url);
  const socket = connect(Number(port), hostname);
  socket.on("error", () => undefined);
  await once(socket, "connect");
  return socket;
}

/** Seconds until the server has closed the connection, sending `text` one character in each half second. */
async function secondsOf(text: string, { before = "" } = {}): Promise<{ seconds: number; said: string }> {
  const socket = await open();
  const started = Date.now();
  let said = "";
  socket.on("data", part => (said += String(part)));
  const closed = Promise.race([once(socket, "close"), once(socket, "end")]);
  const state = { isClosed: false };
  void closed.then(() => (state.isClosed = true));
  socket.write(before);
  for (const letter of text) {
    if (state.isClosed) break;
    socket.write(letter);
    await Promise.race([delay(500), closed]);
  }
  await closed;
  socket.destroy();
  return { seconds: (Date.now() - started) / 1_000, said };
}

it("slow clients are cut in 20 s of headers, 40 s of body and 30 s of nothing, and nobody else is (R22, B18)", async () => {
  const honest = { asked: 0, answered: 0 };
  const state = { isDone: false };
  const asking = (async () => {
    while (!state.isDone) {
      honest.asked++;
      const response = await server.post(query, { connection: "close" });
      if (response.status === 200) honest.answered++;
      await response.text();
      await delay(500);
    }
  })();
  const [headers, body, nothing, halfOpen, idle] = await Promise.all([
    secondsOf("x".repeat(1_000), { before: "GET /livez HTTP/1.1\r\nx-slow: " }),
    secondsOf(query.padEnd(1_000), { before: head(1_000) }),
    secondsOf(""),
    secondsOf("", { before: "GET /livez HT" }),
    secondsOf("", { before: "GET /livez HTTP/1.1\r\nhost: x\r\n\r\n" }),
  ]);
  state.isDone = true;
  await asking;
  expect(headers.seconds).toBeLessThan(20);
  expect(headers.said).toMatch(/^HTTP\/1\.1 408 [^]*"code":"BAD_REQUEST"/);
  expect(body.seconds).toBeLessThan(40);
  expect(body.said).toMatch(/^HTTP\/1\.1 408 [^]*"code":"BAD_REQUEST"/);
  expect(nothing.seconds).toBeLessThan(30);
  expect(halfOpen.seconds).toBeLessThan(30);
  // Answered, and then silent.
  expect(idle.said).toMatch(/^HTTP\/1\.1 200 /);
  expect(idle.seconds).toBeLessThan(30);
  expect(honest.asked).toBeGreaterThan(10);
  expect(honest.answered).toBe(honest.asked);
}, 120_000);

it("connections are as many as the server allows; one more is closed at once, and a place that is left is free (R22)", async () => {
  const small = await startTestServer({ golden: "empty", maxConnections: 3 });
  const { hostname, port } = new URL(small.url);
  const connected = async () => {
    const socket = connect(Number(port), hostname);
    socket.on("error", () => undefined);
    await once(socket, "connect");
    return socket;
  };
  const isAnswered = async (socket: Socket) => {
    // One that was closed may be reset, too: an error comes before its end, and is none here.
    const heard = new Promise<boolean>(resolve => {
      socket.once("data", () => resolve(true)).once("close", () => resolve(false));
    });
    socket.write("GET /livez HTTP/1.1\r\nhost: x\r\n\r\n");
    return heard;
  };
  const sockets = [await connected(), await connected(), await connected()];
  for (const socket of sockets) expect(await isAnswered(socket)).toBe(true);
  expect(await isAnswered(await connected())).toBe(false);
  const [first] = sockets;
  first?.destroy();
  for (;;) {
    const socket = await connected();
    sockets.push(socket);
    if (await isAnswered(socket)) break;
  }
  for (const socket of sockets) socket.destroy();
  await small.close();
});

it("a client that sends on before it has its answers is cut at the eleventh, before they fill the memory (R22)", async () => {
  const lists = "{ lessons(first: 100) { nodes { content { ... on LessonBody { body { html markdown text } } } } } }";
  const large = JSON.stringify({ query: lists });
  const whole = (await (await server.post(large)).text()).length;
  const asking = `${head(large.length)}${large}`;
  const bytesOf = async (requests: number) => {
    const socket = await open();
    let bytes = 0;
    socket.on("data", part => (bytes += part.length));
    // What the server has not read when it closes the connection resets it, which is an error here and no failure.
    const closed = new Promise(resolve => socket.once("close", resolve));
    socket.write(asking.repeat(requests));
    await closed;
    return bytes;
  };
  expect(await bytesOf(200)).toBeLessThan(12 * whole);
  // As many as may be under way at once; the connection is then idle, and closed for that.
  expect(await bytesOf(10)).toBeGreaterThan(10 * whole);
}, 120_000);
