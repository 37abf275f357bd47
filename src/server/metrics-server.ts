// GET /metrics on a port of its own, which the network keeps from everybody but Prometheus: nothing else is there, and what the other port does
// with too many clients does not concern it.
import { createServer } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import type { Metrics } from "./metrics";

export interface MetricsServer {
  /** Such as http://127.0.0.1:9464/metrics. */
  readonly url: string;
  close(): Promise<void>;
}

export async function startMetricsServer(
  { host, port }: { host: string; port: number },
  metrics: Pick<Metrics, "text" | "contentType">,
): Promise<MetricsServer> {
  const server = createServer(
    { headersTimeout: 5_000, requestTimeout: 5_000, keepAliveTimeout: 75_000, maxHeaderSize: 8_192 },
    (request, response) => {
      request.resume();
      if (request.url !== "/metrics") return response.writeHead(404).end();
      if (request.method !== "GET") return response.writeHead(405, { allow: "GET" }).end();
      metrics.text().then(
        text => response.writeHead(200, { "content-type": metrics.contentType, "cache-control": "no-store" }).end(text),
        () => response.writeHead(500).end(),
      );
    },
  );
  server.maxConnections = 20;
  server.listen(port, host);
  // Rejects when the port is taken.
  await once(server, "listening");
  const { address, family, port: taken } = server.address() as AddressInfo;
  return {
    url: `http://${family === "IPv6" ? `[${address}]` : address}:${taken}/metrics`,
    close: async () => {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
