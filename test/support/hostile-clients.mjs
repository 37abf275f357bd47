// Ten clients that mean harm, in a process of their own, each from an address of its own on the loopback network: documents that are dear, deep,
// wrong and large, bodies and heads that arrive a byte at a time, connections that say nothing, and live ones that say too much. Every document
// is a new one: nothing of it is known to the server. Goes on until its input ends, then prints how many requests were answered, by status (0: no
// answer; 101: a live connection).
//   node test/support/hostile-clients.mjs <url of the server> [requests under way at once, of each] [slow connections, of each] [live connections, of each; ten times as many
//   send pings alone]
import { Agent, request } from "node:http";
import { connect } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { WebSocket } from "ws";

const [url, lanes = "5", slow = "10", live = "2"] = process.argv.slice(2);

const times = (count, part) => Array.from({ length: count }, (_, index) => part(index)).join(" ");
const asQuery = query => JSON.stringify({ query });

/** Bodies that take the server the most work, by what is wrong with them; `n` makes each a new one. */
const hostileBodies = {
  "too dear": n =>
    asQuery(
      `{ a${n}: topics(first: 100) { nodes { tools(first: 100) { nodes { lessons(first: 100) { nodes { slug } } } } } } }`,
    ),
  "too deep": n =>
    asQuery(
      `{ a${n}: topics { nodes { ${"tools { nodes { topics { nodes { ".repeat(12)} slug ${"} } } }".repeat(12)} } } }`,
    ),
  "unknown fields": n => asQuery(`{ ${times(900, index => `a${n}x${index}`)} }`),
  "the same field again and again": n => asQuery(`{ a${n}: topics { nodes { ${"slug ".repeat(1_900)} } } }`),
  aliases: n => asQuery(`{ ${times(600, index => `a${n}x${index}: __typename`)} }`),
  "fields that conflict": n =>
    asQuery(`{ a${n}: __typename ${times(150, index => `topics(first: ${index % 100}) { nodes { slug } }`)} }`),
  "fragments in a circle": n =>
    asQuery(
      `{ a${n}: __typename ...f0 } ${times(55, index => `fragment f${index} on Query { topics { nodes { slug } } ...f${(index + 1) % 55} ...f${(index + 7) % 55} }`)}`,
    ),
  "fragments that multiply": n =>
    asQuery(
      `{ a${n}: __typename ${times(55, index => `...f${index}`)} } ${times(55, index => `fragment f${index} on Query { topics { nodes { tools { nodes { lessons { nodes { slug } } } } } } }`)}`,
    ),
  "90 kB of text": n => asQuery(`{ a${n} # ${"x".repeat(90_000)}`),
  "90 kB of nested lists": n => `{"query":"{ a${n} }","variables":{"a":${"[".repeat(45_000)}${"]".repeat(45_000)}}}`,
};

const answered = {};
const sockets = new Set();
let stopped = false;
let made = 0;

/** @returns the status; 0 when there was no answer. */
function post(body, from, agent) {
  return new Promise(resolve => {
    const headers = { "content-type": "application/json" };
    const sent = request(`${url}/graphql`, { method: "POST", localAddress: from, agent, headers }, incoming => {
      incoming.resume();
      incoming.on("close", () => resolve(incoming.statusCode));
    });
    sent.on("error", () => resolve(0));
    sent.end(body);
  });
}

async function flood(from, agent, body) {
  while (!stopped) {
    const status = await post(body(made++), from, agent);
    answered[status] = (answered[status] ?? 0) + 1;
    // A refusal must not make a loop without a pause.
    if (status === 0 || status === 503) await delay(5);
  }
}

const heads = [
  "",
  "POST /graphql HTTP/1.1\r\nhost: x\r\nx-slow: ",
  "POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 90000\r\n\r\n{",
];

async function dribble(from, head) {
  const { hostname, port } = new URL(url);
  const socket = connect({ port: Number(port), host: hostname, localAddress: from });
  sockets.add(socket);
  socket.on("error", () => undefined);
  socket.write(head);
  while (!stopped && !socket.destroyed) {
    await delay(500);
    if (head !== "") socket.write("x");
  }
}

/** What is sent over live connections, in turn: `n` makes each a new one. */
const hostileMessages = [
  () => `{"type":"pong","payload":{"a":${"[".repeat(45_000)}${"]".repeat(45_000)}}}`,
  () => `{"type":"ping","payload":{"a":"${"x".repeat(90_000)}"}}`,
  ...Object.values(hostileBodies).map(body => n => `{"id":"${n}","type":"subscribe","payload":${body(n)}}`),
  () => `{"type":"ping"}`,
];

/** Sends as fast as it is read; opens another one when the server closes it. */
async function shout(from, messages) {
  while (!stopped) {
    const socket = new WebSocket(`${url.replace("http", "ws")}/graphql`, "graphql-transport-ws", {
      localAddress: from,
    });
    sockets.add({ destroy: () => socket.terminate() });
    socket.on("error", () => undefined);
    socket.on("unexpected-response", (_request, { statusCode }) => {
      answered[statusCode] = (answered[statusCode] ?? 0) + 1;
      socket.terminate();
    });
    const closed = new Promise(resolve => socket.on("close", resolve));
    socket.on("open", async () => {
      answered[101] = (answered[101] ?? 0) + 1;
      socket.send('{"type":"connection_init"}');
      // The first ones are for who is let in.
      await delay(200);
      while (!stopped && socket.readyState === WebSocket.OPEN) {
        const message = messages[made % messages.length];
        await new Promise(resolve => socket.send(message(made++), resolve));
        if (socket.bufferedAmount > 1_000_000) await delay(5);
      }
    });
    await closed;
    await delay(50);
  }
}

for (const [index, body] of Object.values(hostileBodies).entries()) {
  const from = `127.0.0.${11 + index}`;
  const agent = new Agent({ keepAlive: true, maxSockets: Number(lanes) });
  for (let lane = 0; lane < Number(lanes); lane++) void flood(from, agent, body);
  for (let at = 0; at < Number(slow); at++) void dribble(from, heads[at % heads.length]);
  for (let at = 0; at < Number(live); at++) void shout(from, hostileMessages);
  // Many that cost nothing by themselves.
  for (let at = 0; at < Number(live) * 10; at++) void shout(from, [() => '{"type":"ping"}']);
}

process.stdin.resume().on("end", () => {
  stopped = true;
  for (const socket of sockets) socket.destroy();
  console.log(JSON.stringify(answered));
  process.exit(0);
});
