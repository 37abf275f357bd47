// From where a request comes, as the trusted proxies tell it.
import type { IncomingMessage } from "node:http";
import { isIP, type Socket } from "node:net";

/** Without the port that some proxies add. What a proxy tells that is no address counts as its own: never as one for each text. */
export function addressOf({ ip, socket }: { ip: string; socket: Pick<Socket, "remoteAddress"> }): string {
  if (ip === socket.remoteAddress) return ip;
  const told = ip.replace(/^\[(.+)\](:\d+)?$/, "$1").replace(/^([\d.]+):\d+$/, "$1");
  return isIP(told) === 0 ? (socket.remoteAddress ?? "::") : told;
}

/**
 * What so many trusted proxies tell of the client, as Fastify's `request.ip` has it: each appends to `X-Forwarded-For` where the request came
 * from. A test holds the two together.
 */
export function forwardedAddress(
  { headers, socket }: { headers: IncomingMessage["headers"]; socket: Pick<Socket, "remoteAddress"> },
  hops: number,
): string {
  const direct = socket.remoteAddress ?? "";
  const told = headers["x-forwarded-for"];
  if (hops === 0 || typeof told !== "string") return direct;
  const addresses = told.split(",").map(address => address.trim());
  const chain = [...addresses.filter(address => address !== ""), direct];
  return chain.at(-1 - hops) ?? chain[0] ?? direct;
}
