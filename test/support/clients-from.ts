// Clients from addresses of their own on the loopback network: honest requests, and the process of those that mean harm.
import { spawn } from "node:child_process";
import { once } from "node:events";
import type { Agent } from "node:http";
import { request } from "node:http";
import { text } from "node:stream/consumers";

export interface PostOptions {
  /** Of 127.0.0.0/8: from where it comes. */
  from: string;
  agent?: Agent;
  authorization?: string;
}

export interface Posted {
  status: number;
  retryAfter: string | undefined;
  text: string;
}

/** POSTs to /graphql. */
export function post(url: string, body: string, { from, agent, authorization }: PostOptions) {
  return new Promise<Posted>((resolve, reject) => {
    const sent = request(
      `${url}/graphql`,
      {
        ...{ method: "POST", localAddress: from, agent },
        headers: { "content-type": "application/json", ...(authorization === undefined ? {} : { authorization }) },
      },
      incoming => {
        let text = "";
        incoming.on("data", part => (text += String(part)));
        incoming.on("end", () =>
          resolve({ status: incoming.statusCode ?? 0, retryAfter: incoming.headers["retry-after"], text }),
        );
        incoming.on("error", reject);
      },
    );
    sent.on("error", reject);
    sent.end(body);
  });
}

export interface HostileClients {
  /** @returns how many of their requests were answered, by status; 0 stands for no answer. */
  stop(): Promise<Record<string, number>>;
}

/** Ten clients in a process of their own; see test/support/hostile-clients.mjs. */
export async function startHostileClients(url: string): Promise<HostileClients> {
  const child = spawn(process.execPath, ["test/support/hostile-clients.mjs", url], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  await once(child, "spawn");
  const printed = text(child.stdout);
  return {
    stop: async () => {
      child.stdin.end();
      return JSON.parse(await printed) as Record<string, number>;
    },
  };
}
