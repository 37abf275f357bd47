// Clients that mean harm, each from an address of its own on the loopback network: documents that are dear, deep, wrong and large, bodies and
// heads that arrive a byte at a time, and connections that say nothing. Every document is a new one: nothing of it is known to the server.
import { Agent, request } from "node:http";
import { connect, type Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";

export interface PostOptions {
  /** Of 127.0.0.0/8: from where it comes. */
  from: string;
  agent?: Agent;
  authorization?: string;
}

/** POSTs to /graphql. @returns the status and the text. */
export function post(url: string, body: string, { from, agent, authorization }: PostOptions) {
  return new Promise<{ status: number; text: string }>((resolve, reject) => {
    const sent = request(
      `${url}/graphql`,
      {
        ...{ method: "POST", localAddress: from, agent },
        headers: { "content-type": "application/json", ...(authorization === undefined ? {} : { authorization }) },
      },
      incoming => {
        let text = "";
        incoming.on("data", part => (text += String(part)));
        incoming.on("end", () => resolve({ status: incoming.statusCode ?? 0, text }));
        incoming.on("error", reject);
      },
    );
    sent.on("error", reject);
    sent.end(body);
  });
}

const times = (count: number, part: (index: number) => string): string =>
  Array.from({ length: count }, (_, index) => part(index)).join(" ");
const asQuery = (query: string): string => JSON.stringify({ query });

/** Bodies that take the server the most work, by what is wrong with them; `n` makes each a new one. */
export const hostileBodies: Readonly<Record<string, (n: number) => string>> = {
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

export interface HostileClients {
  /** How many requests were answered, by status. */
  readonly answered: ReadonlyMap<number, number>;
  stop(): Promise<void>;
}

/** Ten clients with `lanes` requests each under way at any time, and `sockets` connections each that are slow or say nothing. */
export function startHostileClients(url: string, { lanes = 5, sockets = 10 } = {}): HostileClients {
  const answered = new Map<number, number>();
  const open = new Set<Socket>();
  let stopped = false;
  let made = 0;
  const agents: Agent[] = [];

  const flood = async (from: string, agent: Agent, body: (n: number) => string) => {
    while (!stopped) {
      const status = await post(url, body(made++), { from, agent }).then(...statusOrNone);
      answered.set(status, (answered.get(status) ?? 0) + 1);
      // A refused connection must not make a loop without a pause.
      if (status === 0 || status === 503) await delay(5);
    }
  };
  const dribble = async (from: string, start: string) => {
    const { hostname, port } = new URL(url);
    const socket = connect({ port: Number(port), host: hostname, localAddress: from });
    open.add(socket);
    socket.on("error", () => undefined);
    socket.on("close", () => open.delete(socket));
    socket.write(start);
    while (!stopped && !socket.destroyed) {
      await delay(500);
      if (start !== "") socket.write("x");
    }
  };
  const heads = [
    "",
    "POST /graphql HTTP/1.1\r\nhost: x\r\nx-slow: ",
    "POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 90000\r\n\r\n{",
  ];
  const running = Object.values(hostileBodies).flatMap((body, index) => {
    const from = `127.0.0.${11 + index}`;
    const agent = new Agent({ keepAlive: true, maxSockets: lanes });
    agents.push(agent);
    return [
      ...Array.from({ length: lanes }, () => flood(from, agent, body)),
      ...Array.from({ length: sockets }, (_, at) => dribble(from, heads[at % heads.length] ?? "")),
    ];
  });
  return {
    answered,
    stop: async () => {
      stopped = true;
      for (const socket of open) socket.destroy();
      await Promise.all(running);
      for (const agent of agents) agent.destroy();
    },
  };
}

const statusOrNone = [({ status }: { status: number }) => status, () => 0] as const;
