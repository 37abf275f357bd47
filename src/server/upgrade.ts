// Requests to change from HTTP to a WebSocket: they pass the same hooks and routes as every other request before anything is accepted.
import { ServerResponse, type IncomingMessage, type Server } from "node:http";
import type { Duplex } from "node:stream";
import type { FastifyInstance, FastifyRequest } from "fastify";

export interface Upgrade {
  socket: Duplex;
  /** What the client has sent already after its request. */
  head: Buffer;
}

const upgrades = new WeakMap<IncomingMessage, Upgrade>();

/** Lets `upgradeOf` know them. A route that does nothing with an upgrade answers as always, and the connection is closed. */
export function listenForUpgrades(app: FastifyInstance): void {
  app.server.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    if (!isWebSocketRequest(request)) return withoutUpgrade(app.server, request, { socket, head });
    // Without a listener, a connection that breaks at this moment would end the process.
    socket.on("error", () => socket.destroy());
    upgrades.set(request, { socket, head });
    const response = new ServerResponse(request);
    response.assignSocket(socket as never);
    response.shouldKeepAlive = false;
    response.on("finish", () => socket.end());
    app.routing(request, response);
  });
}

/** The connection to take over, or undefined for an ordinary request. */
export function upgradeOf(request: FastifyRequest): Upgrade | undefined {
  return upgrades.get(request.raw);
}

function isWebSocketRequest({ method, headers }: IncomingMessage): boolean {
  return method === "GET" && headers.upgrade?.toLowerCase() === "websocket";
}

/**
 * A client may offer another protocol with any request, as Java's offers HTTP/2, and a server may go on as if it had not (RFC 9110, 7.8).
 * Node.js does not once there is a listener for upgrades: so the request is given back to it, without the offer.
 */
function withoutUpgrade(server: Server, request: IncomingMessage, { socket, head }: Upgrade): void {
  const lines = [`${request.method} ${request.url} HTTP/${request.httpVersion}`];
  for (let at = 0; at < request.rawHeaders.length; at += 2) {
    const [name = "", value = ""] = request.rawHeaders.slice(at, at + 2);
    if (name.toLowerCase() !== "upgrade") lines.push(`${name}: ${value}`);
  }
  socket.unshift(Buffer.concat([Buffer.from(`${lines.join("\r\n")}\r\n\r\n`, "latin1"), head]));
  server.emit("connection", socket);
}
