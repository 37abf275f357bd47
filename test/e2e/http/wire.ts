// Requests that fetch cannot make: any method, chunks without a length, bytes that are no HTTP.
import { request } from "node:http";
import { connect } from "node:net";
import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";

export interface WireRequest {
  method: string;
  headers?: Record<string, string>;
  chunks?: readonly string[];
}

/** Sends the chunks one by one. An answer that comes before the last one was sent counts. */
export function requestOf(url: string, { method, headers = {}, chunks = [] }: WireRequest): Promise<Response> {
  return new Promise((resolve, reject) => {
    // As it is written: URL would mend what is not valid.
    const [, origin = "", path = "/"] = /^(\w+:\/\/[^/]+)(.*)$/.exec(url) ?? [];
    const { hostname, port } = new URL(origin);
    const length = chunks.reduce((sum, chunk) => sum + Buffer.byteLength(chunk), 0);
    const chunked = headers["transfer-encoding"] !== undefined;
    const sizes = chunked || length === 0 ? {} : { "content-length": String(length) };
    const sent = request(
      { hostname, port, path, method, headers: { ...headers, ...sizes }, agent: false },
      incoming => {
        const parts: Buffer[] = [];
        incoming.on("data", (part: Buffer) => parts.push(part));
        incoming.on("end", () => {
          const entries = Object.entries(incoming.headers).map(
            ([name, value]) => [name, String(value)] as [string, string],
          );
          resolve(
            new Response(parts.length > 0 ? Buffer.concat(parts) : null, {
              status: incoming.statusCode ?? 0,
              headers: entries,
            }),
          );
        });
      },
    );
    const state = { answered: false };
    sent.on("response", () => (state.answered = true));
    // The server may close while the rest of a body that it has refused is still on its way.
    sent.on("error", error => (state.answered ? undefined : reject(error)));
    void (async () => {
      for (const chunk of chunks) {
        if (state.answered) break;
        sent.write(chunk);
        await delay(5);
      }
      sent.end();
    })();
  });
}

/** Sends bytes as they are and reads until the server closes the connection. */
export async function exchange(url: string, text: string): Promise<Response> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  const parts: Buffer[] = [];
  socket.on("data", (part: Buffer) => parts.push(part));
  socket.on("error", () => undefined);
  await once(socket, "connect");
  socket.write(text);
  await once(socket, "close");
  return parseResponse(Buffer.concat(parts).toString());
}

function parseResponse(text: string): Response {
  const [head = "", ...body] = text.split("\r\n\r\n");
  const [first = "", ...lines] = head.split("\r\n");
  const headers = lines.map(line => line.split(/:\s*(.*)/s).slice(0, 2) as [string, string]);
  return new Response(body.join("\r\n\r\n"), { status: Number(first.split(" ")[1]), headers });
}
