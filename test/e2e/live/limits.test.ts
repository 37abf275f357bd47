// What a client may ask of live connections, and what happens to one that asks for more, says nothing, or does not read.
import { once } from "node:events";
import { connect } from "node:net";
import { WebSocket } from "ws";
import { begun, handshake, openLive, upTo, type LiveClient } from "../../support/live";
import { startTestServer, type TestServer } from "../../support/server";

let server: TestServer;
const clients: LiveClient[] = [];
const sockets: WebSocket[] = [];

beforeAll(async () => {
  server = await startTestServer({
    limits: { maxDepth: 6, maxCost: 150 },
    live: {
      maxConnections: 6,
      maxConnectionsPerAddress: 4,
      maxSubscriptions: 3,
      initTimeoutMs: 2_000,
      keepAliveMs: 1_000,
    },
    trustedProxyHops: 1,
    introspection: false,
  });
});
afterAll(() => server.close());
afterEach(async () => {
  await Promise.all(clients.splice(0).map(client => client.close()));
  for (const socket of sockets.splice(0)) {
    if (socket.readyState === WebSocket.CLOSED) continue;
    socket.terminate();
    await once(socket, "close");
  }
});

function open(headers: Record<string, string> = {}): LiveClient {
  const client = openLive(server.url, { headers });
  clients.push(client);
  return client;
}

/** A socket without the protocol's manners. */
async function rawSocket(
  protocols = ["graphql-transport-ws"],
  options: WebSocket.ClientOptions = {},
): Promise<WebSocket> {
  const socket = new WebSocket(`${server.url.replace("http", "ws")}/graphql`, protocols, options);
  sockets.push(socket);
  socket.on("error", () => undefined);
  await once(socket, "open");
  return socket;
}

async function closing(socket: WebSocket): Promise<{ code: number; reason: string }> {
  const [code, reason] = (await once(socket, "close")) as [number, Buffer];
  return { code, reason: reason.toString() };
}

const touch = (id = 1) => server.database.models.topic.update({ where: { id }, data: { emoji: "📘" } });
const topics = "subscription { topicPublished { nodeId } }";

describe("Connections (R21, R22)", () => {
  it("are limited for one address and for all together; those beyond get 429 until others have gone", async () => {
    const from = (address: string) => ({ "x-forwarded-for": address });
    const busy = Array.from({ length: 4 }, () => open(from("10.0.0.1")));
    for (const client of busy) await begun(client.follow(topics), touch);
    expect(await handshake(server.url, from("10.0.0.1"))).toBe(429);
    for (const address of ["10.0.0.2", "10.0.0.3"]) await begun(open(from(address)).follow(topics), touch);
    expect(await handshake(server.url, from("10.0.0.4"))).toBe(429);
    await busy[0]?.close();
    while ((await handshake(server.url, from("10.0.0.1"))) !== 101);
  });

  it("of one network of IPv6 are those of one address, as everybody has a whole one", async () => {
    const from = (address: string) => ({ "x-forwarded-for": address });
    for (let host = 1; host <= 4; host++) await begun(open(from(`2001:db8:1:1::${host}`)).follow(topics), touch);
    expect(await handshake(server.url, from("2001:db8:1:1:ffff::5"))).toBe(429);
    expect(await handshake(server.url, from("2001:db8:1:2::1"))).toBe(101);
  });

  it("have to say who they are within a time", async () => {
    expect(await closing(await rawSocket())).toMatchObject({ code: 4408 });
  });

  it.each([
    ["a subscription before that", { id: "1", type: "subscribe", payload: { query: topics } }, 4401],
    ["what is no message", { hello: "there" }, 4400],
    ["a message of 100 kB", { type: "ping", payload: { text: "x".repeat(100_000) } }, 1009],
  ])("end after %s", async (_, message, code) => {
    const socket = await rawSocket();
    socket.send(JSON.stringify(message));
    expect(await closing(socket)).toMatchObject({ code });
  });

  it("end when they speak another protocol, and when they say twice who they are", async () => {
    expect(await closing(await rawSocket([]))).toMatchObject({ code: 4406 });
    const socket = await rawSocket();
    for (let times = 0; times < 2; times++) socket.send(JSON.stringify({ type: "connection_init" }));
    expect(await closing(socket)).toMatchObject({ code: 4429 });
  });

  it("are cut when the client does not answer any more", async () => {
    const silent = await rawSocket(["graphql-transport-ws"], { autoPong: false });
    silent.send(JSON.stringify({ type: "connection_init" }));
    expect(await closing(silent)).toMatchObject({ code: 1006 });
  });

  it("read messages no faster than 25 in a second, and lose none", async () => {
    const socket = await rawSocket();
    const count = 60;
    const heardAll = new Promise<void>(resolve => {
      let heard = 0;
      socket.on("message", () => {
        // The answer to the first one, too.
        if (++heard === count + 1) resolve();
      });
    });
    const started = performance.now();
    socket.send(JSON.stringify({ type: "connection_init" }));
    for (let sent = 0; sent < count; sent++) socket.send(JSON.stringify({ type: "ping" }));
    await heardAll;
    // Timers wait at least as long as they are told, but for a millisecond.
    expect(performance.now() - started).toBeGreaterThan(1_990);
  });

  it("end when a message is one of the server's own", async () => {
    const socket = await rawSocket();
    socket.send(JSON.stringify({ type: "next", id: "1", payload: {} }));
    expect(await closing(socket)).toMatchObject({ code: 4400 });
  });

  it("answer a ping without what came with it, however deep that is", async () => {
    const socket = await rawSocket();
    const payload = `${'{"a":'.repeat(15_000)}1${"}".repeat(15_000)}`;
    socket.send(`{"type":"ping","payload":${payload}}`);
    const [answer] = (await once(socket, "message")) as [Buffer];
    expect(JSON.parse(answer.toString())).toEqual({ type: "pong" });
  });

  it("stay while the client answers", async () => {
    const client = open();
    const followed = client.follow(topics);
    const socket = await begun(followed, touch).then(() => client.sockets[0]);
    for (let pings = 0; pings < 3; pings++) await once(socket!, "ping");
    await begun(followed, touch);
    expect(client.sockets).toHaveLength(1);
  });
});

describe("Requests for a WebSocket", () => {
  it("to another address are answered as HTTP", async () => {
    expect(await handshake(`${server.url}/nowhere`)).toBe(404);
  });

  it("that break off, or are none, harm nobody", async () => {
    const { port, hostname } = new URL(server.url);
    const socket = connect(Number(port), hostname);
    socket.end("GET /graphql HTTP/1.1\r\nhost: x\r\nconnection: Upgrade\r\nupgrade: websocket\r\n\r\n");
    let answer = "";
    socket.on("data", part => (answer += String(part)));
    await once(socket, "close");
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    await begun(open().follow(topics), touch);
  });

  it("for a protocol that we do not have are answered as if they had not asked", async () => {
    const body = JSON.stringify({ query: "{ topics(first: 1) { nodes { slug } } }" });
    const { port, hostname } = new URL(server.url);
    const socket = connect(Number(port), hostname);
    const head = [
      "POST /graphql HTTP/1.1",
      `host: ${hostname}:${port}`,
      "connection: Upgrade, HTTP2-Settings",
      "upgrade: h2c",
      "http2-settings: AAEAAEAAAAIAAAAAAAMAAAAAAAQBAAAAAAUAAEAAAAYABgAA",
      "content-type: application/json",
      `content-length: ${body.length}`,
    ];
    socket.write(`${head.join("\r\n")}\r\n\r\n${body.slice(0, 10)}`);
    // The rest comes later, as it may.
    await new Promise(resolve => setTimeout(resolve, 50));
    socket.write(body.slice(10));
    let answer = "";
    while (!answer.includes('"data"')) answer += String(((await once(socket, "data")) as [Buffer])[0]);
    expect(answer).toMatch(/^HTTP\/1\.1 200 /);
    socket.destroy();
  });
});

describe("Subscriptions", () => {
  it("are limited on one connection, which goes on, and free again when one ends", async () => {
    const client = open();
    const following = Array.from({ length: 3 }, () => client.follow(topics));
    await begun(following[0]!, touch);
    const [error] = (await client.follow(topics).ended) as unknown[];
    expect(error).toEqual({
      message: "A connection has at most 3 subscriptions.",
      extensions: { code: "RATE_LIMITED" },
    });
    following[1]?.stop();
    await begun(client.follow(topics), touch);
  });

  const deep = "subscription { topicPublished { topic { tools { nodes { topics { nodes { slug } } } } } } }";
  const dear = "subscription { topicPublished { topic { tools(first: 100) { nodes { topics { totalCount } } } } } }";
  it.each([
    ["a syntax error", "subscription {", {}, "GRAPHQL_PARSE_FAILED", /^Syntax Error/],
    [
      "an unknown field",
      "subscription { topicPublish }",
      {},
      "GRAPHQL_VALIDATION_FAILED",
      /^Cannot query field "topicPublish" on type "Subscription"\.$/,
    ],
    [
      "two root fields",
      "subscription { topicPublished { nodeId } catalogChanged { isTruncated } }",
      {},
      "GRAPHQL_VALIDATION_FAILED",
      /only one top level field/,
    ],
    ["too much depth", deep, {}, "QUERY_TOO_COMPLEX", /^The operation is \d+ fields deep; at most 6/],
    ["too much cost", dear, {}, "QUERY_TOO_COMPLEX", /^The operation may cost \d+; at most 150/],
    ["too many brackets", `subscription ${"{a".repeat(61)}`, {}, "QUERY_TOO_COMPLEX", /^The document is nested deeper/],
    ["too long a document", `${topics}#${"x".repeat(20_000)}`, {}, "QUERY_TOO_COMPLEX", /^The document is larger/],
    [
      "a variable that does not fit",
      "subscription ($id: ID!) { topicPublished(topicId: $id) { nodeId } }",
      { id: { secret: 1 } },
      "BAD_USER_INPUT",
      /^Variable "\$id" has an invalid value: ID cannot represent/,
    ],
    ["no document", " ", {}, "BAD_REQUEST", /^query must be the text/],
    ["a query", "{ topics { nodes { slug } } }", {}, "BAD_REQUEST", /^Only subscriptions run over the WebSocket/],
    [
      "a mutation",
      "mutation { signOut { userErrors { code } } }",
      {},
      "BAD_REQUEST",
      /^Only subscriptions run over the WebSocket/,
    ],
    [
      "introspection",
      "{ __schema { types { name } } }",
      {},
      "GRAPHQL_VALIDATION_FAILED",
      /^Introspection is switched off/,
    ],
  ])("are refused for %s, as over HTTP", async (_, query, variables, code, message) => {
    const client = open();
    const errors = (await client.follow(query, variables).ended) as { message: string; extensions: { code: string } }[];
    expect(errors.map(({ extensions }) => extensions.code)).toEqual([code]);
    expect(errors[0]?.message).toMatch(message);
    expect(JSON.stringify(errors)).not.toMatch(/secret|Did you mean/);
    expect(client.codes).toEqual([]);
  });

  it("are refused over HTTP, which says where they belong", async () => {
    const answer = await server.post({ query: topics });
    expect(answer.status).toBe(400);
    expect(await answer.json()).toEqual({
      errors: [
        {
          message: "Subscriptions run over a WebSocket at this address (graphql-transport-ws).",
          extensions: { code: "BAD_REQUEST" },
        },
      ],
    });
  });

  it("with an id of any length are not repeated to the client", async () => {
    const socket = await rawSocket();
    socket.send(JSON.stringify({ type: "connection_init" }));
    await once(socket, "message");
    socket.send(JSON.stringify({ id: "x".repeat(101), type: "subscribe", payload: { query: topics } }));
    const [data] = (await once(socket, "message")) as [Buffer];
    expect(JSON.parse(data.toString())).toMatchObject({
      type: "error",
      payload: [{ extensions: { code: "BAD_REQUEST" } }],
    });
  });
});

describe("A fault while an event is worked on", () => {
  it("is told to the client as an id only, is in the log under that id, and ends nothing", async () => {
    const faulty = await startTestServer();
    const client = openLive(faulty.url);
    try {
      const change = () => faulty.database.models.topic.update({ where: { id: 1 }, data: { emoji: "📘" } });
      const followed = client.follow<{ topicPublished: { topic: { callToAction: unknown } | null } }, never>(
        "subscription { topicPublished { topic { slug callToAction { headline } } } }",
      );
      await begun(followed, change);
      await faulty.database.exclusive(connection =>
        connection.script('ALTER TABLE "call_to_action" RENAME TO "elsewhere"'),
      );
      let errors;
      while (!errors) {
        await change();
        ({ errors } = await followed.next());
      }
      const requestId = errors[0]?.extensions?.["requestId"];
      expect(errors).toEqual([
        expect.objectContaining({
          message: "Internal server error",
          path: ["topicPublished", "topic", "callToAction"],
          extensions: { code: "INTERNAL_SERVER_ERROR", requestId },
        }),
      ]);
      expect(faulty.log.find(line => line.includes(String(requestId)))).toMatch(/call_to_action/);
      await faulty.database.exclusive(connection =>
        connection.script('ALTER TABLE "elsewhere" RENAME TO "call_to_action"'),
      );
      while (errors) {
        await change();
        ({ errors } = await followed.next());
      }
    } finally {
      await client.close();
      await faulty.close();
    }
  });
});

describe("A client that does not read", () => {
  it("is dropped with 1013, while others hear of everything", async () => {
    const busy = await startTestServer();
    const [slow, quick] = [openLive(busy.url), openLive(busy.url)];
    const isDropped = () => busy.log.some(line => line.includes("Events come faster than they are read."));
    // It reads on at once: it has two seconds for why, which stands behind all that was sent to it before.
    const readOn = setInterval(() => isDropped() && slow.sockets[0]?.resume(), 5);
    try {
      let count = 0;
      const title = () => `Title ${count}`;
      const change = () => busy.database.models.topic.update({ where: { id: 1 }, data: { title: `Title ${++count}` } });
      const parts = Array.from({ length: 25 }, (_, part) => `p${part}: sections { body { markdown html text } }`);
      const large = slow.follow(`subscription { topicPublished { topic { ${parts.join(" ")} } } }`);
      const small = quick.follow<{ topicPublished: { topic: { title: string } } }, never>(
        "subscription { topicPublished { topic { title } } }",
      );
      await begun(small, change);
      const { data } = await begun(large, change);
      expect(JSON.stringify(data).length).toBeGreaterThan(100_000);
      slow.sockets[0]?.pause();
      while (!isDropped()) {
        expect(count).toBeLessThan(1_000);
        await change();
        await upTo(small, ({ topicPublished }) => topicPublished.topic.title === title());
      }
      expect(await large.ended).toEqual({ code: 1013, reason: "Events come faster than they are read." });
      await change();
      await upTo(small, ({ topicPublished }) => topicPublished.topic.title === title());
      expect(quick.codes).toEqual([]);
    } finally {
      clearInterval(readOn);
      await Promise.all([slow.close(), quick.close()]);
      await busy.close();
    }
  });
});

describe("A server that stops", () => {
  it("closes live connections with 1001, those of clients that do not answer too, and then ends", async () => {
    const stopping = await startTestServer();
    const client = openLive(stopping.url);
    const deaf = new WebSocket(`${stopping.url.replace("http", "ws")}/graphql`, "graphql-transport-ws");
    await once(deaf, "open");
    deaf.pause();
    const followed = client.follow(topics);
    await begun(followed, () => stopping.database.models.topic.update({ where: { id: 1 }, data: { emoji: "📘" } }));
    const ended = followed.ended;
    await stopping.close();
    expect(await ended).toEqual({ code: 1001, reason: "The server is stopping." });
    deaf.terminate();
  });
});
