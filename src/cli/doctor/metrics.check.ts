// The port on which Prometheus finds the metrics: whether a server can have it, and who may read them there.
import { once } from "node:events";
import { createServer } from "node:net";
import type { ProjectConfig } from "../../config/project-config";
import { failure, messageOf, ok, warning, type Check } from "./checkup";

const limitMs = 2_000;

type Place = NonNullable<ProjectConfig["observability"]["metrics"]>;

export function metricsCheck({ observability: { metrics }, production, host, port }: ProjectConfig): Check {
  return {
    name: "metrics",
    run: async () => {
      if (metrics === undefined) return [ok("not used: METRICS_PORT is not set")];
      const found = [];
      if (isSamePlace(metrics, { host, port })) {
        found.push(failure("METRICS_PORT is PORT, which the server needs for its clients: set another one"));
      } else if (metrics.port === 0) {
        found.push(warning("METRICS_PORT 0 is another port after each start, where Prometheus does not look: set one"));
      } else {
        found.push(await describePort(metrics));
      }
      if (production && isEveryAddress(metrics.host)) {
        found.push(
          warning(
            `METRICS_HOST ${metrics.host} shows metrics at every address of this machine: let the network keep all but Prometheus away, or name the inner address`,
          ),
        );
      }
      return found;
    },
  };
}

async function describePort(place: Place) {
  const where = `port ${place.port} of ${place.host}`;
  const error = await whyNotFree(place);
  switch (error?.code) {
    case undefined:
      return error === null ? ok(`${where} is free`) : failure(`${where}: ${messageOf(error)}`);
    case "EADDRINUSE":
      return (await isOurs(place))
        ? ok(`metrics of a running server are at ${where}`)
        : failure(`${where} is taken, and not by metrics of ours: set another METRICS_PORT, or end what has it`);
    case "EADDRNOTAVAIL":
    case "ENOTFOUND":
      return failure(`METRICS_HOST ${place.host} is no address of this machine: correct it`);
    case "EACCES":
      return failure(`${where} is not for this user: set a METRICS_PORT from 1024 on`);
    default:
      return failure(`${where}: ${messageOf(error)}`);
  }
}

/** Null when it is free. */
async function whyNotFree({ host, port }: Place): Promise<NodeJS.ErrnoException | null> {
  const server = createServer();
  try {
    server.listen(port, host);
    await once(server, "listening");
    return null;
  } catch (error) {
    return error as NodeJS.ErrnoException;
  } finally {
    server.close();
  }
}

async function isOurs({ host, port }: Place): Promise<boolean> {
  const address = isEveryAddress(host) ? "localhost" : host;
  try {
    const url = `http://${address.includes(":") ? `[${address}]` : address}:${port}/metrics`;
    const response = await fetch(url, { signal: AbortSignal.timeout(limitMs) });
    return (await response.text()).includes("learngraph_build_info");
  } catch {
    return false;
  }
}

const isEveryAddress = (host: string) => ["0.0.0.0", "::", "[::]"].includes(host);

const isSamePlace = (metrics: Place, clients: Place) =>
  metrics.port === clients.port &&
  metrics.port !== 0 &&
  (metrics.host === clients.host || isEveryAddress(metrics.host) || isEveryAddress(clients.host));
