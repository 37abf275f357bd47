// Repeated requests are answered before the framework sees them: with what it would have answered, and only where nothing else has to be looked at.
import { connect } from "node:net";
import { once } from "node:events";
import proxyAddress from "@fastify/proxy-addr";
import fc from "fast-check";
import { CostBudget } from "../../../src/server/cost-budget";
import { forwardedAddress } from "../../../src/server/client-address";
import { heardAll } from "../../support/heard-changes";
import { startTestServer, type TestServer } from "../../support/server";
import { requestOf } from "./wire";

const query = `{ topic(by: { slug: "backend-and-api-development" }) { title emoji } }`;
const body = JSON.stringify({ query });
const plain = { "content-type": "application/json", accept: "application/json" };

let server: TestServer;
afterEach(() => server.close());

const send = (more: Record<string, string> = {}, chunks: readonly string[] = [body]) =>
  requestOf(`${server.url}/graphql`, { method: "POST", headers: { ...plain, ...more }, chunks });
/** So that its answer is kept: the first request finds out what the client accepts, the second makes the answer, the third finds it. */
async function keep(): Promise<void> {
  for (let i = 0; i < 3; i++) await (await send()).text();
}
/** The framework answers what comes in chunks. */
const late = { "transfer-encoding": "chunked" };

const differing = ["date", "x-request-id", "ratelimit-remaining", "ratelimit-reset"];
async function described(response: Response) {
  const { extensions, ...rest } = (await response.json()) as { extensions?: { cost: { remaining: number } } };
  const { remaining, ...cost } = extensions?.cost ?? {};
  const headers: Record<string, string> = {};
  response.headers.forEach((value, name) => {
    if (!differing.includes(name)) headers[name] = value;
  });
  return {
    status: response.status,
    headers,
    body: { ...rest, cost },
    hasRemaining: remaining !== undefined,
  };
}
const requestsLogged = () =>
  server.log.map(line => JSON.parse(line) as Record<string, unknown>).filter(({ msg }) => msg === "request");

describe("A repeated request", () => {
  it("gets the answer that the framework gives, to the header, and is logged as it is there", async () => {
    const budget = new CostBudget({ limit: 1_000, restoreRate: 1 });
    server = await startTestServer({ budget });
    await keep();
    const early = await send({ "x-request-id": "a-request-of-ours" });
    const usual = await send({ "x-request-id": "a-request-of-ours", ...late });
    expect(early.headers.get("x-request-id")).toBe("a-request-of-ours");
    expect(early.headers.get("cache-status")).toBe("learngraph; hit");
    const found = await described(early);
    expect(found).toEqual(await described(usual));
    expect(found.hasRemaining).toBe(true);
    const [first, second] = requestsLogged().slice(-2);
    expect({ ...first, ms: 0, time: 0 }).toEqual({ ...second, ms: 0, time: 0 });
  });

  it("is paid for, and refused when nothing is left", async () => {
    let now = 0;
    const budget = new CostBudget({ limit: 20, restoreRate: 1, now: () => now });
    server = await startTestServer({ budget });
    await keep();
    const statuses: number[] = [];
    for (let i = 0; i < 25; i++) statuses.push((await send()).status);
    expect(new Set(statuses)).toEqual(new Set([200, 429]));
    expect(statuses.lastIndexOf(200)).toBeLessThan(statuses.indexOf(429));
    now = 1_000;
    expect([(await send()).status, (await send()).status]).toEqual([200, 429]);
  });

  it("is answered when its body comes in pieces, and on the same connection again", async () => {
    server = await startTestServer();
    await keep();
    const expected = await (await send()).text();
    expect(await (await send({}, [body.slice(0, 10), body.slice(10)])).text()).toBe(expected);
    const { hostname, port } = new URL(server.url);
    const socket = connect(Number(port), hostname);
    const request = `POST /graphql HTTP/1.1\r\nhost: h\r\ncontent-type: application/json\r\naccept: application/json\r\ncontent-length: ${body.length}\r\n\r\n`;
    let received = "";
    socket.on("data", (part: Buffer) => (received += part.toString()));
    const answers = () => received.split(expected).length - 1;
    // One that waits for its body, one whole, and three at once.
    socket.write(request);
    await new Promise(resolve => setTimeout(resolve, 20));
    socket.write(body);
    while (answers() < 1) await once(socket, "data");
    socket.write(request + body);
    while (answers() < 2) await once(socket, "data");
    socket.write((request + body).repeat(3));
    while (answers() < 5) await once(socket, "data");
    socket.destroy();
  });

  it("does not count as one with credentials, an origin or another content type", async () => {
    server = await startTestServer({ corsOrigins: ["https://app.example.org"] });
    await keep();
    expect((await send({ authorization: "Bearer none" })).status).toBe(401);
    expect((await send({ cookie: "learngraph-access=none" })).status).toBe(401);
    expect((await send({ "x-guest-token": "none" })).status).toBe(401);
    const allowed = await send({ origin: "https://app.example.org" });
    expect(allowed.headers.get("access-control-allow-origin")).toBe("https://app.example.org");
    expect((await send({ "content-type": "text/plain" })).status).toBe(415);
    expect((await send({ "content-encoding": "gzip" })).status).toBe(415);
  });

  it("is answered anew when what it was made from has changed", async () => {
    server = await startTestServer();
    await keep();
    await server.database.models.topic.update({
      where: { slug: "backend-and-api-development" },
      data: { emoji: "🛰️" },
    });
    await heardAll(server.database);
    const answer = await send();
    expect(answer.headers.get("cache-status")).toBe("learngraph; fwd=miss");
    expect(await answer.text()).toContain("🛰️");
  });
});

it("the address that proxies tell is the one that Fastify reads", async () => {
  server = await startTestServer();
  const address = fc.oneof(fc.ipV4(), fc.ipV6(), fc.constantFrom("", "unknown", "[::1]:80", "10.0.0.1:5", " 10.0.0.2"));
  const told = fc.array(address, { maxLength: 5 }).map(addresses => addresses.join(", "));
  fc.assert(
    fc.property(told, fc.integer({ min: 0, max: 6 }), fc.ipV4(), (forwarded, hops, remoteAddress) => {
      const request = { headers: { "x-forwarded-for": forwarded }, socket: { remoteAddress } };
      const usual = proxyAddress(request as never, (_address, hop) => hop < hops);
      expect(forwardedAddress(request, hops)).toBe(usual);
    }),
    { numRuns: 500 },
  );
});
