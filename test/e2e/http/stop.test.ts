// Stopping: what was received is answered whole, nothing new is taken, and readiness says so first.
import { Agent, request } from "node:http";
import { connect } from "node:net";
import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import { startTestServer } from "../../support/server";
import { startServerProcess, type ServerProcess } from "../../support/server-process";
import { createSharedDatabase, type SharedDatabase } from "../../support/shared-database";

const query = JSON.stringify({ query: "{ topics(first: 1) { nodes { slug } } }" });

/** A request whose body is still being sent: received, but not answerable yet. */
function openRequest(url: string, agent: Agent) {
  const sent = request(`${url}/graphql`, {
    method: "POST",
    agent,
    headers: { "content-type": "application/json", "content-length": String(query.length) },
  });
  const answer = new Promise<{ status: number | undefined; text: string; connection: string | undefined }>(
    (resolve, reject) => {
      sent.on("error", reject);
      sent.on("response", incoming => {
        let text = "";
        incoming.on("data", part => (text += String(part)));
        incoming.on("end", () =>
          resolve({ status: incoming.statusCode, text, connection: incoming.headers.connection }),
        );
      });
    },
  );
  sent.write(query.slice(0, 5));
  return { answer, finish: () => sent.end(query.slice(5)) };
}

/** The server has seen the head of the request once it has answered another one that was sent later. */
const seen = async (url: string) => void (await fetch(`${url}/livez`, { headers: { connection: "close" } }));

/** Sends the first half; the result sends the second one and reads until the server closes the connection. */
async function halfRequest(url: string, first: string): Promise<(second: string) => Promise<string>> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  let received = "";
  socket.on("data", part => (received += String(part)));
  await once(socket, "connect");
  socket.write(first);
  return async second => {
    socket.write(second);
    await once(socket, "close");
    return received;
  };
}

describe("Stopping the server (R24)", () => {
  it("answers what is in flight whole, refuses new connections, and only then ends", async () => {
    const server = await startTestServer();
    const agent = new Agent({ keepAlive: true });
    const open = openRequest(server.url, agent);
    await seen(server.url);

    let stopped = false;
    const stopping = server.close().then(() => (stopped = true));
    await refused(server.url);
    expect(stopped).toBe(false);
    open.finish();
    const { status, text, connection } = await open.answer;
    expect(status).toBe(200);
    expect(JSON.parse(text)).toEqual({ data: { topics: { nodes: [{ slug: expect.any(String) as string }] } } });
    expect(connection).toBe("close");
    await stopping;
    agent.destroy();
  });

  it("says that it is not ready, and still answers, where the first half of a request has arrived", async () => {
    const server = await startTestServer();
    const body = `content-type: application/json\r\ncontent-length: ${query.length}\r\n\r\n${query}`;
    const readiness = await halfRequest(server.url, "GET /readyz HTTP/1.1\r\nhost: x\r\n");
    const operation = await halfRequest(server.url, "POST /graphql HTTP/1.1\r\nhost: x\r\n");
    await seen(server.url);
    const stopping = server.close();
    await refused(server.url);
    expect(await readiness("\r\n")).toMatch(/^HTTP\/1\.1 503 [^]*"problem":"stopping"/);
    expect(await operation(body)).toMatch(/^HTTP\/1\.1 200 [^]*"data":\{"topics"/);
    await stopping;
  });

  it("was ready before", async () => {
    const server = await startTestServer({ golden: "empty" });
    const ready = await fetch(`${server.url}/readyz`);
    expect([ready.status, await ready.json(), ready.headers.get("cache-control")]).toEqual([
      200,
      { status: "ok" },
      "no-store",
    ]);
    await server.close();
    await expect(fetch(`${server.url}/livez`)).rejects.toThrow();
  });
});

describe("Stopping the server with STOP_DELAY_MS (R24)", () => {
  let shared: SharedDatabase;
  let server: ServerProcess | undefined;
  beforeEach(async () => void (shared = await createSharedDatabase("catalogue")));
  afterEach(async () => {
    await server?.kill();
    await shared.remove();
  });

  /** @returns the address of a process that has been told to stop, and says so. */
  async function stopping(environment: Record<string, string>): Promise<string> {
    server = startServerProcess({ ...shared.env, ...environment });
    const url = await server.url();
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
    server.process.kill("SIGTERM");
    for (;;) {
      const readiness = await fetch(`${url}/readyz`);
      const said: unknown = await readiness.json();
      if (readiness.status === 503) {
        expect(said).toEqual({ status: "unavailable", problem: "stopping" });
        return url;
      }
      await delay(5);
    }
  }

  it("answers on new connections while it says that it is not ready, and then ends", async () => {
    const url = await stopping({ STOP_DELAY_MS: "4000" });
    const agent = new Agent();
    const open = openRequest(url, agent);
    open.finish();
    const { status, text, connection } = await open.answer;
    expect([status, connection]).toEqual([200, "close"]);
    expect(JSON.parse(text)).toEqual({ data: { topics: { nodes: [{ slug: expect.any(String) as string }] } } });
    expect((await fetch(`${url}/readyz`)).status).toBe(503);
    expect(await server?.exit).toBe(0);
    expect(server?.output()).not.toContain("killed by timeout");
  }, 60_000);

  it("ends at once when it is told to stop again", async () => {
    await stopping({ STOP_DELAY_MS: "100000", STOP_TIMEOUT_MS: "120000" });
    server?.process.kill("SIGTERM");
    expect(await server?.exit).toBe(1);
  }, 60_000);
});

/** Resolves when new connections are refused. */
async function refused(url: string): Promise<void> {
  const { hostname, port } = new URL(url);
  for (;;) {
    const socket = connect(Number(port), hostname);
    const outcome = await Promise.race([
      once(socket, "connect").then(() => "taken"),
      once(socket, "error").then(() => "refused"),
    ]).catch(() => "refused");
    socket.destroy();
    if (outcome === "refused") return;
    await new Promise(resolve => setTimeout(resolve, 5));
  }
}
