// A load balancer as small as one can be: HTTP, round robin, no health checks. A request that an instance refuses the connection for goes to the
// next one; nothing that may have arrived anywhere is ever sent twice.
import { createServer, request, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface Balancer {
  readonly url: string;
  close(): Promise<void>;
}

/** Says on which instance a request was, in the answer. */
export const instanceHeader = "x-test-instance";

/** @param instances are the URLs of the servers; they may be exchanged. */
export async function startBalancer(instances: readonly string[]): Promise<Balancer> {
  let turn = 0;
  const pass = (incoming: IncomingMessage, outgoing: ServerResponse, body: Buffer, attempt = 0): void => {
    const index = turn++ % instances.length;
    outgoing.setHeader(instanceHeader, index);
    const sent = request(
      new URL(incoming.url ?? "/", instances[index]),
      { method: incoming.method, headers: { ...incoming.headers, connection: "close" }, agent: false },
      answer => {
        outgoing.writeHead(answer.statusCode ?? 502, { "content-type": answer.headers["content-type"] });
        answer.pipe(outgoing);
        answer.on("error", () => outgoing.destroy());
      },
    );
    sent.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "ECONNREFUSED" && attempt < instances.length)
        return pass(incoming, outgoing, body, attempt + 1);
      if (outgoing.headersSent) return void outgoing.destroy();
      outgoing.writeHead(502).end(error.code);
    });
    sent.end(body);
  };
  const server = createServer((incoming, outgoing) => {
    const parts: Buffer[] = [];
    incoming.on("data", (part: Buffer) => parts.push(part));
    incoming.on("end", () => pass(incoming, outgoing, Buffer.concat(parts)));
  });
  await new Promise<void>(resolve => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise(resolve => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
