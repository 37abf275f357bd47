// From where a request comes, as the trusted proxies tell it.
import { isIP } from "node:net";
import type { FastifyRequest } from "fastify";

/** Without the port that some proxies add. What a proxy tells that is no address counts as its own: never as one for each text. */
export function addressOf({ ip, socket }: FastifyRequest): string {
  const told = ip.replace(/^\[(.+)\](:\d+)?$/, "$1").replace(/^([\d.]+):\d+$/, "$1");
  return isIP(told) === 0 ? (socket.remoteAddress ?? "::") : told;
}
